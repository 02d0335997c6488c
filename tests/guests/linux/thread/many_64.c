/* 64 threads under one mutex: nothing is lost, all join with their own result. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>

enum { THREADS = 64, ROUNDS = 100 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long sum, inside;

static void *work(void *argument)
{
	long id = (long)argument;
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(pthread_mutex_lock(&mutex), 0);
		CHECK_EQ(inside, 0);
		inside = 1;
		sum += id;
		inside = 0;
		CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	}
	return (void *)(id * 3);
}

int main(void)
{
	pthread_t threads[THREADS];
	for (long i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (long i = 0; i < THREADS; i++) {
		void *result = NULL;
		CHECK_EQ(pthread_join(threads[i], &result), 0);
		CHECK_EQ((long)result, i * 3);
	}
	CHECK_EQ(sum, (long)ROUNDS * THREADS * (THREADS - 1) / 2);
	return check_done();
}
