/* Sleeps of several threads at once: none ends early, and none holds up the others. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <time.h>

enum { THREADS = 5 };

static pthread_barrier_t barrier;
static long long ended[THREADS], asked[THREADS];

static long long now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000000000ll + at.tv_nsec;
}

static void *sleeper(void *argument)
{
	long id = (long)argument;
	struct timespec at;
	pthread_barrier_wait(&barrier);
	asked[id] = now() + 20000000 * (THREADS - id);
	at = (struct timespec){asked[id] / 1000000000, asked[id] % 1000000000};
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL), 0);
	ended[id] = now();
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	for (long i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, sleeper, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(ended[i] >= asked[i]);
	return check_done();
}
