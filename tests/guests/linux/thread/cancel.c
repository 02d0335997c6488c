/* Cancellation: of a blocked read, deferred to a cancellation point, disabled for a while; handlers run last first. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <semaphore.h>

static int ends[2];
static char order[8];
static sem_t ready, go;

static void note(void *letter)
{
	strcat(order, letter);
}

static void *blocked(void *argument)
{
	char byte;
	pthread_cleanup_push(note, "a");
	pthread_cleanup_push(note, "b");
	pthread_cleanup_push(note, "c");
	sem_post(&ready);
	CHECK_EQ(read(ends[0], &byte, 1), -2);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return argument;
}

static void *deferred(void *argument)
{
	int old = -1;
	CHECK_EQ(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old), 0);
	CHECK_EQ(old, PTHREAD_CANCEL_ENABLE);
	sem_post(&ready);
	sem_wait(&go);
	usleep(1000);
	pthread_testcancel();
	note("d");
	CHECK_EQ(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old), 0);
	note("e");
	pthread_testcancel();
	note("f");
	return argument;
}

static void *asynchronous(void *argument)
{
	CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL), 0);
	sem_post(&ready);
	for (volatile int forever = 1; forever;)
		;
	return argument;
}

static void cancelled(void *(*function)(void *))
{
	pthread_t thread;
	void *result = NULL;
	CHECK_EQ(pthread_create(&thread, NULL, function, NULL), 0);
	CHECK_EQ(sem_wait(&ready), 0);
	CHECK_EQ(pthread_cancel(thread), 0);
	sem_post(&go);
	CHECK_EQ(pthread_join(thread, &result), 0);
	CHECK_EQ(result, PTHREAD_CANCELED);
}

int main(void)
{
	sem_init(&ready, 0, 0);
	sem_init(&go, 0, 0);
	CHECK_EQ(pipe(ends), 0);
	cancelled(blocked);
	CHECK_STR(order, "cba");
	sem_init(&go, 0, 0);
	order[0] = 0;
	cancelled(deferred);
	CHECK_STR(order, "de");
	cancelled(asynchronous);
	/* The pipe is as it was. */
	char byte = 0;
	CHECK_EQ(write(ends[1], "x", 1), 1);
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	CHECK_EQ(byte, 'x');
	return check_done();
}
