/* TIMER_ABSTIME: a time that has passed fires at once, a later one not before it, on the clock of the timer; what is
 * left is always told as a length. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <time.h>

static sigset_t set;

static long long now(clockid_t clock)
{
	struct timespec at;
	CHECK_EQ(clock_gettime(clock, &at), 0);
	return at.tv_sec * 1000000000ll + at.tv_nsec;
}

static void on(clockid_t clock)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct itimerspec spec = {{0, 0}, {1, 0}}, left;
	siginfo_t info;
	timer_t timer;
	CHECK_EQ(timer_create(clock, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, TIMER_ABSTIME, &spec, NULL), 0);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
	long long until = now(clock) + 25000000;
	spec.it_value = (struct timespec){until / 1000000000, until % 1000000000};
	CHECK_EQ(timer_settime(timer, TIMER_ABSTIME, &spec, NULL), 0);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
	CHECK(now(clock) >= until);
	until += 1000000000000ll;
	spec.it_value.tv_sec = until / 1000000000;
	CHECK_EQ(timer_settime(timer, TIMER_ABSTIME, &spec, NULL), 0);
	CHECK_EQ(timer_gettime(timer, &left), 0);
	CHECK(left.it_value.tv_sec > 900 && left.it_value.tv_sec <= 1000);
	CHECK_EQ(timer_delete(timer), 0);

	struct timespec at = {0, 0};
	CHECK_EQ(clock_nanosleep(clock, TIMER_ABSTIME, &at, NULL), 0);
	until = now(clock) + 20000000;
	at = (struct timespec){until / 1000000000, until % 1000000000};
	CHECK_EQ(clock_nanosleep(clock, TIMER_ABSTIME, &at, NULL), 0);
	CHECK(now(clock) >= until);
}

int main(void)
{
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	on(CLOCK_MONOTONIC);
	on(CLOCK_REALTIME);
	on(CLOCK_BOOTTIME);
	return check_done();
}
