/* Blocked signals: pending until unblocked, once however often they were sent, dropped by SIG_IGN, and never SIGKILL
 * or SIGSTOP. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/syscall.h>

static volatile int runs;

static void handler(int signo)
{
	(void)signo;
	runs++;
}

static int is_pending(int signo)
{
	sigset_t pending;
	sigfillset(&pending);
	CHECK_EQ(sigpending(&pending), 0);
	return sigismember(&pending, signo);
}

int main(void)
{
	struct sigaction action = {.sa_handler = handler};
	sigset_t mask, got;
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	for (int signo = 1; signo < 32; signo++)
		CHECK_EQ(is_pending(signo), 0);
	sigfillset(&mask);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
	CHECK_EQ(sigprocmask(SIG_SETMASK, NULL, &got), 0);
	CHECK_EQ(sigismember(&got, SIGKILL), 0);
	CHECK_EQ(sigismember(&got, SIGSTOP), 0);
	CHECK_EQ(sigismember(&got, SIGSEGV), 1);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(is_pending(SIGUSR1), 1);
	CHECK_EQ(is_pending(SIGUSR2), 0);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &mask, NULL), 0);
	/* One for the process and one for the thread. */
	CHECK_EQ(runs, 2);
	CHECK_EQ(is_pending(SIGUSR1), 0);

	CHECK_EQ(sigprocmask(SIG_BLOCK, &mask, NULL), 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(is_pending(SIGUSR1), 1);
	CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
	CHECK_EQ(is_pending(SIGUSR1), 0);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &mask, NULL), 0);
	CHECK_EQ(runs, 2);
	/* What the default ignores is kept while blocked. */
	CHECK_EQ(kill(getpid(), SIGURG), 0);
	CHECK_EQ(is_pending(SIGURG), 1);
	CHECK_ERRNO(sigprocmask(42, &mask, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, 8, NULL, 8), EFAULT);
	CHECK_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &mask, NULL, 16), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigpending, &mask, 16), EINVAL);
	return check_done();
}
