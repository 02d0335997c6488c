/* A barrier: no thread overtakes another by a round, and each round has exactly one serial thread. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>

enum { THREADS = 8, ROUNDS = 40 };

static pthread_barrier_t barrier;
static int arrived[ROUNDS], serial[ROUNDS];

static void *work(void *argument)
{
	(void)argument;
	for (int round = 0; round < ROUNDS; round++) {
		__atomic_add_fetch(&arrived[round], 1, __ATOMIC_RELAXED);
		int result = pthread_barrier_wait(&barrier);
		CHECK_EQ(__atomic_load_n(&arrived[round], __ATOMIC_RELAXED), THREADS);
		if (result == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_add_fetch(&serial[round], 1, __ATOMIC_RELAXED);
		else
			CHECK_EQ(result, 0);
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, 0), EINVAL);
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	for (int round = 0; round < ROUNDS; round++)
		CHECK_EQ(serial[round], 1);
	CHECK_EQ(pthread_barrier_destroy(&barrier), 0);
	return check_done();
}
