// qemu: no, it runs the handler of the signal only after a later call
/* A signal that is blocked only during ppoll or pselect does not end the call, and its handler runs right after
 * it. */
#define _GNU_SOURCE
#include "../check.h"
#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <time.h>

static volatile sig_atomic_t count;

static void on_signal(int number)
{
	CHECK_EQ(number, SIGUSR2);
	count++;
}

static pid_t sends_then_writes(int fd)
{
	struct timespec delay = {0, 20000000};
	pid_t parent = getpid(), child = CHECK_SYS(fork());
	if (child == 0) {
		nanosleep(&delay, NULL);
		CHECK_SYS(kill(parent, SIGUSR2));
		nanosleep(&delay, NULL);
		CHECK_EQ(write(fd, "x", 1), 1);
		_exit(0);
	}
	return child;
}

int main(void)
{
	int ends[2];
	char byte;
	fd_set set;
	sigset_t blocked;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	signal(SIGUSR2, on_signal);
	CHECK_SYS(pipe(ends));
	struct pollfd poller = {.fd = ends[0], .events = POLLIN};

	pid_t child = sends_then_writes(ends[1]);
	CHECK_EQ(ppoll(&poller, 1, NULL, &blocked), 1);
	CHECK_EQ(count, 1);
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	CHECK_CHILD(child);

	child = sends_then_writes(ends[1]);
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	CHECK_EQ(pselect(ends[0] + 1, &set, NULL, NULL, NULL, &blocked), 1);
	CHECK_EQ(count, 2);
	CHECK(FD_ISSET(ends[0], &set));
	CHECK_CHILD(child);
	return check_done();
}
