/* FUTEX_REQUEUE and FUTEX_CMP_REQUEUE: a value that changed moves nobody; who is moved keeps the order and is woken
 * by the other word. */
#define _GNU_SOURCE
#include "waiters.h"
#include <limits.h>

static uint32_t from = 3, to = 4;

int main(void)
{
	for (int i = 0; i < 6; i++)
		waiter_start(i, &from, FUTEX_BITSET_MATCH_ANY);
	CHECK_ERRNO(futex(&from, FUTEX_CMP_REQUEUE, 1, INT_MAX, &to, 2), EAGAIN);
	CHECK_EQ(futex(&to, FUTEX_WAKE, 1, 0, NULL, 0), 0);
	/* One is woken, two are moved. */
	CHECK_EQ(futex(&from, FUTEX_CMP_REQUEUE, 1, 2, &to, 3), 3);
	CHECK_EQ(waiter_join(0), 1);
	CHECK_EQ(futex(&to, FUTEX_WAKE, 1, 0, NULL, 0), 1);
	CHECK_EQ(waiter_join(1), 2);
	/* The rest follows behind the one that is there. */
	CHECK_EQ(futex(&from, FUTEX_REQUEUE, 0, INT_MAX, &to, 0), 3);
	CHECK_EQ(futex(&from, FUTEX_WAKE, INT_MAX, 0, NULL, 0), 0);
	for (int i = 2; i < 6; i++) {
		CHECK_EQ(futex(&to, FUTEX_WAKE, 1, 0, NULL, 0), 1);
		CHECK_EQ(waiter_join(i), i + 1);
	}
	CHECK_ERRNO(futex(&from, FUTEX_CMP_REQUEUE, -1, 1, &to, 3), EINVAL);
	CHECK_ERRNO(futex(&from, FUTEX_CMP_REQUEUE, 1, (unsigned long)-1, &to, 3), EINVAL);
	CHECK_ERRNO(futex(&from, FUTEX_CMP_REQUEUE, 1, 1, (uint32_t *)((char *)&to + 1), 3), EINVAL);
	CHECK_EQ(from, 3);
	CHECK_EQ(to, 4);
	return check_done();
}
