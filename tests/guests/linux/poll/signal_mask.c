/* ppoll and pselect swap the mask for their duration only: a pending signal that it lets in ends them. */
#define _GNU_SOURCE
#include "../check.h"
#include <poll.h>
#include <signal.h>
#include <sys/select.h>

static volatile sig_atomic_t usr1, masked;

static void on_usr1(int number)
{
	sigset_t mask;
	(void)number;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	/* Within the handler the mask is the temporary one and the signal itself. */
	masked = sigismember(&mask, SIGUSR2) == 1 && sigismember(&mask, SIGUSR1) == 1;
	usr1++;
}

static void mask_is_the_old_one(void)
{
	sigset_t mask;
	CHECK_SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
	CHECK(sigismember(&mask, SIGUSR1) == 1 && sigismember(&mask, SIGUSR2) == 0);
}

int main(void)
{
	int ends[2];
	sigset_t one, two;
	struct timespec moment = {0, 20000000}, now = {0, 0};
	sigemptyset(&one);
	sigemptyset(&two);
	sigaddset(&one, SIGUSR1);
	sigaddset(&two, SIGUSR2);
	signal(SIGUSR1, on_usr1);
	CHECK_SYS(pipe(ends));
	CHECK_SYS(sigprocmask(SIG_SETMASK, &one, NULL));
	struct pollfd poller = {.fd = ends[0], .events = POLLIN};
	fd_set set;
	FD_ZERO(&set);
	FD_SET(ends[0], &set);

	CHECK_SYS(raise(SIGUSR1));
	CHECK_EQ(usr1, 0);
	CHECK_EQ(ppoll(&poller, 1, &moment, NULL), 0);
	CHECK_ERRNO(ppoll(&poller, 1, NULL, &two), EINTR);
	CHECK(usr1 == 1 && masked == 1);
	mask_is_the_old_one();
	CHECK_SYS(raise(SIGUSR1));
	CHECK_ERRNO(pselect(ends[0] + 1, &set, NULL, NULL, NULL, &two), EINTR);
	CHECK_EQ(usr1, 2);
	mask_is_the_old_one();

	CHECK_EQ(write(ends[1], "x", 1), 1);
	/* With something ready the pending signal waits: the call succeeds, and the signal is still to come. */
	CHECK_SYS(raise(SIGUSR1));
	CHECK_EQ(ppoll(&poller, 1, &now, &two), 1);
	CHECK_EQ(usr1, 2);
	sigset_t pending;
	CHECK_SYS(sigpending(&pending));
	CHECK_EQ(sigismember(&pending, SIGUSR1), 1);
	CHECK_SYS(sigprocmask(SIG_UNBLOCK, &one, NULL));
	CHECK_EQ(usr1, 3);
	return check_done();
}
