/* The siginfo of waitid for exits, deaths, stops and continues; WNOWAIT leaves the state, WNOHANG clears the
 * answer. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static void expect(idtype_t type, id_t id, int options, pid_t pid, int code, int status)
{
	siginfo_t info;
	memset(&info, 0x55, sizeof info);
	CHECK_EQ(waitid(type, id, &info, options), 0);
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(info.si_errno, 0);
	CHECK_EQ(info.si_code, code);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_uid, getuid());
	CHECK_EQ(info.si_status, status);
}

int main(void)
{
	siginfo_t info;
	CHECK_ERRNO(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
	pid_t exits = CHECK_SYS(fork());
	if (exits == 0)
		_exit(0x1234);
	CHECK_ERRNO(waitid(P_PID, exits, &info, 0), EINVAL);
	CHECK_ERRNO(waitid(P_PID, exits, &info, WNOHANG | WNOWAIT), EINVAL);
	CHECK_ERRNO(waitid(9, exits, &info, WEXITED), EINVAL);
	CHECK_ERRNO(waitid(P_PID, 0, &info, WEXITED), EINVAL);
	expect(P_PID, exits, WEXITED | WNOWAIT, exits, CLD_EXITED, 0x34);
	expect(P_ALL, 0, WEXITED | WNOWAIT, exits, CLD_EXITED, 0x34);
	expect(P_PGID, getpgrp(), WEXITED | WNOHANG, exits, CLD_EXITED, 0x34);
	CHECK_ERRNO(waitid(P_PID, exits, &info, WEXITED), ECHILD);

	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		for (;;)
			pause();
	/* Nothing has happened: success, and the fields say that there is no child to speak of. */
	memset(&info, 0x55, sizeof info);
	CHECK_EQ(waitid(P_PID, child, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG), 0);
	CHECK_EQ(info.si_pid, 0);
	CHECK_EQ(info.si_signo, 0);

	CHECK_SYS(kill(child, SIGSTOP));
	expect(P_PID, child, WSTOPPED | WNOWAIT, child, CLD_STOPPED, SIGSTOP);
	expect(P_PID, child, WSTOPPED, child, CLD_STOPPED, SIGSTOP);
	CHECK_SYS(kill(child, SIGCONT));
	expect(P_PID, child, WCONTINUED | WNOWAIT, child, CLD_CONTINUED, SIGCONT);
	expect(P_PID, child, WCONTINUED, child, CLD_CONTINUED, SIGCONT);
	CHECK_SYS(kill(child, SIGTERM));
	expect(P_PID, child, WEXITED, child, CLD_KILLED, SIGTERM);
	CHECK_ERRNO(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), ECHILD);
	return check_done();
}
