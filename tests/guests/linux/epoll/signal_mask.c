/* epoll_pwait: the mask for its duration, EINTR in spite of SA_RESTART, and that what is ready wins. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

static volatile sig_atomic_t count;

static void on_signal(int number)
{
	(void)number;
	count++;
}

int main(void)
{
	struct epoll_event got, event = {.events = EPOLLIN};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigset_t block, none;
	int ep = CHECK_SYS(epoll_create1(0)), fd = CHECK_SYS(eventfd(0, 0));
	uint64_t one = 1;
	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	CHECK_SYS(sigaction(SIGUSR1, &action, NULL));
	CHECK_SYS(sigprocmask(SIG_BLOCK, &block, NULL));
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));

	CHECK_SYS(raise(SIGUSR1));
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
	CHECK_EQ(epoll_pwait(ep, &got, 1, 10, NULL), 0);
	CHECK_EQ(epoll_pwait(ep, &got, 1, 10, &block), 0);
	CHECK_EQ(count, 0);
	CHECK_ERRNO(epoll_pwait(ep, &got, 1, -1, &none), EINTR);
	CHECK_EQ(count, 1);
	CHECK_ERRNO(syscall(SYS_epoll_pwait, ep, &got, 1, 0, &none, 4), EINVAL);
	/* What is ready wins over what is pending. */
	CHECK_EQ(write(fd, &one, 8), 8);
	CHECK_SYS(raise(SIGUSR1));
	CHECK_EQ(epoll_pwait(ep, &got, 1, -1, &none), 1);
	CHECK_EQ(got.events, EPOLLIN);
	CHECK_SYS(sigprocmask(SIG_UNBLOCK, &block, NULL));
	CHECK_EQ(count, 2);
	return check_done();
}
