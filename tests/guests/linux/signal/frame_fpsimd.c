// qemu: no, the SVE record of its default CPU overrides the V registers (-cpu max,sve=off is right)
/* The fpsimd_context of an arm64 signal frame: magic, size, all V registers, FPCR and FPSR; a handler may use the
 * registers freely, and what it changes in the frame arrives. */
#define _GNU_SOURCE
#include "../check.h"
#include <asm/sigcontext.h>
#include <signal.h>
#include <ucontext.h>

static volatile int wrong, runs;

static struct fpsimd_context *find(mcontext_t *machine)
{
	char *at = (char *)machine->__reserved;
	for (;;) {
		struct _aarch64_ctx *head = (struct _aarch64_ctx *)at;
		if (head->magic == FPSIMD_MAGIC)
			return (struct fpsimd_context *)head;
		if (head->magic == 0 || head->size == 0)
			return NULL;
		at += head->size;
	}
}

static __uint128_t pattern(unsigned i)
{
	return (__uint128_t)(0x0101010101010101u * i) << 64 | (0xabcdef0000000000u + i);
}

static void handler(int signo, siginfo_t *info, void *context)
{
	struct fpsimd_context *fp = find(&((ucontext_t *)context)->uc_mcontext);
	(void)signo;
	(void)info;
	runs++;
	if ((uintptr_t)context % 16 != 0)
		wrong = 1;
	else if (fp == NULL || fp->head.size != sizeof *fp || sizeof *fp != 528)
		wrong = 2;
	else if (fp->fpcr != 0x00c00000 || (fp->fpsr & 0x9f) != 0x10)
		wrong = 3;
	else
		for (unsigned i = 0; i < 32; i++)
			if (fp->vregs[i] != pattern(i))
				wrong = 100 + (int)i;
	if (wrong == 0) {
		fp->vregs[5] = pattern(77);
		fp->fpsr = 0x02;
	}
	/* The handler's own use of the registers does not show. */
	__asm__ volatile(".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
			 "movi v\\n\\().2d, #0\n\t"
			 ".endr\n\t"
			 "msr fpcr, xzr\n\t"
			 "msr fpsr, xzr" ::: "memory");
}

int main(void)
{
	__uint128_t before[32], after[32];
	uint64_t fpcr = 0x00c00000, fpsr = 0x10, none = 0;
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	for (unsigned i = 0; i < 32; i++)
		before[i] = pattern(i);
	register long pid __asm__("x0") = getpid();
	register long signo __asm__("x1") = SIGUSR1;
	register long number __asm__("x8") = 129;
	register __uint128_t *in __asm__("x9") = before;
	register __uint128_t *out __asm__("x10") = after;
	__asm__ volatile(
		"msr fpcr, %[fpcr]\n\t"
		"msr fpsr, %[fpsr]\n\t"
		".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
		"ldr q\\n, [x9, #16 * \\n]\n\t"
		".endr\n\t"
		"svc #0\n\t"
		".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
		"str q\\n, [x10, #16 * \\n]\n\t"
		".endr\n\t"
		"mrs %[fpcr], fpcr\n\t"
		"mrs %[fpsr], fpsr\n\t"
		"msr fpcr, %[none]\n\t"
		: "+r"(pid), [fpcr] "+&r"(fpcr), [fpsr] "+&r"(fpsr)
		: "r"(signo), "r"(number), "r"(in), "r"(out), [none] "r"(none)
		: "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16",
		  "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31",
		  "memory");
	CHECK_EQ(pid, 0);
	CHECK_EQ(runs, 1);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(fpcr, 0x00c00000);
	CHECK_EQ(fpsr & 0x9f, 0x02);
	before[5] = pattern(77);
	for (int i = 0; i < 32; i++)
		CHECK_MEM(&after[i], &before[i], 16);
	return check_done();
}
