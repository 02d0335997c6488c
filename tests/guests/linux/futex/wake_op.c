/* FUTEX_WAKE_OP: the five operations, the shifted argument, the six comparisons of the old value, and who is woken. */
#define _GNU_SOURCE
#include "waiters.h"

static uint32_t first, second;

static void op(int operation, uint32_t argument, uint32_t before, uint32_t after)
{
	second = before;
	/* A comparison that fails: nobody at the second word. */
	CHECK_EQ(futex(&first, FUTEX_WAKE_OP, 1, 1, &second, FUTEX_OP(operation, argument, FUTEX_OP_CMP_EQ, 0xabc)), 0);
	CHECK_EQ(second, after);
}

static void compares(int comparison, uint32_t argument, uint32_t old, int holds)
{
	second = old;
	waiter_start(0, &first, FUTEX_BITSET_MATCH_ANY);
	waiter_start(1, &second, FUTEX_BITSET_MATCH_ANY);
	CHECK_EQ(futex(&first, FUTEX_WAKE_OP, 1, 1, &second, FUTEX_OP(FUTEX_OP_SET, 9, comparison, argument)), 1 + holds);
	CHECK_EQ(second, 9);
	waiter_join(0);
	CHECK_EQ(futex(&second, FUTEX_WAKE, 1, 0, NULL, 0), !holds);
	waiter_join(1);
}

int main(void)
{
	op(FUTEX_OP_SET, 7, 1, 7);
	op(FUTEX_OP_SET, 0xfff, 1, 0xffffffff);
	op(FUTEX_OP_ADD, 3, 5, 8);
	op(FUTEX_OP_ADD, 0xfff, 5, 4);
	op(FUTEX_OP_OR, 6, 9, 15);
	op(FUTEX_OP_ANDN, 6, 15, 9);
	op(FUTEX_OP_XOR, 5, 15, 10);
	op(FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 12, 1, 4096);
	op(FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 31, 1, 0x80000001);

	compares(FUTEX_OP_CMP_EQ, 5, 5, 1);
	compares(FUTEX_OP_CMP_EQ, 5, 6, 0);
	compares(FUTEX_OP_CMP_NE, 5, 6, 1);
	compares(FUTEX_OP_CMP_NE, 5, 5, 0);
	compares(FUTEX_OP_CMP_LT, 5, 4, 1);
	compares(FUTEX_OP_CMP_LT, 5, 5, 0);
	compares(FUTEX_OP_CMP_LE, 5, 5, 1);
	compares(FUTEX_OP_CMP_LE, 5, 6, 0);
	compares(FUTEX_OP_CMP_GT, 5, 6, 1);
	compares(FUTEX_OP_CMP_GT, 5, 5, 0);
	compares(FUTEX_OP_CMP_GE, 5, 5, 1);
	compares(FUTEX_OP_CMP_GE, 5, 4, 0);
	/* The old value is compared as a signed number. */
	compares(FUTEX_OP_CMP_LT, 0, 0xffffffff, 1);
	compares(FUTEX_OP_CMP_EQ, 0xfff, 0xffffffff, 1);
	/* An operation or a comparison that there is not. */
	second = 1;
	CHECK_ERRNO(futex(&first, FUTEX_WAKE_OP, 1, 1, &second, FUTEX_OP(6, 0, 0, 0)), ENOSYS);
	return check_done();
}
