/* poll and select end with EINTR after a handler even with SA_RESTART; an ignored signal does not end them. */
#define _GNU_SOURCE
#include "../check.h"
#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

int main(void)
{
	int ends[2];
	char byte;
	CHECK_SYS(pipe(ends));
	struct pollfd poller = {.fd = ends[0], .events = POLLIN};
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	struct itimerval timer = {{0, 20000}, {0, 20000}}, off = {{0, 0}, {0, 0}};
	CHECK_SYS(sigaction(SIGALRM, &action, NULL));
	CHECK_SYS(setitimer(ITIMER_REAL, &timer, NULL));
	CHECK_ERRNO(poll(&poller, 1, -1), EINTR);
	CHECK(alarms >= 1);
	fd_set set;
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	CHECK_ERRNO(select(ends[0] + 1, &set, NULL, NULL, NULL), EINTR);
	CHECK(FD_ISSET(ends[0], &set));
	/* With a limit as well: the alarms come long before it. */
	CHECK_ERRNO(poll(&poller, 1, 1000000), EINTR);

	/* Ignored signals pass unnoticed: the wait ends when the child has written. */
	signal(SIGALRM, SIG_IGN);
	pid_t parent = getpid(), child = CHECK_SYS(fork());
	if (child == 0) {
		struct timespec delay = {0, 50000000};
		nanosleep(&delay, NULL);
		CHECK_SYS(kill(parent, SIGWINCH));
		nanosleep(&delay, NULL);
		CHECK_EQ(write(ends[1], "x", 1), 1);
		_exit(0);
	}
	CHECK_EQ(poll(&poller, 1, -1), 1);
	CHECK_EQ(poller.revents, POLLIN);
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	CHECK_SYS(setitimer(ITIMER_REAL, &off, NULL));
	CHECK_CHILD(child);
	return check_done();
}
