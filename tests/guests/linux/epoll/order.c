/* 300 watched descriptors: all that are ready are told in the order in which they became so, by turns when room is
 * scarce. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

enum { COUNT = 300 };
static int fds[COUNT];
static struct epoll_event got[COUNT];

static void signal_it(int i)
{
	uint64_t one = 1;
	CHECK_EQ(write(fds[i], &one, 8), 8);
}

int main(void)
{
	struct rlimit files;
	CHECK_SYS(getrlimit(RLIMIT_NOFILE, &files));
	if (files.rlim_cur < 512) {
		files.rlim_cur = 512;
		CHECK_SYS(setrlimit(RLIMIT_NOFILE, &files));
	}
	int ep = CHECK_SYS(epoll_create1(0));
	for (int i = 0; i < COUNT; i++) {
		fds[i] = CHECK_SYS(eventfd(0, 0));
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
		CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &event));
	}
	CHECK_EQ(epoll_wait(ep, got, COUNT, 0), 0);
	for (int i = COUNT - 1; i >= 0; i--)
		signal_it(i);
	CHECK_EQ(epoll_wait(ep, got, COUNT, 0), COUNT);
	for (int i = 0; i < COUNT; i++)
		CHECK_EQ(got[i].data.u32, COUNT - 1 - i);

	/* Ten at a time: those told go to the end of the list, so that all have their turn before one comes twice. */
	int seen[COUNT] = {0};
	for (int round = 0; round < COUNT / 10; round++) {
		CHECK_EQ(epoll_wait(ep, got, 10, 0), 10);
		for (int i = 0; i < 10; i++)
			CHECK_EQ(seen[got[i].data.u32]++, 0);
	}
	/* All but every third are emptied. */
	uint64_t value;
	for (int i = 0; i < COUNT; i++)
		if (i % 3 != 0)
			CHECK_EQ(read(fds[i], &value, 8), 8);
	CHECK_EQ(epoll_wait(ep, got, COUNT, 0), COUNT / 3);
	for (int i = 0; i < COUNT / 3; i++)
		CHECK_EQ(got[i].data.u32 % 3, 0);
	for (int i = 0; i < COUNT; i += 2)
		CHECK_SYS(close(fds[i]));
	CHECK_EQ(epoll_wait(ep, got, COUNT, 0), COUNT / 6);
	for (int i = 0; i < COUNT / 6; i++)
		CHECK_EQ(got[i].data.u32 % 6, 3);
	return check_done();
}
