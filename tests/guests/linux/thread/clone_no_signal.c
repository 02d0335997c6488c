// qemu: no, user mode accepts only SIGCHLD as exit signal
/* A child without an exit signal, or with another than SIGCHLD: only __WALL or __WCLONE finds it. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/syscall.h>

static volatile int signals;

static void handler(int signo)
{
	signals += signo == SIGUSR1 ? 1 : 100;
}

static pid_t child(int exit_signal, int status)
{
	long pid = CHECK_SYS(syscall(SYS_clone, exit_signal, 0, NULL, NULL, 0));
	if (pid == 0)
		_exit(status);
	return (pid_t)pid;
}

int main(void)
{
	int status = 0;
	struct sigaction action = {.sa_handler = handler};
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGCHLD, &action, NULL), 0);

	pid_t pid = child(0, 3);
	CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD);
	CHECK_EQ(waitpid(pid, &status, __WCLONE), pid);
	CHECK_EQ(WEXITSTATUS(status), 3);
	CHECK_EQ(signals, 0);

	pid = child(SIGUSR1, 4);
	CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD);
	while (waitpid(pid, &status, __WALL) != pid)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(WEXITSTATUS(status), 4);
	CHECK_EQ(signals, 1);

	pid = child(SIGUSR1, 5);
	while (waitpid(-1, &status, __WCLONE) != pid)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(WEXITSTATUS(status), 5);
	CHECK_EQ(signals, 2);
	CHECK_ERRNO(waitpid(-1, &status, __WALL), ECHILD);
	return check_done();
}
