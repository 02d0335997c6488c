/* Priority-inheritance mutexes: states, errors, and exclusion under contention. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <time.h>

static pthread_mutex_t mutex;
static long count, inside;

static void *while_held(void *argument)
{
	struct timespec at;
	CHECK_EQ(pthread_mutex_trylock(&mutex), EBUSY);
	CHECK_EQ(pthread_mutex_unlock(&mutex), EPERM);
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += 20000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	CHECK_EQ(pthread_mutex_timedlock(&mutex, &at), ETIMEDOUT);
	return argument;
}

static void *work(void *argument)
{
	for (int i = 0; i < 200; i++) {
		CHECK_EQ(pthread_mutex_lock(&mutex), 0);
		CHECK_EQ(inside++, 0);
		count++;
		inside--;
		CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	}
	return argument;
}

int main(void)
{
	pthread_t threads[4];
	pthread_mutexattr_t attr;
	int protocol = -1;
	CHECK_EQ(pthread_mutexattr_init(&attr), 0);
	CHECK_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0);
	CHECK_EQ(pthread_mutexattr_getprotocol(&attr, &protocol), 0);
	CHECK_EQ(protocol, PTHREAD_PRIO_INHERIT);
	CHECK_EQ(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK), 0);
	CHECK_EQ(pthread_mutex_init(&mutex, &attr), 0);
	CHECK_EQ(pthread_mutex_lock(&mutex), 0);
	CHECK_EQ(pthread_mutex_lock(&mutex), EDEADLK);
	CHECK_EQ(pthread_create(&threads[0], NULL, while_held, NULL), 0);
	CHECK_EQ(pthread_join(threads[0], NULL), 0);
	CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	CHECK_EQ(pthread_mutex_unlock(&mutex), EPERM);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work, NULL), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(count, 800);
	CHECK_EQ(pthread_mutex_destroy(&mutex), 0);
	return check_done();
}
