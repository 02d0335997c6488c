/* Reads of an eventfd, a timerfd, a signalfd: restarted with SA_RESTART, EINTR without. */
#define _GNU_SOURCE
#include "ticks.h"
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static int event, timer;

static void add(void)
{
	uint64_t value = 5;
	if (write(event, &value, 8) != 8)
		_exit(9);
}

static void set(void)
{
	struct itimerspec soon = {{0, 0}, {0, 1000000}};
	if (timerfd_settime(timer, 0, &soon, NULL) != 0)
		_exit(9);
}

static void send(void)
{
	raise(SIGUSR1);
}

int main(void)
{
	uint64_t value = 0;
	sigset_t mask;
	struct signalfd_siginfo info;
	event = CHECK_SYS(eventfd(0, 0));
	timer = CHECK_SYS(timerfd_create(CLOCK_MONOTONIC, 0));
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &mask, NULL), 0);
	int signals = CHECK_SYS(signalfd(-1, &mask, 0));
	INTERRUPTED(0, read(event, &value, 8));
	RESTARTED(read(event, &value, 8), 8, add);
	CHECK_EQ(value, 5);
	INTERRUPTED(0, read(timer, &value, 8));
	RESTARTED(read(timer, &value, 8), 8, set);
	CHECK_EQ(value, 1);
	INTERRUPTED(0, read(signals, &info, sizeof info));
	RESTARTED(read(signals, &info, sizeof info), sizeof info, send);
	CHECK_EQ(info.ssi_signo, SIGUSR1);
	value = UINT64_MAX - 1;
	CHECK_EQ(write(event, &value, 8), 8);
	value = 1;
	INTERRUPTED(0, write(event, &value, 8));
	return check_done();
}
