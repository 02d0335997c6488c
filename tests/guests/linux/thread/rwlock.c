/* A read-write lock: who excludes whom, timeouts, and no torn value under contention. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <time.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static long first, second;

static struct timespec soon(long ms)
{
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += ms * 1000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

static void *while_read(void *argument)
{
	(void)argument;
	struct timespec at = soon(20);
	CHECK_EQ(pthread_rwlock_tryrdlock(&lock), 0);
	CHECK_EQ(pthread_rwlock_unlock(&lock), 0);
	CHECK_EQ(pthread_rwlock_trywrlock(&lock), EBUSY);
	CHECK_EQ(pthread_rwlock_timedwrlock(&lock, &at), ETIMEDOUT);
	return NULL;
}

static void *while_written(void *argument)
{
	(void)argument;
	struct timespec at = soon(20);
	CHECK_EQ(pthread_rwlock_tryrdlock(&lock), EBUSY);
	CHECK_EQ(pthread_rwlock_trywrlock(&lock), EBUSY);
	CHECK_EQ(pthread_rwlock_timedrdlock(&lock, &at), ETIMEDOUT);
	return NULL;
}

static void *writer(void *argument)
{
	for (long i = 0; i < 200; i++) {
		CHECK_EQ(pthread_rwlock_wrlock(&lock), 0);
		first++;
		second--;
		CHECK_EQ(pthread_rwlock_unlock(&lock), 0);
	}
	return argument;
}

static void *reader(void *argument)
{
	for (long i = 0; i < 200; i++) {
		CHECK_EQ(pthread_rwlock_rdlock(&lock), 0);
		CHECK_EQ(first + second, 0);
		CHECK_EQ(pthread_rwlock_unlock(&lock), 0);
	}
	return argument;
}

static void in_thread(void *(*function)(void *))
{
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, function, NULL), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

int main(void)
{
	pthread_t threads[6];
	CHECK_EQ(pthread_rwlock_rdlock(&lock), 0);
	in_thread(while_read);
	CHECK_EQ(pthread_rwlock_unlock(&lock), 0);
	CHECK_EQ(pthread_rwlock_wrlock(&lock), 0);
	CHECK_EQ(pthread_rwlock_wrlock(&lock), EDEADLK);
	in_thread(while_written);
	CHECK_EQ(pthread_rwlock_unlock(&lock), 0);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, i % 2 ? reader : writer, NULL), 0);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(first, 600);
	return check_done();
}
