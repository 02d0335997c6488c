/* The arm64 signal frame of a fault: every general register, pc, sp and the flags are in it, and what the handler
 * changes there is what the program goes on with. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

extern char faulting[], resumed[];
static volatile int wrong = -1, runs;
uint64_t bad, sp_at_fault, out[29];

static void handler(int signo, siginfo_t *info, void *context)
{
	mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
	(void)signo;
	runs++;
	for (int i = 0; i < 28; i++)
		if (machine->regs[i] != 0x1111000000000000u + (unsigned)i)
			wrong = i;
	if (machine->regs[28] != bad || machine->fault_address != bad || (uint64_t)info->si_addr != bad)
		wrong = 100;
	if (machine->pc != (uint64_t)faulting)
		wrong = 101;
	if (machine->sp != sp_at_fault)
		wrong = 102;
	if ((machine->pstate & 0xf0000000) != 0x60000000)
		wrong = 103;
	for (int i = 0; i < 28; i++)
		machine->regs[i] = 0x2222000000000000u + (unsigned)i;
	machine->pstate = (machine->pstate & ~0xf0000000ul) | 0x90000000;
	machine->pc = (uint64_t)resumed;
}

/* x0 to x27 get a pattern, x28 faults; then the registers and the flags are stored to `out`. */
__attribute__((noinline)) static void fault(void)
{
	__asm__ volatile("stp x29, x30, [sp, #-16]!\n\t"
			 "adrp x0, sp_at_fault\n\t"
			 "mov x1, sp\n\t"
			 "str x1, [x0, :lo12:sp_at_fault]\n\t"
			 "adrp x28, bad\n\t"
			 "ldr x28, [x28, :lo12:bad]\n\t"
			 ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27\n\t"
			 "movz x\\n, #\\n\n\t"
			 "movk x\\n, #0x1111, lsl #48\n\t"
			 ".endr\n\t"
			 "cmp x0, x0\n\t" /* Z and C */
			 ".global faulting, resumed\n"
			 "faulting: ldr x0, [x28]\n\t"
			 "brk #1\n"
			 "resumed: adrp x28, out\n\t"
			 "add x28, x28, :lo12:out\n\t"
			 "stp x0, x1, [x28, #0]\n\t"
			 "stp x2, x3, [x28, #16]\n\t"
			 "stp x4, x5, [x28, #32]\n\t"
			 "stp x6, x7, [x28, #48]\n\t"
			 "stp x8, x9, [x28, #64]\n\t"
			 "stp x10, x11, [x28, #80]\n\t"
			 "stp x12, x13, [x28, #96]\n\t"
			 "stp x14, x15, [x28, #112]\n\t"
			 "stp x16, x17, [x28, #128]\n\t"
			 "stp x18, x19, [x28, #144]\n\t"
			 "stp x20, x21, [x28, #160]\n\t"
			 "stp x22, x23, [x28, #176]\n\t"
			 "stp x24, x25, [x28, #192]\n\t"
			 "stp x26, x27, [x28, #208]\n\t"
			 "mrs x0, nzcv\n\t"
			 "str x0, [x28, #224]\n\t"
			 "ldp x29, x30, [sp], #16" ::
				 : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			   "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23",
			   "x24", "x25", "x26", "x27", "x28",
			   "cc", "memory");
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	char *page = CHECK_SYS(mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	bad = (uint64_t)page + 24;
	fault();
	CHECK_EQ(runs, 1);
	CHECK_EQ(wrong, -1);
	for (unsigned i = 0; i < 28; i++)
		CHECK_EQ(out[i], 0x2222000000000000u + i);
	CHECK_EQ(out[28], 0x90000000);
	return check_done();
}
