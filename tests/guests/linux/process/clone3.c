// qemu: no, it lacks clone3
/* clone3: CLONE_PIDFD, the exit signal, CLONE_PARENT_SETTID, structures of other sizes, and combinations that are refused. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

static pid_t clone3(struct clone_args *arguments, size_t size)
{
	return (pid_t)syscall(SYS_clone3, arguments, size);
}

static void on_signal(int number)
{
	(void)number;
}

int main(void)
{
	int pidfd = -1;
	pid_t id = -1;
	siginfo_t info;
	struct clone_args arguments = {.flags = CLONE_PIDFD | CLONE_PARENT_SETTID, .pidfd = (uintptr_t)&pidfd,
				       .parent_tid = (uintptr_t)&id, .exit_signal = SIGCHLD};
	pid_t child = CHECK_SYS(clone3(&arguments, sizeof arguments));
	if (child == 0)
		for (;;)
			pause();
	CHECK_EQ(id, child);
	CHECK(pidfd >= 0);
	CHECK_EQ(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	struct pollfd poller = {.fd = pidfd, .events = POLLIN};
	CHECK_EQ(poll(&poller, 1, 0), 0);
	CHECK_SYS(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0));
	CHECK_EQ(poll(&poller, 1, -1), 1);
	/* 3 is P_PIDFD. */
	CHECK_SYS(waitid((idtype_t)3, pidfd, &info, WEXITED));
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_status, SIGKILL);

	/* The first version of the structure, 64 bytes, and a larger one whose rest is zero. */
	arguments = (struct clone_args){.exit_signal = SIGCHLD};
	child = CHECK_SYS(clone3(&arguments, CLONE_ARGS_SIZE_VER0));
	if (child == 0)
		_exit(3);
	CHECK_EQ(check_reap(child), 3 << 8);
	struct {
		struct clone_args known;
		uint64_t rest[2];
	} large = {.known = {.exit_signal = SIGCHLD}};
	child = CHECK_SYS(clone3(&large.known, sizeof large));
	if (child == 0)
		_exit(4);
	CHECK_EQ(check_reap(child), 4 << 8);
	large.rest[1] = 1;
	CHECK_ERRNO(clone3(&large.known, sizeof large), E2BIG);
	CHECK_ERRNO(clone3(&arguments, 56), EINVAL);
	CHECK_ERRNO(clone3(&arguments, 100000), E2BIG);

	/* The signal has its own field, and a stack needs a size. */
	arguments.flags = SIGCHLD;
	CHECK_ERRNO(clone3(&arguments, sizeof arguments), EINVAL);
	arguments = (struct clone_args){.exit_signal = 65};
	CHECK_ERRNO(clone3(&arguments, sizeof arguments), EINVAL);
	arguments = (struct clone_args){.exit_signal = SIGCHLD, .stack = (uintptr_t)&large};
	CHECK_ERRNO(clone3(&arguments, sizeof arguments), EINVAL);
	arguments = (struct clone_args){.exit_signal = SIGCHLD, .stack_size = 4096};
	CHECK_ERRNO(clone3(&arguments, sizeof arguments), EINVAL);
	arguments = (struct clone_args){.flags = CLONE_SIGHAND, .exit_signal = SIGCHLD};
	CHECK_ERRNO(clone3(&arguments, sizeof arguments), EINVAL);

	/* CLONE_CLEAR_SIGHAND: what was caught is default in the child, what was ignored stays so. */
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, SIG_IGN);
	arguments = (struct clone_args){.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
	child = CHECK_SYS(clone3(&arguments, sizeof arguments));
	if (child == 0) {
		CHECK(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
		CHECK(signal(SIGUSR1, SIG_DFL) == SIG_DFL);
		_exit(5);
	}
	CHECK_EQ(check_reap(child), 5 << 8);
	return check_done();
}
