/* Threads that wait on a futex in a known order, for the guests of this folder. A thread is known to wait when a
 * requeue has moved it from the word of its own to the wanted one, so that no time has to be guessed. */
#ifndef GUEST_WAITERS_H
#define GUEST_WAITERS_H

#include "../check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>

enum { WAITERS_MAX = 16 };

static struct waiter {
	pthread_t thread;
	uint32_t gate; /* where it first waits, with the value 0 */
	uint32_t bits;
	int woken; /* its place among those that came back, from 1; 0: none yet */
} waiters[WAITERS_MAX];
static int waiters_back;

static inline long futex(uint32_t *word, int op, uint32_t value, unsigned long value2, uint32_t *word2, uint32_t value3)
{
	return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, value2, word2, value3);
}

static void *waiter_run(void *argument)
{
	struct waiter *self = argument;
	long result = futex(&self->gate, FUTEX_WAIT_BITSET, 0, 0, NULL, self->bits);
	CHECK_EQ(result, 0);
	__atomic_store_n(&self->woken, __atomic_add_fetch(&waiters_back, 1, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
	return NULL;
}

/* Starts waiter `i`, and returns when it waits on `word` behind those that were there. */
static inline void waiter_start(int i, uint32_t *word, uint32_t bits)
{
	waiters[i].gate = 0;
	waiters[i].woken = 0;
	waiters[i].bits = bits;
	CHECK_EQ(pthread_create(&waiters[i].thread, NULL, waiter_run, &waiters[i]), 0);
	for (;;) {
		long moved = futex(&waiters[i].gate, FUTEX_CMP_REQUEUE, 0, 1, word, 0);
		if (moved == 1)
			return;
		CHECK_EQ(moved, 0);
		sched_yield();
	}
}

/* Waits until waiter `i` came back, and returns as which. */
static inline int waiter_join(int i)
{
	CHECK_EQ(pthread_join(waiters[i].thread, NULL), 0);
	return waiters[i].woken;
}

/* Whether waiter `i` is back already. */
static inline int waiter_back(int i)
{
	return __atomic_load_n(&waiters[i].woken, __ATOMIC_SEQ_CST);
}

#endif
