/* A handler that reads the clocks while the program is reading them: neither side ever sees a clock go back, nor a
 * torn value. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static volatile long long latest;
static volatile int runs, wrong;

static long long now(clockid_t clock)
{
	struct timespec at;
	if (clock_gettime(clock, &at) != 0 || at.tv_nsec < 0 || at.tv_nsec >= 1000000000)
		wrong = 1;
	return at.tv_sec * 1000000000ll + at.tv_nsec;
}

static void handler(int signo)
{
	(void)signo;
	long long at = now(CLOCK_MONOTONIC);
	if (at < latest)
		wrong = 2;
	latest = at;
	now(CLOCK_REALTIME);
	runs++;
}

int main(void)
{
	struct itimerval every = {{0, 3000}, {0, 3000}};
	CHECK_EQ(sigaction(SIGALRM, &(struct sigaction){.sa_handler = handler, .sa_flags = SA_RESTART}, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &every, NULL), 0);
	long long last = 0;
	while (runs < 20) {
		/* What the handler saw before this reading is no later. */
		long long handled = latest, at = now(CLOCK_MONOTONIC);
		CHECK(at >= last);
		CHECK(at >= handled);
		last = at;
	}
	CHECK_EQ(wrong, 0);
	return check_done();
}
