/* nanosleep and clock_nanosleep: EINTR after any handler, SA_RESTART or not, with what is left; an absolute sleep
 * leaves the remainder alone; a signal that nobody handles does not shorten a sleep. */
#define _GNU_SOURCE
#include "ticks.h"

static long long nanos(const struct timespec *at)
{
	return at->tv_sec * 1000000000ll + at->tv_nsec;
}

static void left_after(int flags)
{
	struct timespec length = {100, 0}, left = {0, 0}, start, end;
	clock_gettime(CLOCK_MONOTONIC, &start);
	INTERRUPTED(flags, nanosleep(&length, &left));
	clock_gettime(CLOCK_MONOTONIC, &end);
	CHECK_EQ(length.tv_sec, 100);
	CHECK(left.tv_sec <= 99 && left.tv_nsec >= 0 && left.tv_nsec < 1000000000);
	/* Slept and left together are no less than asked, and no more than asked and the time the calls took. */
	CHECK(nanos(&left) + nanos(&end) - nanos(&start) >= 100000000000ll);
	/* clock_nanosleep returns the error. */
	left = (struct timespec){0, 0};
	ticks_start(flags, 0, NULL);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &length, &left), EINTR);
	CHECK(left.tv_sec > 0 && left.tv_sec <= 99);
	left = (struct timespec){7, 7};
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 100;
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &end, &left), EINTR);
	ticks_stop();
	CHECK_EQ(left.tv_sec, 7);
	CHECK_EQ(left.tv_nsec, 7);
}

int main(void)
{
	left_after(0);
	left_after(SA_RESTART);
	/* Ignored signals: the whole time is slept. */
	struct timespec length = {0, 40000000}, left = {5, 5}, start, end;
	ticks_start(0, 0, NULL);
	CHECK(signal(SIGALRM, SIG_IGN) != SIG_ERR);
	clock_gettime(CLOCK_MONOTONIC, &start);
	CHECK_EQ(nanosleep(&length, &left), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	ticks_stop();
	CHECK(nanos(&end) - nanos(&start) >= 40000000);
	CHECK_EQ(left.tv_sec, 5);
	length.tv_nsec = 1000000000;
	CHECK_ERRNO(nanosleep(&length, NULL), EINVAL);
	length = (struct timespec){-1, 0};
	CHECK_ERRNO(nanosleep(&length, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &length, NULL), EINVAL);
	return check_done();
}
