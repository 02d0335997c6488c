/* timerfd, signalfd and the pipe of a child in one epoll, as an event loop has them. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

enum { TIMER = 1, SIGNAL, PIPE };

int main(void)
{
	int ep = CHECK_SYS(epoll_create1(0)), ends[2], ticks = 0, dead = 0, lines = 0, end = 0;
	char text[128];
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	CHECK_SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	int timer = CHECK_SYS(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
	int signals = CHECK_SYS(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
	CHECK_SYS(pipe2(ends, O_NONBLOCK | O_CLOEXEC));
	const int fds[] = {-1, timer, signals, ends[0]};
	for (uint32_t i = TIMER; i <= PIPE; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
		CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &event));
	}
	struct epoll_event got[8];
	CHECK_EQ(epoll_wait(ep, got, 8, 0), 0);
	CHECK_ERRNO(read(timer, text, 8), EAGAIN);
	CHECK_ERRNO(read(signals, text, sizeof(struct signalfd_siginfo)), EAGAIN);

	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		for (int i = 0; i < 3; i++) {
			usleep(10000);
			CHECK_EQ(write(ends[1], "line\n", 5), 5);
		}
		_exit(23);
	}
	CHECK_SYS(close(ends[1]));
	struct itimerspec spec = {{0, 10000000}, {0, 10000000}};
	CHECK_SYS(timerfd_settime(timer, 0, &spec, NULL));
	while (!dead || !end || ticks < 3) {
		int n = CHECK_SYS(epoll_wait(ep, got, 8, -1));
		CHECK(n >= 1 && n <= 3);
		for (int i = 0; i < n; i++) {
			uint64_t expired;
			struct signalfd_siginfo info;
			if (got[i].data.u32 == TIMER) {
				CHECK_EQ(got[i].events, EPOLLIN);
				CHECK_EQ(read(timer, &expired, 8), 8);
				CHECK(expired >= 1);
				ticks += (int)expired;
			} else if (got[i].data.u32 == SIGNAL) {
				CHECK_EQ(read(signals, &info, sizeof info), sizeof info);
				CHECK_EQ(info.ssi_signo, SIGCHLD);
				CHECK_EQ(info.ssi_pid, child);
				CHECK_EQ(info.ssi_code, CLD_EXITED);
				CHECK_EQ(info.ssi_status, 23);
				CHECK_EQ(check_reap(child), 23 << 8);
				dead = 1;
			} else {
				CHECK_EQ(got[i].data.u32, PIPE);
				ssize_t length = CHECK_SYS(read(ends[0], text, sizeof text));
				lines += (int)length;
				if (length == 0) {
					CHECK_EQ(got[i].events, EPOLLHUP);
					CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_DEL, ends[0], NULL));
					end = 1;
				}
			}
		}
	}
	CHECK_EQ(lines, 15);
	return check_done();
}
