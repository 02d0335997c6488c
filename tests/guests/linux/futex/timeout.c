/* The timeout of FUTEX_WAIT is a length, that of FUTEX_WAIT_BITSET a time on one of two clocks; neither ends early. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

static uint32_t word = 1;

static long long now(clockid_t clock)
{
	struct timespec at;
	CHECK_EQ(clock_gettime(clock, &at), 0);
	return at.tv_sec * 1000000000ll + at.tv_nsec;
}

static long wait_bitset(int flags, struct timespec *at, uint32_t bits)
{
	return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | flags, 1, at, NULL, bits);
}

static void absolute(clockid_t clock, int flags)
{
	long long until = now(clock) + 25000000;
	struct timespec at = {until / 1000000000, until % 1000000000};
	CHECK_ERRNO(wait_bitset(flags, &at, FUTEX_BITSET_MATCH_ANY), ETIMEDOUT);
	CHECK(now(clock) >= until);
	/* The same time again has passed. */
	CHECK_ERRNO(wait_bitset(flags, &at, 2), ETIMEDOUT);
	at.tv_sec = 0;
	at.tv_nsec = 0;
	CHECK_ERRNO(wait_bitset(flags, &at, 2), ETIMEDOUT);
}

int main(void)
{
	long long start = now(CLOCK_MONOTONIC);
	struct timespec length = {0, 30000000};
	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, &length, NULL, 0), ETIMEDOUT);
	CHECK(now(CLOCK_MONOTONIC) - start >= 30000000);
	CHECK_EQ(length.tv_nsec, 30000000);
	absolute(CLOCK_MONOTONIC, FUTEX_PRIVATE_FLAG);
	absolute(CLOCK_MONOTONIC, 0);
	absolute(CLOCK_REALTIME, FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	/* An empty set of bits can match nothing. */
	CHECK_ERRNO(wait_bitset(FUTEX_PRIVATE_FLAG, NULL, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAKE_BITSET_PRIVATE, 1, NULL, NULL, 0), EINVAL);
	/* The flag of the clock is for waits. */
	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0), ENOSYS);
	return check_done();
}
