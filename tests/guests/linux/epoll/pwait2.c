// qemu: no, it lacks epoll_pwait2
/* epoll_pwait2: a timeout in nanoseconds that is not written back, the mask for its duration, and the errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>

static volatile sig_atomic_t count;

static void on_signal(int number)
{
	(void)number;
	count++;
}

static int pwait2(int ep, struct epoll_event *got, const struct timespec *limit, const sigset_t *mask)
{
	return (int)syscall(SYS_epoll_pwait2, ep, got, 1, limit, mask, 8);
}

int main(void)
{
	struct epoll_event got, event = {.events = EPOLLIN, .data.u64 = 77};
	struct timespec limit = {0, 5000000}, now = {0, 0}, bad = {0, 1000000000}, less = {-1, 0}, before, after;
	sigset_t block, none;
	uint64_t one = 1;
	int ep = CHECK_SYS(epoll_create1(0)), fd = CHECK_SYS(eventfd(0, 0));
	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	signal(SIGUSR1, on_signal);
	CHECK_SYS(sigprocmask(SIG_BLOCK, &block, NULL));
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));

	CHECK_EQ(pwait2(ep, &got, &now, NULL), 0);
	CHECK_SYS(clock_gettime(CLOCK_MONOTONIC, &before));
	CHECK_EQ(pwait2(ep, &got, &limit, NULL), 0);
	CHECK_SYS(clock_gettime(CLOCK_MONOTONIC, &after));
	CHECK((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec >= 5000000);
	CHECK(limit.tv_sec == 0 && limit.tv_nsec == 5000000);
	CHECK_ERRNO(pwait2(ep, &got, &bad, NULL), EINVAL);
	CHECK_ERRNO(pwait2(ep, &got, &less, NULL), EINVAL);

	CHECK_SYS(raise(SIGUSR1));
	CHECK_EQ(pwait2(ep, &got, &limit, NULL), 0);
	CHECK_EQ(count, 0);
	CHECK_ERRNO(pwait2(ep, &got, NULL, &none), EINTR);
	CHECK_EQ(count, 1);
	CHECK_EQ(write(fd, &one, 8), 8);
	CHECK_EQ(pwait2(ep, &got, NULL, &none), 1);
	CHECK_EQ(got.events, EPOLLIN);
	CHECK_EQ(got.data.u64, 77);
	return check_done();
}
