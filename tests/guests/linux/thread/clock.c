/* The monotonic clock is one for all threads: a time that is handed from thread to thread never lies ahead of a later
 * reading. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <time.h>

enum { THREADS = 4, ROUNDS = 300 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long long latest;

static void *work(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct timespec at;
		CHECK_EQ(pthread_mutex_lock(&mutex), 0);
		long long before = latest;
		CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &at), 0);
		latest = at.tv_sec * 1000000000ll + at.tv_nsec;
		CHECK(latest >= before);
		CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	}
	return argument;
}

int main(void)
{
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	return check_done();
}
