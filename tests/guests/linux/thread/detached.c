/* Detached threads: they end on their own, joining one is EINVAL, and their stacks are used again. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <semaphore.h>

static sem_t done, go;
static int ran;

static void *work(void *argument)
{
	(void)argument;
	__atomic_add_fetch(&ran, 1, __ATOMIC_RELAXED);
	sem_post(&done);
	return NULL;
}

static void *wait_for_go(void *argument)
{
	(void)argument;
	sem_wait(&go);
	sem_post(&done);
	return NULL;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int state = -1;
	CHECK_EQ(sem_init(&done, 0, 0), 0);
	CHECK_EQ(sem_init(&go, 0, 0), 0);
	CHECK_EQ(pthread_attr_init(&attr), 0);
	CHECK_EQ(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED), 0);
	CHECK_EQ(pthread_attr_getdetachstate(&attr, &state), 0);
	CHECK_EQ(state, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 40; i++)
		CHECK_EQ(pthread_create(&thread, &attr, work, NULL), 0);
	for (int i = 0; i < 40; i++)
		CHECK_EQ(sem_wait(&done), 0);
	CHECK_EQ(__atomic_load_n(&ran, __ATOMIC_RELAXED), 40);

	CHECK_EQ(pthread_create(&thread, NULL, wait_for_go, NULL), 0);
	CHECK_EQ(pthread_tryjoin_np(thread, NULL), EBUSY);
	CHECK_EQ(pthread_detach(thread), 0);
	CHECK_EQ(pthread_detach(thread), EINVAL);
	CHECK_EQ(pthread_join(thread, NULL), EINVAL);
	sem_post(&go);
	CHECK_EQ(sem_wait(&done), 0);
	CHECK_EQ(pthread_join(pthread_self(), NULL), EDEADLK);
	return check_done();
}
