/* Thread-specific data: destructors get the value, run again while they set one, and not for NULL or deleted keys. */
#define _GNU_SOURCE
#include "../check.h"
#include <limits.h>
#include <pthread.h>

static pthread_key_t once_key, again_key, null_key, gone_key;
static int once_runs, again_runs, wrong_runs;
static long once_value;

static void once(void *value)
{
	once_runs++;
	once_value = (long)value;
	if (pthread_getspecific(once_key) != NULL)
		wrong_runs++;
}

static void again(void *value)
{
	again_runs++;
	CHECK_EQ(pthread_setspecific(again_key, value), 0);
}

static void wrong(void *value)
{
	(void)value;
	wrong_runs++;
}

static void *work(void *argument)
{
	CHECK_EQ(pthread_getspecific(once_key), 0);
	CHECK_EQ(pthread_setspecific(once_key, argument), 0);
	CHECK_EQ(pthread_setspecific(again_key, argument), 0);
	CHECK_EQ(pthread_setspecific(null_key, NULL), 0);
	CHECK_EQ(pthread_setspecific(gone_key, argument), 0);
	CHECK_EQ(pthread_key_delete(gone_key), 0);
	CHECK_EQ((long)pthread_getspecific(once_key), 17);
	pthread_exit(NULL);
}

int main(void)
{
	pthread_t thread;
	CHECK_EQ(pthread_key_create(&once_key, once), 0);
	CHECK_EQ(pthread_key_create(&again_key, again), 0);
	CHECK_EQ(pthread_key_create(&null_key, wrong), 0);
	CHECK_EQ(pthread_key_create(&gone_key, wrong), 0);
	CHECK_EQ(pthread_setspecific(once_key, (void *)5), 0);
	CHECK_EQ(pthread_create(&thread, NULL, work, (void *)17), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(once_runs, 1);
	CHECK_EQ(once_value, 17);
	CHECK_EQ(again_runs, PTHREAD_DESTRUCTOR_ITERATIONS);
	CHECK_EQ(wrong_runs, 0);
	CHECK_EQ((long)pthread_getspecific(once_key), 5);
	CHECK_EQ(pthread_setspecific(gone_key, &thread), EINVAL);
	return check_done();
}
