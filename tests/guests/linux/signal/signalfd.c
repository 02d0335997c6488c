/* signalfd: readiness, the fields of its structure, several in one read, EAGAIN, a new mask for the same descriptor. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

int main(void)
{
	struct signalfd_siginfo got[3];
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(sizeof got[0], 128);
	int fd = CHECK_SYS(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	CHECK_EQ(poll(&poller, 1, 0), 0);
	CHECK_ERRNO(read(fd, got, sizeof got), EAGAIN);
	CHECK_EQ(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 42}), 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(poll(&poller, 1, -1), 1);
	CHECK_EQ(poller.revents, POLLIN);
	CHECK_ERRNO(read(fd, got, sizeof got[0] - 1), EINVAL);
	memset(got, 0xff, sizeof got);
	CHECK_EQ(read(fd, got, sizeof got), 2 * sizeof got[0]);
	CHECK_EQ(got[0].ssi_signo, SIGUSR1);
	CHECK_EQ(got[0].ssi_code, SI_USER);
	CHECK_EQ(got[0].ssi_pid, getpid());
	CHECK_EQ(got[0].ssi_uid, getuid());
	CHECK_EQ(got[1].ssi_signo, SIGRTMIN);
	CHECK_EQ(got[1].ssi_code, SI_QUEUE);
	CHECK_EQ(got[1].ssi_int, 42);
	CHECK_EQ(got[1].ssi_errno, 0);
	CHECK_EQ(got[2].ssi_signo, 0xffffffff);
	CHECK_EQ(poll(&poller, 1, 0), 0);

	/* What is pending counts, whenever the descriptor was made; a thread's own signals count as well. */
	CHECK_EQ(raise(SIGUSR1), 0);
	int second = CHECK_SYS(signalfd(-1, &set, 0));
	CHECK_EQ(read(second, got, sizeof got[0]), sizeof got[0]);
	CHECK_EQ(got[0].ssi_code, SI_TKILL);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(poll(&poller, 1, 0), 0);
	CHECK_ERRNO(read(fd, got, sizeof got), EAGAIN);
	CHECK_ERRNO(signalfd(0x7fff, &set, 0), EBADF);
	int pipes[2];
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERRNO(signalfd(pipes[0], &set, 0), EINVAL);
	CHECK_ERRNO(signalfd(-1, &set, 1), EINVAL);
	CHECK_ERRNO(write(fd, got, 128), EINVAL);

	/* A read that waits for a child's end. */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(signalfd(second, &set, 0), second);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		usleep(20000);
		_exit(5);
	}
	CHECK_EQ(read(second, got, sizeof got), sizeof got[0]);
	CHECK_EQ(got[0].ssi_signo, SIGCHLD);
	CHECK_EQ(got[0].ssi_code, CLD_EXITED);
	CHECK_EQ(got[0].ssi_pid, child);
	CHECK_EQ(got[0].ssi_status, 5);
	check_reap(child);
	return check_done();
}
