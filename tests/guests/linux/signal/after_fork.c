/* fork and signals: actions, mask and other stack are inherited; pending signals, alarms and timers are not. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static char area[65536];
static volatile int runs;

static void handler(int signo)
{
	char local;
	(void)signo;
	runs += &local >= area && &local < area + sizeof area ? 1 : 100;
}

int main(void)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK}, now;
	stack_t stack = {.ss_sp = area, .ss_size = sizeof area};
	sigset_t set;
	timer_t timer;
	struct itimerspec far = {{0, 0}, {1000, 0}};
	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK(signal(SIGUSR2, SIG_IGN) != SIG_ERR);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &set, NULL), 0);
	CHECK_EQ(kill(getpid(), SIGHUP), 0);
	CHECK_EQ(raise(SIGHUP), 0);
	alarm(1000);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &far, NULL), 0);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		struct itimerval left;
		struct itimerspec spec;
		CHECK_EQ(sigpending(&set), 0);
		CHECK_EQ(sigismember(&set, SIGHUP), 0);
		CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &set), 0);
		CHECK_EQ(sigismember(&set, SIGHUP), 1);
		CHECK_EQ(getitimer(ITIMER_REAL, &left), 0);
		CHECK_EQ(left.it_value.tv_sec, 0);
		CHECK_EQ(alarm(0), 0);
		CHECK_ERRNO(timer_gettime(timer, &spec), EINVAL);
		CHECK_EQ(sigaltstack(NULL, &stack), 0);
		CHECK_EQ(stack.ss_sp, area);
		CHECK_EQ(sigaction(SIGUSR2, NULL, &now), 0);
		CHECK_EQ(now.sa_handler, SIG_IGN);
		CHECK_EQ(raise(SIGUSR1), 0);
		CHECK_EQ(runs, 1);
		/* A new action of the child is not the parent's. */
		CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_EQ(sigpending(&set), 0);
	CHECK_EQ(sigismember(&set, SIGHUP), 1);
	CHECK(alarm(0) > 50);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(runs, 1);
	return check_done();
}
