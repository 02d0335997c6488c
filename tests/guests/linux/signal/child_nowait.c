// qemu: no, user mode drops SA_NOCLDWAIT and SA_NOCLDSTOP
/* SA_NOCLDWAIT: a child leaves no zombie, waitpid waits for its end and finds nothing, the signal comes all
 * the same. SA_NOCLDSTOP: no signal tells of a stop. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static volatile int runs, code;

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	code = info->si_code;
	runs++;
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NOCLDWAIT | SA_RESTART}, now;
	int status;
	CHECK_EQ(sigaction(SIGCHLD, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGCHLD, NULL, &now), 0);
	CHECK(now.sa_flags & SA_NOCLDWAIT);
	for (int i = 1; i <= 3; i++) {
		pid_t child = CHECK_SYS(fork());
		if (child == 0)
			_exit(2);
		CHECK_ERRNO(waitpid(child, &status, 0), ECHILD);
		while (runs < i)
			usleep(1000);
		CHECK_EQ(runs, i);
		CHECK_EQ(code, CLD_EXITED);
	}
	action.sa_flags = SA_SIGINFO | SA_NOCLDSTOP | SA_RESTART;
	CHECK_EQ(sigaction(SIGCHLD, &action, NULL), 0);
	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		_exit((int)sleep(10));
	CHECK_EQ(kill(child, SIGSTOP), 0);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status));
	usleep(20000);
	CHECK_EQ(runs, 3);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	while (runs < 4)
		usleep(1000);
	CHECK_EQ(code, CLD_KILLED);
	return check_done();
}
