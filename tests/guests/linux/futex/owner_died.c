// qemu: no, user mode lacks set_robust_list
/* The robust list: at the exit of a thread each listed word it owns gets FUTEX_OWNER_DIED and wakes one waiter,
 * also the pending one; others stay. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/syscall.h>

struct lock {
	struct robust_list list;
	uint32_t word;
};

static struct lock owned, waited, foreign, pending;
static struct robust_list_head head;

static void *dies(void *argument)
{
	uint32_t tid = (uint32_t)gettid();
	head.list.next = &owned.list;
	owned.list.next = &waited.list;
	waited.list.next = &foreign.list;
	foreign.list.next = &head.list;
	head.futex_offset = (long)offsetof(struct lock, word);
	head.list_op_pending = &pending.list;
	owned.word = tid;
	foreign.word = tid + 1;
	pending.word = tid;
	__atomic_store_n(&waited.word, tid | FUTEX_WAITERS, __ATOMIC_SEQ_CST);
	CHECK_EQ(syscall(SYS_set_robust_list, &head, sizeof head), 0);
	CHECK_ERRNO(syscall(SYS_set_robust_list, &head, sizeof head - 1), EINVAL);
	void *got = NULL;
	size_t length = 0;
	CHECK_EQ(syscall(SYS_get_robust_list, 0, &got, &length), 0);
	CHECK_EQ(got, &head);
	CHECK_EQ(length, sizeof head);
	return argument;
}

static void *waits(void *argument)
{
	uint32_t word;
	while (((word = __atomic_load_n(&waited.word, __ATOMIC_SEQ_CST)) & FUTEX_OWNER_DIED) == 0)
		syscall(SYS_futex, &waited.word, FUTEX_WAIT, word, NULL, NULL, 0);
	return argument;
}

int main(void)
{
	pthread_t waiter, owner;
	CHECK_EQ(pthread_create(&waiter, NULL, waits, NULL), 0);
	CHECK_EQ(pthread_create(&owner, NULL, dies, NULL), 0);
	CHECK_EQ(pthread_join(waiter, NULL), 0);
	CHECK_EQ(pthread_join(owner, NULL), 0);
	CHECK_EQ(waited.word, FUTEX_WAITERS | FUTEX_OWNER_DIED);
	CHECK_EQ(owned.word, FUTEX_OWNER_DIED);
	CHECK_EQ(pending.word, FUTEX_OWNER_DIED);
	CHECK((foreign.word & FUTEX_OWNER_DIED) == 0 && foreign.word != 0);
	return check_done();
}
