/* Waiting for a process group: only its members are reaped, 0 means the caller's own group. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static pid_t sleeper(pid_t group)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		setpgid(0, group);
		for (;;)
			pause();
	}
	/* Both set it, so that nobody depends on who comes first. */
	CHECK_SYS(setpgid(child, group));
	return child;
}

int main(void)
{
	int status;
	pid_t leader = sleeper(0), member = sleeper(leader), ours = sleeper(getpgrp());
	CHECK_EQ(getpgid(member), leader);
	CHECK_EQ(getpgid(ours), getpgrp());
	CHECK_EQ(waitpid(-leader, &status, WNOHANG), 0);
	CHECK_EQ(waitpid(0, &status, WNOHANG), 0);

	CHECK_SYS(kill(ours, SIGTERM));
	CHECK_EQ(waitpid(0, &status, 0), ours);
	CHECK_EQ(status, SIGTERM);
	CHECK_EQ(waitpid(-leader, &status, WNOHANG), 0);
	CHECK_ERRNO(waitpid(0, &status, WNOHANG), ECHILD);

	/* The group outlives its leader while it has members. */
	CHECK_SYS(kill(leader, SIGKILL));
	CHECK_EQ(waitpid(-leader, &status, 0), leader);
	CHECK_EQ(status, SIGKILL);
	CHECK_EQ(getpgid(member), leader);
	CHECK_SYS(kill(-leader, 0));
	CHECK_SYS(killpg(leader, SIGUSR1));
	siginfo_t info;
	CHECK_SYS(waitid(P_PGID, leader, &info, WEXITED));
	CHECK_EQ(info.si_pid, member);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGUSR1);
	CHECK_ERRNO(kill(-leader, 0), ESRCH);
	CHECK_ERRNO(waitpid(-leader, &status, 0), ECHILD);
	return check_done();
}
