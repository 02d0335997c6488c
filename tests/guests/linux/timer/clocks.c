/* Clock ids: which exist, their resolutions, that none goes back, and that libc (by the vDSO, if there is one) and the
 * system call tell the same time. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static long long nanos(struct timespec at)
{
	CHECK(at.tv_nsec >= 0 && at.tv_nsec < 1000000000);
	return at.tv_sec * 1000000000ll + at.tv_nsec;
}

static long long by_libc(clockid_t clock)
{
	struct timespec at;
	CHECK_EQ(clock_gettime(clock, &at), 0);
	return nanos(at);
}

static long long by_call(clockid_t clock)
{
	struct timespec at;
	CHECK_EQ(syscall(SYS_clock_gettime, clock, &at), 0);
	return nanos(at);
}

int main(void)
{
	static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
					   CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
					   CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_TAI};
	struct timespec resolution, at;
	struct timeval day;
	for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
		CHECK_EQ(clock_getres(clocks[i], &resolution), 0);
		CHECK(nanos(resolution) >= 1 && nanos(resolution) <= 10000000);
		CHECK_EQ(clock_getres(clocks[i], NULL), 0);
		/* Alternating, each reading is no earlier than the last. */
		long long last = by_libc(clocks[i]);
		for (int k = 0; k < 50; k++) {
			long long next = k % 2 ? by_libc(clocks[i]) : by_call(clocks[i]);
			CHECK(next >= last);
			last = next;
		}
	}
	CHECK_EQ(clock_getres(CLOCK_MONOTONIC, &resolution), 0);
	CHECK_EQ(nanos(resolution), 1);
	for (int i = 0; i < 50; i++) {
		long long before = by_call(CLOCK_REALTIME);
		CHECK_EQ(gettimeofday(&day, NULL), 0);
		long long after = by_call(CLOCK_REALTIME), between = day.tv_sec * 1000000000ll + day.tv_usec * 1000ll;
		CHECK(between + 999 >= before && between <= after);
		/* A coarse clock lies behind by a tick at most, and never ahead. */
		before = by_call(CLOCK_MONOTONIC_COARSE);
		CHECK(before <= by_libc(CLOCK_MONOTONIC));
		time_t seconds = time(NULL);
		CHECK(seconds <= by_call(CLOCK_REALTIME) / 1000000000 && seconds >= day.tv_sec - 1);
	}
	CHECK_ERRNO(clock_gettime(99, &at), EINVAL);
	CHECK_ERRNO(clock_getres(99, &at), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_gettime, CLOCK_REALTIME, 8), EFAULT);
	return check_done();
}
