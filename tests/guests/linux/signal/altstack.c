/* sigaltstack: used by SA_ONSTACK handlers only, reported as in use, not to be changed meanwhile; errors of its
 * call. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <ucontext.h>

static char area[65536];
static volatile int depth, wrong;

static int inside(const void *at)
{
	return (const char *)at >= area && (const char *)at < area + sizeof area;
}

static void on_stack(int signo, siginfo_t *info, void *context)
{
	ucontext_t *user = context;
	stack_t now, other = {.ss_sp = malloc(32768), .ss_size = 32768};
	int local;
	(void)signo;
	(void)info;
	if (!inside(&local) || !inside(context) || sigaltstack(NULL, &now) != 0)
		wrong = 1;
	else if (now.ss_flags != SS_ONSTACK || now.ss_sp != area || now.ss_size != sizeof area)
		wrong = 2;
	else if (user->uc_stack.ss_sp != area || user->uc_stack.ss_size != sizeof area)
		wrong = 3;
	else if (sigaltstack(&other, NULL) != -1 || errno != EPERM)
		wrong = 4;
	free(other.ss_sp);
	/* A nested handler goes on below this one. */
	static char *outer;
	if (++depth == 1) {
		outer = (char *)&local;
		raise(SIGUSR2);
	} else if ((char *)&local >= outer)
		wrong = 5;
}

static void off_stack(int signo)
{
	int local;
	(void)signo;
	if (inside(&local))
		wrong = 6;
	depth = 100;
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_stack, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_sp = area, .ss_size = sizeof area}, old = {.ss_flags = 77};
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR2, &action, NULL), 0);
	CHECK_EQ(sigaltstack(&stack, &old), 0);
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	CHECK_EQ(sigaltstack(NULL, &old), 0);
	CHECK_EQ(old.ss_flags, 0);
	CHECK_EQ(old.ss_sp, area);
	CHECK_EQ(old.ss_size, sizeof area);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(depth, 2);
	action = (struct sigaction){.sa_handler = off_stack};
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(depth, 100);

	stack.ss_size = 1024;
	CHECK_ERRNO(sigaltstack(&stack, NULL), ENOMEM);
	stack.ss_size = sizeof area;
	stack.ss_flags = 16;
	CHECK_ERRNO(sigaltstack(&stack, NULL), EINVAL);
	CHECK_ERRNO(sigaltstack((stack_t *)8, NULL), EFAULT);
	stack = (stack_t){.ss_flags = SS_DISABLE, .ss_sp = (void *)123, .ss_size = 1};
	CHECK_EQ(sigaltstack(&stack, &old), 0);
	CHECK_EQ(old.ss_sp, area);
	CHECK_EQ(sigaltstack(NULL, &old), 0);
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	/* Without a stack SA_ONSTACK is no error. */
	action = (struct sigaction){.sa_handler = off_stack, .sa_flags = SA_ONSTACK};
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	depth = 0;
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(depth, 100);
	CHECK_EQ(wrong, 0);
	return check_done();
}
