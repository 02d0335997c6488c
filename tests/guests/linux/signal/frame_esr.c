// qemu: no, user mode leaves the record out
/* The esr_context of an arm64 signal frame: there for a fault, with its class and whether it wrote; not for a signal
 * that was sent. The records end with an empty one. */
#define _GNU_SOURCE
#include "../check.h"
#include <asm/sigcontext.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile uint64_t esr, fault_address;
static volatile int found, ended;

/* Before the first fault of a thread there is no such record; fpsimd_context comes in any case. */
static void handler(int signo, siginfo_t *info, void *context)
{
	mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
	char *at = (char *)machine->__reserved, *end = at + sizeof machine->__reserved;
	(void)info;
	found = ended = 0;
	fault_address = machine->fault_address;
	while (at + 16 <= end) {
		struct _aarch64_ctx *head = (struct _aarch64_ctx *)at;
		if (head->magic == 0) {
			ended = head->size == 0;
			break;
		}
		if (head->magic == ESR_MAGIC) {
			found = head->size == sizeof(struct esr_context);
			esr = ((struct esr_context *)head)->esr;
		}
		at += head->size;
	}
	if (signo == SIGSEGV)
		siglongjmp(back, 1);
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(found, 0);
	CHECK_EQ(ended, 1);
	volatile char *page = CHECK_SYS(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	if (sigsetjmp(back, 1) == 0)
		page[9] = 1;
	CHECK_EQ(found, 1);
	CHECK_EQ(ended, 1);
	CHECK_EQ(fault_address, page + 9);
	CHECK_EQ(esr >> 26, 0x24);
	CHECK_EQ(esr & 0x40, 0x40);
	CHECK_EQ(mprotect((void *)page, 4096, PROT_NONE), 0);
	if (sigsetjmp(back, 1) == 0)
		CHECK_EQ(page[11], -1);
	CHECK_EQ(found, 1);
	CHECK_EQ(fault_address, page + 11);
	CHECK_EQ(esr >> 26, 0x24);
	CHECK_EQ(esr & 0x40, 0);
	if (sigsetjmp(back, 1) == 0)
		((void (*)(void))page)();
	CHECK_EQ(found, 1);
	CHECK_EQ(fault_address, page);
	CHECK_EQ(esr >> 26, 0x20);
	return check_done();
}
