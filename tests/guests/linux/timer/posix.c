/* timer_create: SIGEV_SIGNAL with its value and id, SIGEV_THREAD_ID to a thread, SIGEV_NONE to be asked only; and the
 * errors of the family. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <signal.h>
#include <time.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static volatile int runs, code, value;
static volatile pid_t ran_on;

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	code = info->si_code;
	value = info->si_value.sival_int;
	ran_on = gettid();
	runs++;
}

static void *other(void *argument)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 8};
	struct itimerspec soon = {{0, 0}, {0, 5000000}};
	timer_t timer;
	event.sigev_notify_thread_id = gettid();
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &soon, NULL), 0);
	while (runs == 0)
		usleep(1000);
	CHECK_EQ(ran_on, gettid());
	CHECK_EQ(value, 8);
	CHECK_EQ(timer_delete(timer), 0);
	return argument;
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 77};
	struct itimerspec soon = {{0, 0}, {0, 5000000}}, far = {{0, 0}, {1000, 0}}, left;
	timer_t timer;
	CHECK_EQ(sigaction(SIGRTMIN, &action, NULL), 0);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	CHECK_EQ(timer_gettime(timer, &left), 0);
	CHECK_EQ(left.it_value.tv_sec + left.it_value.tv_nsec, 0);
	CHECK_EQ(timer_settime(timer, 0, &soon, NULL), 0);
	while (runs == 0)
		usleep(1000);
	CHECK_EQ(runs, 1);
	CHECK_EQ(code, SI_TIMER);
	CHECK_EQ(value, 77);
	CHECK_EQ(timer_getoverrun(timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &far, NULL), 0);
	CHECK_EQ(timer_settime(timer, 0, &(struct itimerspec){{0, 0}, {0, 0}}, &left), 0);
	CHECK(left.it_value.tv_sec > 900 && left.it_value.tv_sec <= 1000);
	far.it_value.tv_nsec = 1000000000;
	CHECK_ERRNO(timer_settime(timer, 0, &far, NULL), EINVAL);
	CHECK_EQ(timer_delete(timer), 0);
	CHECK_ERRNO(timer_delete(timer), EINVAL);
	CHECK_ERRNO(timer_gettime(timer, &left), EINVAL);

	runs = 0;
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, other, NULL), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);

	event.sigev_notify = SIGEV_NONE;
	CHECK_EQ(timer_create(CLOCK_REALTIME, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &soon, NULL), 0);
	do
		CHECK_EQ(timer_gettime(timer, &left), 0);
	while (left.it_value.tv_sec + left.it_value.tv_nsec != 0);
	CHECK_EQ(runs, 1);
	CHECK_EQ(timer_delete(timer), 0);
	event.sigev_notify = 77;
	CHECK_ERRNO(timer_create(CLOCK_MONOTONIC, &event, &timer), EINVAL);
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = 65;
	CHECK_ERRNO(timer_create(CLOCK_MONOTONIC, &event, &timer), EINVAL);
	CHECK_ERRNO(timer_create(99, NULL, &timer), EINVAL);
	return check_done();
}
