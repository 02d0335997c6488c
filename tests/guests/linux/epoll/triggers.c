/* Level, edge and one-shot: how often each reports the same data and what makes it report again. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/epoll.h>

static int ep, ends[2];
static struct epoll_event got[4];

static int ready(void)
{
	return CHECK_SYS(epoll_wait(ep, got, 4, 0));
}

static void arm(int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u64 = 0x1122334455667788};
	CHECK_SYS(epoll_ctl(ep, operation, ends[0], &event));
}

int main(void)
{
	char text[8];
	ep = CHECK_SYS(epoll_create1(EPOLL_CLOEXEC));
	CHECK_SYS(pipe2(ends, O_NONBLOCK));
	arm(EPOLL_CTL_ADD, EPOLLIN);
	CHECK_EQ(ready(), 0);
	CHECK_EQ(write(ends[1], "abcd", 4), 4);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(ready(), 1);
		CHECK_EQ(got[0].events, EPOLLIN);
		CHECK_EQ(got[0].data.u64, 0x1122334455667788);
	}
	CHECK_EQ(read(ends[0], text, 2), 2);
	CHECK_EQ(ready(), 1);
	CHECK_EQ(read(ends[0], text, 2), 2);
	CHECK_EQ(ready(), 0);

	/* Edge: once for each arrival, also when the former was not read; changing it looks anew. */
	arm(EPOLL_CTL_MOD, EPOLLIN | EPOLLET);
	CHECK_EQ(ready(), 0);
	CHECK_EQ(write(ends[1], "ab", 2), 2);
	CHECK_EQ(ready(), 1);
	CHECK_EQ(got[0].events, EPOLLIN);
	CHECK_EQ(ready(), 0);
	CHECK_EQ(read(ends[0], text, 1), 1);
	CHECK_EQ(ready(), 0);
	CHECK_EQ(write(ends[1], "c", 1), 1);
	CHECK_EQ(ready(), 1);
	CHECK_EQ(ready(), 0);
	arm(EPOLL_CTL_MOD, EPOLLIN | EPOLLET);
	CHECK_EQ(ready(), 1);
	CHECK_EQ(ready(), 0);

	/* One-shot: silent after the first report, until it is armed again. */
	arm(EPOLL_CTL_MOD, EPOLLIN | EPOLLONESHOT);
	CHECK_EQ(ready(), 1);
	CHECK_EQ(ready(), 0);
	CHECK_EQ(write(ends[1], "d", 1), 1);
	CHECK_EQ(ready(), 0);
	arm(EPOLL_CTL_MOD, EPOLLIN | EPOLLONESHOT);
	CHECK_EQ(ready(), 1);
	CHECK_EQ(ready(), 0);
	/* Disarmed it does not tell of a hang-up either; armed for nothing it does. */
	CHECK_SYS(close(ends[1]));
	CHECK_EQ(ready(), 0);
	arm(EPOLL_CTL_MOD, 0);
	CHECK_EQ(ready(), 1);
	CHECK_EQ(got[0].events, EPOLLHUP);
	arm(EPOLL_CTL_MOD, EPOLLIN);
	CHECK_EQ(ready(), 1);
	CHECK_EQ(got[0].events, EPOLLIN | EPOLLHUP);
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_DEL, ends[0], NULL));
	CHECK_EQ(ready(), 0);
	return check_done();
}
