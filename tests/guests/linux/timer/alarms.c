/* alarm: whole seconds that are left, one timer with setitimer's, and none left behind by 0. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/time.h>

static volatile int runs;

static void handler(int signo)
{
	(void)signo;
	runs++;
}

int main(void)
{
	struct itimerval left, soon = {{0, 0}, {0, 300000}};
	CHECK_EQ(sigaction(SIGALRM, &(struct sigaction){.sa_handler = handler}, NULL), 0);
	CHECK_EQ(alarm(500), 0);
	unsigned seconds = alarm(300);
	CHECK(seconds > 400 && seconds <= 500);
	CHECK_EQ(getitimer(ITIMER_REAL, &left), 0);
	CHECK(left.it_value.tv_sec >= 200 && left.it_value.tv_sec <= 300);
	CHECK_EQ(left.it_interval.tv_sec, 0);
	seconds = alarm(0);
	CHECK(seconds > 200 && seconds <= 300);
	CHECK_EQ(alarm(0), 0);
	/* Less than a second is told as one, never as none. */
	CHECK_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
	seconds = alarm(1);
	CHECK(seconds == 1 || runs == 1);
	int before = runs;
	while (runs == before)
		pause();
	CHECK_EQ(alarm(0), 0);
	return check_done();
}
