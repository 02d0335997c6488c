/* Two processes that wake each other by signals a few hundred times: with sigsuspend none is lost and none comes twice. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

enum { ROUNDS = 200 };

static volatile int got;

static void handler(int signo)
{
	(void)signo;
	got++;
}

static void rounds(pid_t other, int begins)
{
	sigset_t open;
	sigemptyset(&open);
	for (int i = 1; i <= ROUNDS; i++) {
		if (begins)
			CHECK_EQ(kill(other, SIGUSR1), 0);
		while (got < i)
			CHECK_ERRNO(sigsuspend(&open), EINTR);
		CHECK_EQ(got, i);
		if (!begins)
			CHECK_EQ(kill(other, SIGUSR1), 0);
	}
}

int main(void)
{
	sigset_t set;
	CHECK_EQ(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handler}, NULL), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	pid_t parent = getpid(), child = CHECK_SYS(fork());
	if (child == 0) {
		rounds(parent, 0);
		_exit(0);
	}
	rounds(child, 1);
	CHECK_CHILD(child);
	CHECK_EQ(got, ROUNDS);
	return check_done();
}
