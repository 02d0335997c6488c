/* ppoll, pselect and epoll_pwait with a mask: a blocked pending signal is let in exactly while they wait, runs before
 * they return EINTR, and the old mask is back. */
#define _GNU_SOURCE
#include "../check.h"
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>

static volatile int runs;

static void handler(int signo)
{
	(void)signo;
	runs++;
}

static void interrupted(int count)
{
	sigset_t now;
	CHECK_EQ(runs, count);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	CHECK_EQ(sigismember(&now, SIGUSR1), 1);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(runs, count);
}

int main(void)
{
	int ends[2];
	sigset_t set, none;
	struct timespec zero = {0, 0};
	struct epoll_event event = {.events = EPOLLIN};
	CHECK_EQ(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handler, .sa_flags = SA_RESTART}, NULL), 0);
	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(pipe(ends), 0);
	int epoll = CHECK_SYS(epoll_create1(0));
	CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event), 0);
	struct pollfd poller = {.fd = ends[0], .events = POLLIN};
	interrupted(0);
	CHECK_ERRNO(ppoll(&poller, 1, NULL, &none), EINTR);
	interrupted(1);
	CHECK_ERRNO(pselect(0, NULL, NULL, NULL, NULL, &none), EINTR);
	interrupted(2);
	CHECK_ERRNO(epoll_pwait(epoll, &event, 1, -1, &none), EINTR);
	interrupted(3);
	/* Something is ready: that is the answer, and the signal stays pending. */
	CHECK_EQ(write(ends[1], "x", 1), 1);
	CHECK_EQ(ppoll(&poller, 1, &zero, &none), 1);
	CHECK_EQ(runs, 3);
	CHECK_EQ(epoll_pwait(epoll, &event, 1, -1, &none), 1);
	CHECK_EQ(runs, 3);
	CHECK_EQ(sigpending(&set), 0);
	CHECK_EQ(sigismember(&set, SIGUSR1), 1);
	return check_done();
}
