/* Thread ids: the first thread has the process number, others have their own, all are of one group, and a dead one is
 * ESRCH. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

enum { THREADS = 8 };

static pthread_barrier_t barrier;
static pid_t tids[THREADS];

static void *work(void *argument)
{
	long id = (long)argument;
	tids[id] = gettid();
	CHECK_EQ(syscall(SYS_gettid), tids[id]);
	CHECK_EQ(getpid(), *(volatile pid_t *)&tids[THREADS - 1]);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	CHECK_EQ(gettid(), tids[id]);
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS - 1];
	CHECK_EQ(gettid(), getpid());
	tids[THREADS - 1] = gettid();
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	for (long i = 0; i < THREADS - 1; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++) {
		for (int k = 0; k < i; k++)
			CHECK(tids[i] != tids[k]);
		CHECK_EQ(syscall(SYS_tgkill, getpid(), tids[i], 0), 0);
		CHECK_EQ(getpgid(tids[i]), getpgrp());
	}
	CHECK_ERRNO(syscall(SYS_tgkill, tids[0], tids[1], 0), ESRCH);
	CHECK_ERRNO(syscall(SYS_tgkill, getpid(), -1, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_tgkill, getpid(), 0x3ffffff0, 0), ESRCH);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS - 1; i++) {
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
		/* The word that join waits for is cleared shortly before the kernel forgets the thread. */
		while (syscall(SYS_tgkill, getpid(), tids[i], 0) == 0)
			sched_yield();
		CHECK_ERRNO(syscall(SYS_tgkill, getpid(), tids[i], 0), ESRCH);
	}
	return check_done();
}
