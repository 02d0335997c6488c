/* Condition variables: timeouts on both clocks never come early, signal wakes one, broadcast all. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <time.h>

enum { WAITERS = 6 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER, changed = PTHREAD_COND_INITIALIZER;
static int waiting, tickets, served;

static void times_out(clockid_t clock)
{
	pthread_condattr_t attr;
	pthread_cond_t timed;
	struct timespec at, now;
	CHECK_EQ(pthread_condattr_init(&attr), 0);
	CHECK_EQ(pthread_condattr_setclock(&attr, clock), 0);
	CHECK_EQ(pthread_cond_init(&timed, &attr), 0);
	clock_gettime(clock, &at);
	at.tv_nsec += 30000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	CHECK_EQ(pthread_mutex_lock(&mutex), 0);
	int result;
	while ((result = pthread_cond_timedwait(&timed, &mutex, &at)) == 0)
		;
	CHECK_EQ(result, ETIMEDOUT);
	clock_gettime(clock, &now);
	CHECK(now.tv_sec > at.tv_sec || (now.tv_sec == at.tv_sec && now.tv_nsec >= at.tv_nsec));
	/* The mutex is held again, and a time that has passed is no wait. */
	CHECK_EQ(pthread_mutex_trylock(&mutex), EBUSY);
	at.tv_sec = 1;
	CHECK_EQ(pthread_cond_timedwait(&timed, &mutex, &at), ETIMEDOUT);
	at.tv_nsec = 1000000000;
	CHECK_EQ(pthread_cond_timedwait(&timed, &mutex, &at), EINVAL);
	CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	CHECK_EQ(pthread_cond_destroy(&timed), 0);
}

static void *wait_for_ticket(void *argument)
{
	CHECK_EQ(pthread_mutex_lock(&mutex), 0);
	waiting++;
	pthread_cond_signal(&changed);
	while (tickets == 0)
		CHECK_EQ(pthread_cond_wait(&cond, &mutex), 0);
	tickets--;
	served++;
	pthread_cond_signal(&changed);
	CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	return argument;
}

static void wait_until(int *value, int wanted)
{
	while (*value != wanted)
		CHECK_EQ(pthread_cond_wait(&changed, &mutex), 0);
}

int main(void)
{
	pthread_t threads[WAITERS];
	times_out(CLOCK_REALTIME);
	times_out(CLOCK_MONOTONIC);
	for (int i = 0; i < WAITERS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, wait_for_ticket, NULL), 0);
	CHECK_EQ(pthread_mutex_lock(&mutex), 0);
	wait_until(&waiting, WAITERS);
	for (int i = 1; i <= 2; i++) {
		tickets = 1;
		CHECK_EQ(pthread_cond_signal(&cond), 0);
		wait_until(&served, i);
		CHECK_EQ(tickets, 0);
	}
	tickets = WAITERS - 2;
	CHECK_EQ(pthread_cond_broadcast(&cond), 0);
	wait_until(&served, WAITERS);
	CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	for (int i = 0; i < WAITERS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	return check_done();
}
