/* sem_wait and sem_timedwait (futexes in libc), and pthread calls: the semaphore reports EINTR, a mutex and a condition
 * never do. */
#define _GNU_SOURCE
#include "ticks.h"
#include <pthread.h>
#include <semaphore.h>

static sem_t sem;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static volatile int go;

static void post(void)
{
	sem_post(&sem);
}

static void *holder(void *argument)
{
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_mutex_lock(&mutex);
	sem_post(&sem);
	while (ticks < 4)
		usleep(1000);
	go = 1;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&mutex);
	return argument;
}

int main(void)
{
	struct timespec at;
	pthread_t thread;
	CHECK_EQ(sem_init(&sem, 0, 0), 0);
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_sec += 100;
	INTERRUPTED(0, sem_wait(&sem));
	INTERRUPTED(0, sem_timedwait(&sem, &at));
	RESTARTED(sem_wait(&sem), 0, post);
	/* A futex wait with a time is not restarted. */
	INTERRUPTED(SA_RESTART, sem_timedwait(&sem, &at));

	for (int i = 0; i < 2; i++) {
		CHECK_EQ(pthread_create(&thread, NULL, holder, NULL), 0);
		CHECK_EQ(sem_wait(&sem), 0);
		ticks_start(i ? SA_RESTART : 0, 0, NULL);
		CHECK_EQ(pthread_mutex_lock(&mutex), 0);
		CHECK_EQ(go, 1);
		ticks_stop();
		go = 0;
		CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
		CHECK_EQ(pthread_join(thread, NULL), 0);
	}
	/* A condition that comes from another thread after several signals. */
	CHECK_EQ(pthread_mutex_lock(&mutex), 0);
	ticks_start(0, 0, NULL);
	CHECK_EQ(pthread_create(&thread, NULL, holder, NULL), 0);
	while (!go)
		CHECK_EQ(pthread_cond_wait(&cond, &mutex), 0);
	ticks_stop();
	CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	return check_done();
}
