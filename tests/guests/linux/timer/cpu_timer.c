/* A timer on the CPU clock of the process: sleeping does not fire it, working does. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <time.h>

static volatile int runs;

static void handler(int signo)
{
	(void)signo;
	runs++;
}

int main(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec spec = {{0, 0}, {0, 60000000}}, left;
	struct timespec start, end;
	timer_t timer;
	CHECK_EQ(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handler}, NULL), 0);
	CHECK_EQ(timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	CHECK_EQ(timer_settime(timer, 0, &spec, NULL), 0);
	CHECK_EQ(usleep(100000), 0);
	CHECK_EQ(runs, 0);
	CHECK_EQ(timer_gettime(timer, &left), 0);
	CHECK(left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 60000000);
	while (runs == 0)
		;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	CHECK((end.tv_sec - start.tv_sec) * 1000000000ll + end.tv_nsec - start.tv_nsec >= 60000000);
	CHECK_EQ(timer_delete(timer), 0);
	return check_done();
}
