/* Pending signals: real-time ones are all kept, the lowest number first and each number in the order sent, with their
 * values; standard ones go first and are kept once. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static volatile int log_signo[64], log_value[64], logged;

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)context;
	log_signo[logged] = signo;
	log_value[logged++] = info->si_code == SI_QUEUE ? info->si_value.sival_int : -1;
}

static void queue(int signo, int value)
{
	CHECK_EQ(sigqueue(getpid(), signo, (union sigval){.sival_int = value}), 0);
}

int main(void)
{
	int first = SIGRTMIN + 2, second = SIGRTMIN + 5;
	int wanted[][2] = {{SIGUSR1, 11}, {SIGUSR2, -1}, {first, 1}, {first, 2}, {first, 3}, {second, 4}, {second, 5},
			   {second, -1}};
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	sigset_t all, old;
	sigfillset(&action.sa_mask);
	CHECK_EQ(sigaction(first, &action, NULL), 0);
	CHECK_EQ(sigaction(second, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR2, &action, NULL), 0);
	sigfillset(&all);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &all, &old), 0);
	queue(second, 4);
	queue(first, 1);
	CHECK_EQ(kill(getpid(), SIGUSR2), 0);
	queue(first, 2);
	queue(second, 5);
	queue(SIGUSR1, 11);
	queue(SIGUSR1, 12);
	CHECK_EQ(kill(getpid(), SIGUSR2), 0);
	queue(first, 3);
	CHECK_EQ(kill(getpid(), second), 0);
	CHECK_EQ(logged, 0);
	/* With the full mask of the actions each handler runs to its end before the next. */
	CHECK_EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	CHECK_EQ(logged, 8);
	for (int i = 0; i < 8; i++) {
		CHECK_EQ(log_signo[i], wanted[i][0]);
		CHECK_EQ(log_value[i], wanted[i][1]);
	}
	return check_done();
}
