/* An epoll inside an epoll and inside poll: readable exactly while it has something to report. */
#define _GNU_SOURCE
#include "../check.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static void add(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = {.events = events, .data.u64 = data};
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
}

int main(void)
{
	struct epoll_event got[4];
	uint64_t value = 1;
	int outer = CHECK_SYS(epoll_create1(0)), middle = CHECK_SYS(epoll_create1(0)), inner = CHECK_SYS(epoll_create1(0));
	int fd = CHECK_SYS(eventfd(0, 0));
	add(outer, middle, EPOLLIN, 1);
	add(middle, inner, EPOLLIN, 2);
	add(inner, fd, EPOLLIN, 3);
	struct pollfd poller = {.fd = outer, .events = POLLIN | POLLOUT};
	CHECK_EQ(poll(&poller, 1, 0), 0);
	CHECK_EQ(epoll_wait(outer, got, 4, 0), 0);

	CHECK_EQ(write(fd, &value, 8), 8);
	CHECK_EQ(poll(&poller, 1, 0), 1);
	CHECK_EQ(poller.revents, POLLIN);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(epoll_wait(outer, got, 4, 0), 1);
		CHECK_EQ(got[0].events, EPOLLIN);
		CHECK_EQ(got[0].data.u64, 1);
		CHECK_EQ(epoll_wait(middle, got, 4, 0), 1);
		CHECK_EQ(got[0].data.u64, 2);
		CHECK_EQ(epoll_wait(inner, got, 4, 0), 1);
		CHECK_EQ(got[0].data.u64, 3);
	}
	CHECK_EQ(read(fd, &value, 8), 8);
	CHECK_EQ(epoll_wait(outer, got, 4, 0), 0);
	CHECK_EQ(epoll_wait(inner, got, 4, 0), 0);

	/* A waiting outer one wakes when something deep inside becomes ready. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		usleep(30000);
		CHECK_EQ(write(fd, &value, 8), 8);
		_exit(0);
	}
	CHECK_EQ(epoll_wait(outer, got, 4, -1), 1);
	CHECK_EQ(got[0].data.u64, 1);
	CHECK_CHILD(child);

	/* A disarmed inner watch makes the outer ones silent. */
	struct epoll_event event = {.events = 0};
	CHECK_SYS(epoll_ctl(inner, EPOLL_CTL_MOD, fd, &event));
	CHECK_EQ(epoll_wait(outer, got, 4, 0), 0);
	return check_done();
}
