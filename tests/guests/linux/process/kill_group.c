/* kill: to a process, to a group, to one's own group with 0; signal 0 probes; zombies accept signals; the errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static volatile sig_atomic_t got;
static volatile pid_t sender;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	CHECK_EQ(info->si_code, SI_USER);
	sender = info->si_pid;
	got++;
}

static pid_t member(pid_t group, int ready)
{
	sigset_t none;
	sigemptyset(&none);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_SYS(setpgid(0, group));
		CHECK_EQ(write(ready, "r", 1), 1);
		while (got == 0)
			sigsuspend(&none);
		_exit(sender == getppid() ? 60 : 61);
	}
	setpgid(child, group);
	return child;
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	sigset_t block;
	int ready[2];
	char bytes[4];
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	/* A session leader has its own group already. */
	if (getpgrp() != getpid())
		CHECK_SYS(setpgid(0, 0));
	CHECK_SYS(pipe(ready));
	CHECK_SYS(sigprocmask(SIG_BLOCK, &block, NULL));
	CHECK_SYS(sigaction(SIGUSR1, &action, NULL));

	pid_t a = member(0, ready[1]), b = member(a, ready[1]), c = member(getpgrp(), ready[1]);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(read(ready[0], bytes, 1), 1);
	CHECK_SYS(kill(-a, SIGUSR1));
	CHECK_EQ(check_reap(a), 60 << 8);
	CHECK_EQ(check_reap(b), 60 << 8);
	/* The third is in our group and has got nothing; now it and we do. */
	CHECK_EQ(waitpid(c, NULL, WNOHANG), 0);
	CHECK_SYS(kill(0, SIGUSR1));
	CHECK_EQ(check_reap(c), 60 << 8);
	CHECK_EQ(got, 0);
	CHECK_SYS(sigprocmask(SIG_UNBLOCK, &block, NULL));
	CHECK_EQ(got, 1);
	CHECK_EQ(sender, getpid());

	pid_t zombie = CHECK_SYS(fork());
	if (zombie == 0)
		_exit(4);
	siginfo_t info;
	CHECK_SYS(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT));
	CHECK_SYS(kill(zombie, 0));
	CHECK_SYS(kill(zombie, SIGKILL));
	CHECK_EQ(getpgid(zombie), getpgrp());
	CHECK_EQ(check_reap(zombie), 4 << 8);
	CHECK_ERRNO(kill(zombie, 0), ESRCH);
	CHECK_ERRNO(kill(-zombie, 0), ESRCH);
	CHECK_SYS(kill(getpid(), 0));
	CHECK_ERRNO(kill(getpid(), 65), EINVAL);
	CHECK_ERRNO(kill(getpid(), -1), EINVAL);
	return check_done();
}
