/* Overruns: an interval timer whose signal is blocked queues one signal and counts the others. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <time.h>

int main(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct itimerspec every = {{0, 2000000}, {0, 2000000}}, off = {{0, 0}, {0, 0}};
	struct timespec zero = {0, 0}, start, end;
	sigset_t set;
	siginfo_t info;
	timer_t timer;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	clock_gettime(CLOCK_MONOTONIC, &start);
	CHECK_EQ(timer_settime(timer, 0, &every, NULL), 0);
	usleep(60000);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
	clock_gettime(CLOCK_MONOTONIC, &end);
	long long periods = ((end.tv_sec - start.tv_sec) * 1000000000ll + end.tv_nsec - start.tv_nsec) / 2000000;
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK(info.si_overrun >= 20);
	CHECK(info.si_overrun <= periods);
	CHECK_EQ(timer_getoverrun(timer), info.si_overrun);
	CHECK_EQ(timer_settime(timer, 0, &off, NULL), 0);
	/* At most one is left from between the two calls. */
	while (sigtimedwait(&set, &info, &zero) > 0)
		;
	CHECK_EQ(timer_settime(timer, 0, &(struct itimerspec){{0, 0}, {0, 1}}, NULL), 0);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
	CHECK_EQ(info.si_overrun, 0);
	CHECK_EQ(timer_getoverrun(timer), 0);
	CHECK_ERRNO(sigtimedwait(&set, &info, &zero), EAGAIN);
	/* Deleted: no more signals. */
	CHECK_EQ(timer_settime(timer, 0, &every, NULL), 0);
	CHECK_EQ(timer_delete(timer), 0);
	while (sigtimedwait(&set, &info, &zero) > 0)
		;
	usleep(10000);
	CHECK_ERRNO(sigtimedwait(&set, &info, &zero), EAGAIN);
	return check_done();
}
