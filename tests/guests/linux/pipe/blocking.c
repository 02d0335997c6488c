/* A reader blocks until there is a byte, a writer until all of it is taken; a signal cuts a write short or
 * restarts it. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

static void alarm_in(long micros, int flags)
{
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags};
	/* Again and again, so that it also comes when the first one came before the call. */
	struct itimerval timer = {{0, 20000}, {0, micros}};
	alarms = 0;
	CHECK_SYS(sigaction(SIGALRM, &action, NULL));
	CHECK_SYS(setitimer(ITIMER_REAL, &timer, NULL));
}

int main(void)
{
	static char bulk[200000];
	struct timespec delay = {0, 60000000};
	int ends[2], go[2];
	char byte;
	CHECK_SYS(pipe(ends));
	CHECK_SYS(pipe(go));

	/* The write of the child ends only when the parent has read all of it. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(write(ends[1], bulk, sizeof bulk), sizeof bulk);
		CHECK_EQ(write(go[1], "w", 1), 1);
		_exit(0);
	}
	CHECK_SYS(fcntl(go[0], F_SETFL, O_NONBLOCK));
	nanosleep(&delay, NULL);
	for (size_t got = 0; got < sizeof bulk - 65536; got++) {
		if (got % 10000 == 0)
			CHECK_ERRNO(read(go[0], &byte, 1), EAGAIN);
		CHECK_EQ(read(ends[0], &byte, 1), 1);
	}
	for (size_t got = 0; got < 65536;)
		got += (size_t)CHECK_SYS(read(ends[0], bulk, 65536 - got));
	CHECK_CHILD(child);
	CHECK_EQ(read(go[0], &byte, 1), 1);

	/* Interrupted without a byte: EINTR; after some: their number. */
	alarm_in(20000, 0);
	CHECK_ERRNO(read(ends[0], &byte, 1), EINTR);
	CHECK(alarms >= 1);
	alarm_in(60000, 0);
	CHECK_EQ(write(ends[1], bulk, sizeof bulk), 65536);
	CHECK_ERRNO(write(ends[1], bulk, sizeof bulk), EINTR);

	/* SA_RESTART: the handler ran, and the read goes on until the child has written. */
	CHECK_EQ(read(ends[0], bulk, 65536), 65536);
	alarm_in(20000, SA_RESTART);
	child = CHECK_SYS(fork());
	if (child == 0) {
		nanosleep(&delay, NULL);
		CHECK_EQ(write(ends[1], "r", 1), 1);
		_exit(0);
	}
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	CHECK_EQ(byte, 'r');
	CHECK(alarms >= 1);
	CHECK_CHILD(child);
	return check_done();
}
