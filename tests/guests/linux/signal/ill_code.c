// qemu: no, user mode says ILL_ILLOPN
/* arm64: the code of SIGILL is ILL_ILLOPC, also for a system register that EL0 may not touch. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <ucontext.h>

static volatile int code, runs;

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	((ucontext_t *)context)->uc_mcontext.pc += 4;
	code = info->si_code;
	runs++;
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	uint64_t value = 0;
	CHECK_EQ(sigaction(SIGILL, &action, NULL), 0);
	__asm__ volatile("udf #0" ::: "memory");
	CHECK_EQ(runs, 1);
	CHECK_EQ(code, ILL_ILLOPC);
	code = -1;
	__asm__ volatile(".inst 0xd5381000" : "+r"(value)::"x0", "memory"); /* mrs x0, sctlr_el1 */
	CHECK_EQ(runs, 2);
	CHECK_EQ(code, ILL_ILLOPC);
	/* The identification registers may be read: the kernel emulates that. */
	__asm__ volatile("mrs %0, midr_el1\n\tmrs %0, id_aa64isar0_el1" : "=r"(value)::"memory");
	CHECK_EQ(runs, 2);
	return check_done();
}
