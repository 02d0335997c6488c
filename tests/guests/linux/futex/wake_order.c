/* FUTEX_WAKE: wakes at most as many as asked, says how many, and those that waited longest first. */
#define _GNU_SOURCE
#include "waiters.h"
#include <limits.h>

enum { N = 8 };

static uint32_t word;

int main(void)
{
	for (int i = 0; i < N; i++)
		waiter_start(i, &word, FUTEX_BITSET_MATCH_ANY);
	/* One by one, in the order in which they came. */
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(futex(&word, FUTEX_WAKE, 1, 0, NULL, 0), 1);
		CHECK_EQ(waiter_join(i), i + 1);
	}
	/* Two at a time. */
	CHECK_EQ(futex(&word, FUTEX_WAKE, 2, 0, NULL, 0), 2);
	CHECK(waiter_join(3) > 3);
	CHECK(waiter_join(4) > 3);
	CHECK_EQ(waiters[3].woken + waiters[4].woken, 9);
	/* The others, and then nobody. */
	for (int i = 5; i < N; i++)
		CHECK_EQ(waiter_back(i), 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE, INT_MAX, 0, NULL, 0), N - 5);
	for (int i = 5; i < N; i++)
		CHECK(waiter_join(i) > 5);
	CHECK_EQ(futex(&word, FUTEX_WAKE, INT_MAX, 0, NULL, 0), 0);
	return check_done();
}
