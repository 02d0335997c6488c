/* poll, ppoll, select, pselect and epoll_wait are never restarted: EINTR with SA_RESTART as well. */
#define _GNU_SOURCE
#include "ticks.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

int main(void)
{
	int ends[2];
	struct epoll_event event = {.events = EPOLLIN}, got;
	CHECK_EQ(pipe(ends), 0);
	int epoll = CHECK_SYS(epoll_create1(0));
	CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event), 0);
	for (int i = 0; i < 2; i++) {
		int flags = i ? SA_RESTART : 0;
		struct pollfd poller = {.fd = ends[0], .events = POLLIN, .revents = 77};
		struct timespec length = {100, 0};
		fd_set set;
		FD_ZERO(&set);
		FD_SET(ends[0], &set);
		INTERRUPTED(flags, poll(&poller, 1, -1));
		INTERRUPTED(flags, poll(&poller, 1, 100000));
		INTERRUPTED(flags, ppoll(&poller, 1, NULL, NULL));
		INTERRUPTED(flags, ppoll(&poller, 1, &length, NULL));
		INTERRUPTED(flags, select(ends[0] + 1, &set, NULL, NULL, NULL));
		/* On an error the sets are as they were. */
		CHECK(FD_ISSET(ends[0], &set));
		INTERRUPTED(flags, pselect(ends[0] + 1, &set, NULL, NULL, &length, NULL));
		CHECK_EQ(length.tv_sec, 100);
		INTERRUPTED(flags, epoll_wait(epoll, &got, 1, -1));
		INTERRUPTED(flags, epoll_pwait(epoll, &got, 1, 100000, NULL));
		INTERRUPTED(flags, pause());
		sigset_t none;
		sigemptyset(&none);
		INTERRUPTED(flags, sigsuspend(&none));
	}
	return check_done();
}
