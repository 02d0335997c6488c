// qemu: no, user mode lacks futex_waitv
/* futex_waitv: checks of the list, a value that differs, the timeout, and the index of the word that was woken. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>

static uint32_t words[3] = {10, 11, 12};
static int finished;

static long waitv(struct futex_waitv *list, unsigned n, unsigned flags, struct timespec *until, clockid_t clock)
{
	return syscall(449, list, n, flags, until, clock);
}

static void *waker(void *argument)
{
	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
		syscall(SYS_futex, &words[(long)argument], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
		sched_yield();
	}
	return NULL;
}

int main(void)
{
	struct futex_waitv list[3];
	memset(list, 0, sizeof list);
	for (int i = 0; i < 3; i++) {
		list[i].uaddr = (uint64_t)(uintptr_t)&words[i];
		list[i].val = 10 + (unsigned)i;
		list[i].flags = FUTEX_32 | FUTEX_PRIVATE_FLAG;
	}
	struct timespec past = {1, 0};
	CHECK_ERRNO(waitv(list, 0, 0, NULL, 0), EINVAL);
	CHECK_ERRNO(waitv(list, 129, 0, NULL, 0), EINVAL);
	CHECK_ERRNO(waitv(list, 3, 1, NULL, 0), EINVAL);
	CHECK_ERRNO(waitv(NULL, 3, 0, NULL, 0), EINVAL);
	CHECK_ERRNO(waitv((struct futex_waitv *)8, 3, 0, NULL, 0), EFAULT);
	CHECK_ERRNO(waitv(list, 3, 0, &past, CLOCK_BOOTTIME), EINVAL);
	CHECK_ERRNO(waitv(list, 3, 0, &past, CLOCK_MONOTONIC), ETIMEDOUT);
	CHECK_ERRNO(waitv(list, 3, 0, &past, CLOCK_REALTIME), ETIMEDOUT);
	list[1].val++;
	CHECK_ERRNO(waitv(list, 3, 0, NULL, 0), EAGAIN);
	list[1].val--;
	list[2].__reserved = 1;
	CHECK_ERRNO(waitv(list, 3, 0, NULL, 0), EINVAL);
	list[2].__reserved = 0;
	list[2].flags = FUTEX_PRIVATE_FLAG;
	CHECK_ERRNO(waitv(list, 3, 0, &past, CLOCK_MONOTONIC), EINVAL);
	list[2].flags = FUTEX_32 | FUTEX_PRIVATE_FLAG;
	for (long i = 0; i < 3; i++) {
		pthread_t thread;
		finished = 0;
		CHECK_EQ(pthread_create(&thread, NULL, waker, (void *)i), 0);
		CHECK_EQ(waitv(list, 3, 0, NULL, 0), i);
		__atomic_store_n(&finished, 1, __ATOMIC_RELEASE);
		CHECK_EQ(pthread_join(thread, NULL), 0);
	}
	return check_done();
}
