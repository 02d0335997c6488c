/* fork in a process with threads: only the caller is there in the child, which can make threads of its own. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>

static atomic_int ticks, stop;
static int turns;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *tick(void *unused)
{
	while (!atomic_load(&stop)) {
		atomic_fetch_add(&ticks, 1);
		sched_yield();
	}
	return unused;
}

static void *count_up(void *unused)
{
	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&lock);
		turns++;
		pthread_mutex_unlock(&lock);
	}
	return unused;
}

static void *forks(void *unused)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(syscall(SYS_gettid), getpid());
		int before = atomic_load(&ticks);
		for (int i = 0; i < 20; i++)
			sched_yield();
		CHECK_EQ(atomic_load(&ticks), before);
		pthread_t own[3];
		for (int i = 0; i < 3; i++)
			CHECK_EQ(pthread_create(&own[i], NULL, count_up, NULL), 0);
		for (int i = 0; i < 3; i++)
			CHECK_EQ(pthread_join(own[i], NULL), 0);
		CHECK_EQ(turns, 300);
		_exit(12);
	}
	CHECK_EQ(check_reap(child), 12 << 8);
	return unused;
}

int main(void)
{
	pthread_t tickers[3], forker;
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&tickers[i], NULL, tick, NULL), 0);
	while (atomic_load(&ticks) < 10)
		sched_yield();
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(pthread_create(&forker, NULL, forks, NULL), 0);
		CHECK_EQ(pthread_join(forker, NULL), 0);
	}
	CHECK_EQ(turns, 0);
	/* Ours are running still. */
	int before = atomic_load(&ticks);
	while (atomic_load(&ticks) == before)
		sched_yield();
	atomic_store(&stop, 1);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(tickers[i], NULL), 0);
	return check_done();
}
