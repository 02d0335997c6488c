/* FUTEX_LOCK_PI, TRYLOCK_PI and UNLOCK_PI: the word holds the owner's id and the waiters bit, errors tell misuse. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>

static uint32_t word;
static int waiter_tid, go;

static long pi(int op, struct timespec *timeout)
{
	return syscall(SYS_futex, &word, op | FUTEX_PRIVATE_FLAG, 0, timeout, NULL, 0);
}

static void *contender(void *argument)
{
	struct timespec past = {1, 0};
	CHECK_ERRNO(pi(FUTEX_TRYLOCK_PI, NULL), EAGAIN);
	CHECK_ERRNO(pi(FUTEX_UNLOCK_PI, NULL), EPERM);
	CHECK_ERRNO(pi(FUTEX_LOCK_PI, &past), ETIMEDOUT);
	waiter_tid = gettid();
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	CHECK_EQ(pi(FUTEX_LOCK_PI, NULL), 0);
	CHECK_EQ(__atomic_load_n(&word, __ATOMIC_ACQUIRE) & FUTEX_TID_MASK, gettid());
	CHECK_EQ(pi(FUTEX_UNLOCK_PI, NULL), 0);
	return argument;
}

int main(void)
{
	uint32_t tid = (uint32_t)gettid();
	pthread_t thread;
	CHECK_EQ(pi(FUTEX_LOCK_PI, NULL), 0);
	CHECK_EQ(word, tid);
	CHECK_ERRNO(pi(FUTEX_LOCK_PI, NULL), EDEADLK);
	CHECK_ERRNO(pi(FUTEX_TRYLOCK_PI, NULL), EDEADLK);
	CHECK_EQ(pi(FUTEX_UNLOCK_PI, NULL), 0);
	CHECK_EQ(word, 0);
	CHECK_EQ(pi(FUTEX_TRYLOCK_PI, NULL), 0);
	CHECK_EQ(word, tid);

	CHECK_EQ(pthread_create(&thread, NULL, contender, NULL), 0);
	/* Its attempt that times out sets the bit as well, so first wait for the second one to begin. */
	while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE))
		sched_yield();
	while (!(__atomic_load_n(&word, __ATOMIC_ACQUIRE) & FUTEX_WAITERS))
		sched_yield();
	CHECK_EQ(word & FUTEX_TID_MASK, tid);
	CHECK_EQ(pi(FUTEX_UNLOCK_PI, NULL), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(word & FUTEX_TID_MASK, 0);

	/* An owner that does not exist, and one that is no owner. */
	word = 0x3ffffff0;
	CHECK_ERRNO(pi(FUTEX_LOCK_PI, NULL), ESRCH);
	word = 0;
	CHECK_ERRNO(pi(FUTEX_UNLOCK_PI, NULL), EPERM);
	CHECK_ERRNO(syscall(SYS_futex, (char *)&word + 1, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EINVAL);
	return check_done();
}
