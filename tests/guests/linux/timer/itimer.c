/* setitimer: three kinds with their signals, intervals, the old value, what is left, and refused values. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static volatile int counts[65];

static void handler(int signo)
{
	counts[signo]++;
}

static long long now(clockid_t clock)
{
	struct timespec at;
	CHECK_EQ(clock_gettime(clock, &at), 0);
	return at.tv_sec * 1000000000ll + at.tv_nsec;
}

static void kind(int which, int signo, clockid_t clock)
{
	struct itimerval every = {{0, 10000}, {0, 20000}}, off = {{0, 0}, {0, 0}}, left;
	CHECK_EQ(sigaction(signo, &(struct sigaction){.sa_handler = handler}, NULL), 0);
	long long start = now(clock);
	CHECK_EQ(setitimer(which, &every, NULL), 0);
	while (counts[signo] < 3)
		if (which == ITIMER_REAL)
			pause();
	/* The CPU clocks tick coarsely, so they get some leave. */
	CHECK(now(clock) - start >= (which == ITIMER_REAL ? 40000000 : 20000000));
	CHECK_EQ(getitimer(which, &left), 0);
	CHECK_EQ(left.it_interval.tv_sec, 0);
	CHECK(left.it_interval.tv_usec >= 10000 && left.it_interval.tv_usec <= 14000);
	CHECK_EQ(left.it_value.tv_sec, 0);
	CHECK_EQ(setitimer(which, &off, NULL), 0);
	CHECK_EQ(getitimer(which, &left), 0);
	CHECK_EQ(left.it_value.tv_sec + left.it_value.tv_usec, 0);
}

int main(void)
{
	kind(ITIMER_REAL, SIGALRM, CLOCK_MONOTONIC);
	kind(ITIMER_VIRTUAL, SIGVTALRM, CLOCK_PROCESS_CPUTIME_ID);
	kind(ITIMER_PROF, SIGPROF, CLOCK_PROCESS_CPUTIME_ID);
	struct itimerval far = {{3, 0}, {1000, 500}}, old;
	CHECK_EQ(setitimer(ITIMER_REAL, &far, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, &old), 0);
	CHECK_EQ(old.it_interval.tv_sec, 3);
	CHECK(old.it_value.tv_sec >= 900 && old.it_value.tv_sec <= 1000);
	far.it_value.tv_usec = 1000000;
	CHECK_ERRNO(setitimer(ITIMER_REAL, &far, NULL), EINVAL);
	far.it_value.tv_usec = -1;
	CHECK_ERRNO(setitimer(ITIMER_REAL, &far, NULL), EINVAL);
	far.it_value.tv_usec = 0;
	CHECK_ERRNO(setitimer(3, &far, NULL), EINVAL);
	CHECK_ERRNO(getitimer(3, &far), EINVAL);
	return check_done();
}
