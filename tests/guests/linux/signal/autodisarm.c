// qemu: no, user mode refuses SS_AUTODISARM
/* SS_AUTODISARM: the stack is out of use while its handler runs, so that it may be left or replaced, and is set again
 * by the return. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static char area[65536], other[65536];
static volatile int wrong, runs;

static void handler(int signo)
{
	char local;
	stack_t now, replaced = {.ss_sp = other, .ss_size = sizeof other};
	(void)signo;
	runs++;
	if (&local < area || &local >= area + sizeof area)
		wrong = 1;
	else if (sigaltstack(NULL, &now) != 0 || now.ss_flags != SS_DISABLE || now.ss_sp != NULL || now.ss_size != 0)
		wrong = 2;
	else if (sigaltstack(&replaced, NULL) != 0)
		wrong = 3;
}

int main(void)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	stack_t stack = {.ss_sp = area, .ss_size = sizeof area, .ss_flags = (int)SS_AUTODISARM}, now;
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	CHECK_EQ(sigaltstack(NULL, &now), 0);
	CHECK_EQ(now.ss_flags, (int)SS_AUTODISARM);
	for (int i = 1; i <= 3; i++) {
		CHECK_EQ(raise(SIGUSR1), 0);
		CHECK_EQ(wrong, 0);
		CHECK_EQ(runs, i);
		CHECK_EQ(sigaltstack(NULL, &now), 0);
		CHECK_EQ(now.ss_flags, (int)SS_AUTODISARM);
		CHECK_EQ(now.ss_sp, area);
		CHECK_EQ(now.ss_size, sizeof area);
	}
	return check_done();
}
