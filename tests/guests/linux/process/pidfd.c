/* A pidfd: opened for a child, signals it, polls readable when it ends, names it for waitid; and the errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int pidfd_open(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static int send(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int main(void)
{
	siginfo_t info;
	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		for (;;)
			pause();
	int fd = CHECK_SYS(pidfd_open(child, 0));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	CHECK_EQ(poll(&poller, 1, 0), 0);
	CHECK_SYS(send(fd, 0));
	CHECK_ERRNO(send(fd, 65), EINVAL);
	CHECK_SYS(send(fd, SIGTERM));
	CHECK_EQ(poll(&poller, 1, -1), 1);
	CHECK_EQ(poller.revents & POLLIN, POLLIN);

	CHECK_SYS(waitid((idtype_t)P_PIDFD, fd, &info, WEXITED | WNOWAIT));
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGTERM);
	/* A zombie takes signals, a reaped process does not. */
	CHECK_SYS(send(fd, SIGTERM));
	CHECK_SYS(waitid((idtype_t)P_PIDFD, fd, &info, WEXITED));
	CHECK_ERRNO(send(fd, SIGTERM), ESRCH);
	CHECK_ERRNO(waitid((idtype_t)P_PIDFD, fd, &info, WEXITED), ECHILD);
	CHECK_EQ(poll(&poller, 1, 0), 1);

	CHECK_ERRNO(pidfd_open(child, 0), ESRCH);
	CHECK_ERRNO(pidfd_open(0, 0), EINVAL);
	CHECK_ERRNO(pidfd_open(getpid(), 1), EINVAL);
	CHECK_ERRNO(send(0, SIGTERM), EBADF);
	CHECK_ERRNO(send(999, SIGTERM), EBADF);
	CHECK_ERRNO(waitid((idtype_t)P_PIDFD, 999, &info, WEXITED), EBADF);
	int self = CHECK_SYS(pidfd_open(getpid(), 0));
	CHECK_ERRNO(waitid((idtype_t)P_PIDFD, self, &info, WEXITED), ECHILD);

	/* For signals, the directory of a process in /proc does as well. */
	sigset_t usr1;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	CHECK_SYS(sigprocmask(SIG_BLOCK, &usr1, NULL));
	char path[32];
	snprintf(path, sizeof path, "/proc/%d", getpid());
	int directory = CHECK_SYS(open(path, O_DIRECTORY | O_CLOEXEC));
	CHECK_SYS(send(directory, SIGUSR1));
	CHECK_EQ(sigtimedwait(&usr1, &info, &(struct timespec){1, 0}), SIGUSR1);
	CHECK_EQ(info.si_pid, getpid());
	CHECK_ERRNO(waitid((idtype_t)P_PIDFD, directory, &info, WEXITED), EBADF);
	int below = CHECK_SYS(open("/proc/self/fd", O_DIRECTORY | O_CLOEXEC));
	CHECK_ERRNO(send(below, SIGUSR1), EBADF);
	return check_done();
}
