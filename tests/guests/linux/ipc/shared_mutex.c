/* Mutexes, conditions and barriers that processes share: exclusion, waking, timeouts, error checking. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <time.h>

enum { CHILDREN = 4, ROUNDS = 100 };

static struct shared {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	pthread_barrier_t barrier;
	int count, inside, serial, turn;
} *shared;

int main(void)
{
	pthread_mutexattr_t mutex_kind;
	pthread_condattr_t cond_kind;
	pthread_barrierattr_t barrier_kind;
	pid_t pids[CHILDREN];
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	CHECK_EQ(pthread_mutexattr_init(&mutex_kind), 0);
	CHECK_EQ(pthread_mutexattr_setpshared(&mutex_kind, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_mutexattr_settype(&mutex_kind, PTHREAD_MUTEX_ERRORCHECK), 0);
	CHECK_EQ(pthread_mutex_init(&shared->mutex, &mutex_kind), 0);
	CHECK_EQ(pthread_condattr_init(&cond_kind), 0);
	CHECK_EQ(pthread_condattr_setpshared(&cond_kind, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_cond_init(&shared->cond, &cond_kind), 0);
	CHECK_EQ(pthread_barrierattr_init(&barrier_kind), 0);
	CHECK_EQ(pthread_barrierattr_setpshared(&barrier_kind, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_barrier_init(&shared->barrier, &barrier_kind, CHILDREN + 1), 0);

	for (int c = 0; c < CHILDREN; c++) {
		pids[c] = CHECK_SYS(fork());
		if (pids[c] != 0)
			continue;
		if (pthread_barrier_wait(&shared->barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_fetch_add(&shared->serial, 1, __ATOMIC_SEQ_CST);
		for (int i = 0; i < ROUNDS; i++) {
			CHECK_EQ(pthread_mutex_lock(&shared->mutex), 0);
			CHECK_EQ(pthread_mutex_lock(&shared->mutex), EDEADLK);
			CHECK_EQ(shared->inside++, 0);
			int before = shared->count;
			if (i % 8 == 0)
				sched_yield();
			shared->count = before + 1;
			CHECK_EQ(--shared->inside, 0);
			CHECK_EQ(pthread_mutex_unlock(&shared->mutex), 0);
		}
		/* Then one after the other, in the order of their numbers. */
		CHECK_EQ(pthread_mutex_lock(&shared->mutex), 0);
		while (shared->turn != c)
			CHECK_EQ(pthread_cond_wait(&shared->cond, &shared->mutex), 0);
		shared->turn++;
		CHECK_EQ(pthread_cond_broadcast(&shared->cond), 0);
		CHECK_EQ(pthread_mutex_unlock(&shared->mutex), 0);
		_exit(0);
	}
	if (pthread_barrier_wait(&shared->barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
		__atomic_fetch_add(&shared->serial, 1, __ATOMIC_SEQ_CST);
	CHECK_EQ(pthread_mutex_lock(&shared->mutex), 0);
	while (shared->turn != CHILDREN)
		CHECK_EQ(pthread_cond_wait(&shared->cond, &shared->mutex), 0);
	CHECK_EQ(pthread_mutex_unlock(&shared->mutex), 0);
	for (int c = 0; c < CHILDREN; c++)
		CHECK_CHILD(pids[c]);
	CHECK_EQ(shared->count, CHILDREN * ROUNDS);
	CHECK_EQ(shared->serial, 1);

	struct timespec limit;
	CHECK_SYS(clock_gettime(CLOCK_REALTIME, &limit));
	CHECK_EQ(pthread_mutex_unlock(&shared->mutex), EPERM);
	CHECK_EQ(pthread_mutex_lock(&shared->mutex), 0);
	CHECK_EQ(pthread_cond_timedwait(&shared->cond, &shared->mutex, &limit), ETIMEDOUT);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(pthread_mutex_trylock(&shared->mutex), EBUSY);
		CHECK_EQ(pthread_mutex_timedlock(&shared->mutex, &limit), ETIMEDOUT);
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_EQ(pthread_mutex_unlock(&shared->mutex), 0);
	return check_done();
}
