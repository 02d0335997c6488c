/* sigsuspend: the given mask holds while it waits, a pending signal ends it at once, the old mask is back after it. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/syscall.h>

static volatile int first, second, mask_in_handler;

static void on_first(int signo)
{
	sigset_t mask;
	(void)signo;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	mask_in_handler = sigismember(&mask, SIGUSR1) | sigismember(&mask, SIGUSR2) << 1 | sigismember(&mask, SIGHUP) << 2;
	first++;
}

static void on_second(int signo)
{
	(void)signo;
	second++;
}

int main(void)
{
	sigset_t mask, wait, now;
	CHECK_EQ(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_first}, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR2, &(struct sigaction){.sa_handler = on_second}, NULL), 0);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGUSR2);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(raise(SIGUSR2), 0);
	sigemptyset(&wait);
	sigaddset(&wait, SIGUSR2);
	sigaddset(&wait, SIGHUP);
	CHECK_ERRNO(sigsuspend(&wait), EINTR);
	CHECK_EQ(first, 1);
	CHECK_EQ(second, 0);
	/* In the handler: the mask of the wait and the signal itself. */
	CHECK_EQ(mask_in_handler, 7);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	CHECK_EQ(sigismember(&now, SIGUSR1), 1);
	CHECK_EQ(sigismember(&now, SIGHUP), 0);

	/* From another process, while it waits; SIGUSR2 stays pending all the time. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		usleep(20000);
		_exit(kill(getppid(), SIGUSR1) == 0 ? 0 : 1);
	}
	CHECK_ERRNO(sigsuspend(&wait), EINTR);
	CHECK_EQ(first, 2);
	CHECK_EQ(second, 0);
	CHECK_CHILD(child);
	CHECK_ERRNO(syscall(SYS_rt_sigsuspend, &wait, 4), EINVAL);
	sigemptyset(&wait);
	CHECK_ERRNO(sigsuspend(&wait), EINTR);
	CHECK_EQ(second, 1);
	return check_done();
}
