/* sigaction: refused signals and sizes, the old action as it was set, flags Linux does not know taken away. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/syscall.h>

static void handler(int signo)
{
	(void)signo;
}

int main(void)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART | SA_NODEFER}, old;
	for (int i = 0; i < 2; i++) {
		int signo = i ? SIGSTOP : SIGKILL;
		CHECK_ERRNO(sigaction(signo, &action, NULL), EINVAL);
		CHECK_ERRNO(sigaction(signo, &(struct sigaction){.sa_handler = SIG_DFL}, NULL), EINVAL);
		CHECK_EQ(sigaction(signo, NULL, &old), 0);
		CHECK_EQ(old.sa_handler, SIG_DFL);
	}
	CHECK_ERRNO(sigaction(0, NULL, &old), EINVAL);
	CHECK_ERRNO(sigaction(65, NULL, &old), EINVAL);
	CHECK_ERRNO(sigaction(-1, NULL, &old), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, 8, NULL, 8), EFAULT);
	CHECK_EQ(sigaction(SIGUSR1, NULL, &old), 0);
	CHECK_EQ(old.sa_handler, SIG_DFL);
	sigaddset(&action.sa_mask, SIGHUP);
	sigaddset(&action.sa_mask, 64);
	CHECK_EQ(sigaction(SIGUSR1, &action, &old), 0);
	CHECK_EQ(old.sa_handler, SIG_DFL);
	CHECK_EQ(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = SIG_IGN}, &old), 0);
	CHECK_EQ(old.sa_handler, handler);
	CHECK_EQ(old.sa_flags & (SA_RESTART | SA_NODEFER | SA_SIGINFO | SA_ONSTACK), SA_RESTART | SA_NODEFER);
	for (int signo = 1; signo <= 64; signo++)
		if (signo != 32 && signo != 33)
			CHECK_EQ(sigismember(&old.sa_mask, signo), signo == SIGHUP || signo == 64);
	CHECK_EQ(sigaction(SIGUSR1, NULL, &old), 0);
	CHECK_EQ(old.sa_handler, SIG_IGN);
	CHECK_EQ(old.sa_flags & SA_RESTART, 0);
	/* Every real-time signal can have an action. */
	for (int signo = SIGRTMIN; signo <= SIGRTMAX; signo++)
		CHECK_EQ(sigaction(signo, &action, NULL), 0);
	return check_done();
}
