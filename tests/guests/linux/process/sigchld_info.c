/* The siginfo that SIGCHLD brings to a handler: exit, death, stop, continue. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static volatile siginfo_t last;
static volatile sig_atomic_t count;

static void on_child(int number, siginfo_t *info, void *context)
{
	(void)context;
	CHECK_EQ(number, SIGCHLD);
	last = *info;
	count++;
}

static void await(int want, pid_t pid, int code, int status)
{
	sigset_t none;
	sigemptyset(&none);
	while (count < want)
		sigsuspend(&none);
	CHECK_EQ(count, want);
	CHECK_EQ(last.si_signo, SIGCHLD);
	CHECK_EQ(last.si_code, code);
	CHECK_EQ(last.si_pid, pid);
	CHECK_EQ(last.si_uid, getuid());
	CHECK_EQ(last.si_status, status);
}

static pid_t sleeper(void)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		for (;;)
			pause();
	return child;
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO};
	sigset_t block;
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	CHECK_SYS(sigprocmask(SIG_BLOCK, &block, NULL));
	CHECK_SYS(sigaction(SIGCHLD, &action, NULL));

	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		_exit(19);
	await(1, child, CLD_EXITED, 19);
	CHECK_EQ(check_reap(child), 19 << 8);

	child = sleeper();
	CHECK_SYS(kill(child, SIGSTOP));
	await(2, child, CLD_STOPPED, SIGSTOP);
	CHECK_SYS(kill(child, SIGCONT));
	await(3, child, CLD_CONTINUED, SIGCONT);
	CHECK_SYS(kill(child, SIGKILL));
	await(4, child, CLD_KILLED, SIGKILL);
	CHECK_EQ(check_reap(child), SIGKILL);
	return check_done();
}
