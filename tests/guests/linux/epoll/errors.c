/* The errors of epoll_create, epoll_ctl and epoll_wait. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

int main(void)
{
	struct epoll_event event = {.events = EPOLLIN}, got;
	int ends[2];
	volatile int less = -1;
	CHECK_ERRNO(epoll_create(0), EINVAL);
	CHECK_ERRNO(epoll_create1(1), EINVAL);
	int ep = CHECK_SYS(epoll_create(1)), closing = CHECK_SYS(epoll_create1(EPOLL_CLOEXEC));
	CHECK_EQ(fcntl(ep, F_GETFD), 0);
	CHECK_EQ(fcntl(closing, F_GETFD), FD_CLOEXEC);
	CHECK_SYS(pipe(ends));
	int file = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600)), folder = CHECK_SYS(open(".", O_RDONLY));

	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &event));
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &event), EEXIST);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, ends[1], &event), ENOENT);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_DEL, ends[1], &event), ENOENT);
	/* What is always ready cannot be watched. */
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, file, &event), EPERM);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, folder, &event), EPERM);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, 999, &event), EBADF);
	CHECK_ERRNO(epoll_ctl(999, EPOLL_CTL_ADD, ends[0], &event), EBADF);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &event), EINVAL);
	CHECK_ERRNO(epoll_ctl(ends[0], EPOLL_CTL_ADD, ends[1], &event), EINVAL);
	CHECK_ERRNO(epoll_ctl(ep, 4, ends[0], &event), EINVAL);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, ends[1], (struct epoll_event *)8), EFAULT);

	CHECK_ERRNO(epoll_wait(ep, &got, 0, 0), EINVAL);
	CHECK_ERRNO(epoll_wait(ep, &got, less, 0), EINVAL);
	CHECK_ERRNO(epoll_wait(999, &got, 1, 0), EBADF);
	CHECK_ERRNO(epoll_wait(ends[0], &got, 1, 0), EINVAL);
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);

	/* EPOLLEXCLUSIVE only when adding, and with few other bits. */
	event.events = EPOLLIN | EPOLLEXCLUSIVE;
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, ends[0], &event), EINVAL);
	event.events = EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE;
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, ends[1], &event), EINVAL);
	event.events = EPOLLIN | EPOLLEXCLUSIVE;
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, closing, &event), EINVAL);
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, ends[1], &event));
	event.events = EPOLLIN;
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, ends[1], &event), EINVAL);

	/* Two that watch one another would never end. */
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, closing, &event));
	CHECK_ERRNO(epoll_ctl(closing, EPOLL_CTL_ADD, ep, &event), ELOOP);
	return check_done();
}
