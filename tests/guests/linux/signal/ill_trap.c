/* arm64: an undefined instruction is SIGILL, brk is SIGTRAP, both with the address of the instruction, at which the
 * program goes on unless the handler moves it. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <ucontext.h>

extern char undefined_at[], brk_at[];
static volatile int signo_seen[8], code_seen[8], runs;
static volatile uint64_t address_seen[8], pc_seen[8];

static void handler(int signo, siginfo_t *info, void *context)
{
	mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
	signo_seen[runs] = signo;
	code_seen[runs] = info->si_code;
	address_seen[runs] = (uint64_t)info->si_addr;
	pc_seen[runs] = machine->pc;
	/* The first time it comes again at the same place. */
	if (runs++ % 2 == 1)
		machine->pc += 4;
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	CHECK_EQ(sigaction(SIGILL, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGTRAP, &action, NULL), 0);
	long reached = 0;
	__asm__ volatile(".global undefined_at, brk_at\n"
			 "undefined_at: udf #7\n\t"
			 "add %0, %0, #1\n"
			 "brk_at: brk #0xf00\n\t"
			 "add %0, %0, #2"
			 : "+r"(reached)::"memory");
	CHECK_EQ(reached, 3);
	CHECK_EQ(runs, 4);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(signo_seen[i], i < 2 ? SIGILL : SIGTRAP);
		if (i >= 2)
			CHECK_EQ(code_seen[i], TRAP_BRKPT);
		CHECK_EQ(address_seen[i], i < 2 ? undefined_at : brk_at);
		CHECK_EQ(pc_seen[i], i < 2 ? undefined_at : brk_at);
	}
	return check_done();
}
