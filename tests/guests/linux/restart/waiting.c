/* waitpid, wait4 and waitid: restarted with SA_RESTART, EINTR without; the child is not lost by that. */
#define _GNU_SOURCE
#include "ticks.h"

static int ends[2];

static void release(void)
{
	if (write(ends[1], "x", 1) != 1)
		_exit(9);
}

static pid_t child(void)
{
	char byte;
	pid_t pid = CHECK_SYS(fork());
	if (pid == 0)
		_exit(read(ends[0], &byte, 1) == 1 ? 12 : 13);
	return pid;
}

int main(void)
{
	int status = 0;
	siginfo_t info;
	CHECK_EQ(pipe(ends), 0);
	pid_t pid = child();
	INTERRUPTED(0, waitpid(pid, &status, 0));
	INTERRUPTED(0, waitid(P_PID, (id_t)pid, &info, WEXITED));
	RESTARTED(waitpid(-1, &status, 0), pid, release);
	CHECK_EQ(WEXITSTATUS(status), 12);
	pid = child();
	RESTARTED(waitid(P_ALL, 0, &info, WEXITED), 0, release);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_status, 12);
	return check_done();
}
