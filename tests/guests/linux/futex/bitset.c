/* FUTEX_WAKE_BITSET passes by those whose bits it does not meet; a plain wake meets all. */
#define _GNU_SOURCE
#include "waiters.h"
#include <limits.h>

static uint32_t word;

int main(void)
{
	waiter_start(0, &word, 1);
	waiter_start(1, &word, 2);
	waiter_start(2, &word, 4 | 1);
	waiter_start(3, &word, 0x80000000);
	waiter_start(4, &word, 2);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET, INT_MAX, 0, NULL, 8), 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET, 1, 0, NULL, 4), 1);
	CHECK_EQ(waiter_join(2), 1);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET, 1, 0, NULL, 2 | 0x80000000), 1);
	CHECK_EQ(waiter_join(1), 2);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET, INT_MAX, 0, NULL, 2), 1);
	CHECK_EQ(waiter_join(4), 3);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET, INT_MAX, 0, NULL, 0x80000000), 1);
	CHECK_EQ(waiter_join(3), 4);
	CHECK_EQ(futex(&word, FUTEX_WAKE, INT_MAX, 0, NULL, 0), 1);
	CHECK_EQ(waiter_join(0), 5);
	return check_done();
}
