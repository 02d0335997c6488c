/* SA_RESETHAND, SA_NODEFER and the mask of an action: what is blocked while the handler runs, and what comes after. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static volatile int depth, deepest, second_ran, wrong;

static void nested(int signo)
{
	if (++depth > deepest)
		deepest = depth;
	if (deepest < 3)
		raise(signo);
	depth--;
}

static void masked(int signo)
{
	sigset_t mask;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	if (sigismember(&mask, signo) != 1 || sigismember(&mask, SIGUSR2) != 1 || sigismember(&mask, SIGHUP) != 1 ||
	    sigismember(&mask, SIGTERM) != 0)
		wrong = 1;
	raise(SIGUSR2);
	if (second_ran)
		wrong = 2;
}

static void second(int signo)
{
	(void)signo;
	second_ran++;
}

static void set(int signo, void (*function)(int), int flags)
{
	struct sigaction action = {.sa_handler = function, .sa_flags = flags};
	sigaddset(&action.sa_mask, SIGUSR2);
	CHECK_EQ(sigaction(signo, &action, NULL), 0);
}

int main(void)
{
	struct sigaction now;
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGHUP);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
	set(SIGUSR1, nested, SA_NODEFER);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(deepest, 3);
	set(SIGUSR1, masked, 0);
	CHECK_EQ(sigaction(SIGUSR2, &(struct sigaction){.sa_handler = second}, NULL), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(second_ran, 1);
	/* The mask from before is there again. */
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
	CHECK_EQ(sigismember(&mask, SIGHUP), 1);
	CHECK_EQ(sigismember(&mask, SIGUSR1), 0);
	CHECK_EQ(sigismember(&mask, SIGUSR2), 0);
	/* Reset before the handler runs; the other flags stay. */
	set(SIGUSR2, second, SA_RESETHAND | SA_RESTART);
	CHECK_EQ(raise(SIGUSR2), 0);
	CHECK_EQ(second_ran, 2);
	CHECK_EQ(sigaction(SIGUSR2, NULL, &now), 0);
	CHECK_EQ(now.sa_handler, SIG_DFL);
	CHECK_EQ(now.sa_flags & (SA_RESETHAND | SA_RESTART), SA_RESETHAND | SA_RESTART);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		raise(SIGUSR2);
		_exit(0);
	}
	int status = check_reap(child);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGUSR2);
	return check_done();
}
