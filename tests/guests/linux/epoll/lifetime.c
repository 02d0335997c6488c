/* A watch belongs to the open file: it ends when the last descriptor is closed, copies keep it, and a number used
 * again is new. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int ep;
static struct epoll_event got[4];

static int ready(void)
{
	return CHECK_SYS(epoll_wait(ep, got, 4, 0));
}

static void add(int fd, uint64_t data)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
}

int main(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	ep = CHECK_SYS(epoll_create1(0));
	int fd = CHECK_SYS(eventfd(1, 0));
	add(fd, 10);
	CHECK_EQ(ready(), 1);
	CHECK_SYS(close(fd));
	CHECK_EQ(ready(), 0);

	/* The same number for another file is not watched, and can be added. */
	int again = CHECK_SYS(eventfd(1, 0));
	CHECK_EQ(again, fd);
	CHECK_EQ(ready(), 0);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, fd, &event), ENOENT);
	add(fd, 11);
	CHECK_EQ(ready(), 1);
	CHECK_EQ(got[0].data.u64, 11);

	/* A copy keeps the file open: events go on under the old data, but the number is gone. */
	int copy = CHECK_SYS(dup(fd));
	CHECK_SYS(close(fd));
	CHECK_EQ(ready(), 1);
	CHECK_EQ(got[0].data.u64, 11);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL), EBADF);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_DEL, copy, NULL), ENOENT);
	/* The copy is another key: it can be added beside. */
	add(copy, 12);
	CHECK_EQ(ready(), 2);
	CHECK_EQ(got[0].data.u64 + got[1].data.u64, 23);
	/* Back at its old number the first watch can be removed. */
	CHECK_EQ(dup2(copy, fd), fd);
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
	CHECK_EQ(ready(), 1);
	CHECK_EQ(got[0].data.u64, 12);
	CHECK_SYS(close(copy));
	CHECK_EQ(ready(), 1);
	CHECK_SYS(close(fd));
	CHECK_EQ(ready(), 0);

	/* A child's copy of the descriptors keeps the watch alive too, and both see the same set. */
	int gate[2];
	CHECK_SYS(pipe(gate));
	fd = CHECK_SYS(eventfd(1, 0));
	add(fd, 13);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		char byte;
		CHECK_SYS(close(gate[1]));
		CHECK_EQ(ready(), 1);
		CHECK_EQ(got[0].data.u64, 13);
		add(gate[0], 14);
		CHECK_EQ(read(gate[0], &byte, 1), 0);
		_exit(0);
	}
	CHECK_SYS(close(fd));
	CHECK_EQ(ready() >= 1, 1);
	CHECK_SYS(close(gate[1]));
	CHECK_CHILD(child);
	CHECK_EQ(ready(), 1);
	CHECK_EQ(got[0].data.u64, 14);
	return check_done();
}
