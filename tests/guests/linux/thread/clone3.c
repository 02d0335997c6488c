// qemu: no, user mode lacks clone3
/* clone3: the checks of its structure, and a child with a pidfd and both tid words. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>

static long clone3(struct clone_args *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

int main(void)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	CHECK_ERRNO(clone3(&args, 56), EINVAL);
	CHECK_ERRNO(clone3(NULL, sizeof args), EFAULT);
	CHECK_ERRNO(clone3(&args, 8192), E2BIG);
	struct {
		struct clone_args known;
		uint64_t unknown;
	} longer = {.known = args, .unknown = 1};
	CHECK_ERRNO(clone3(&longer.known, sizeof longer), E2BIG);
	args.flags = SIGCHLD;
	CHECK_ERRNO(clone3(&args, sizeof args), EINVAL);
	args.flags = 0;
	args.exit_signal = 0x100;
	CHECK_ERRNO(clone3(&args, sizeof args), EINVAL);
	args.exit_signal = SIGCHLD;
	args.stack_size = 4096;
	CHECK_ERRNO(clone3(&args, sizeof args), EINVAL);
	args.stack_size = 0;
	args.flags = CLONE_THREAD;
	CHECK_ERRNO(clone3(&args, sizeof args), EINVAL);

	int pidfd = -1;
	pid_t parent_tid = 0, child_tid = 0;
	args = (struct clone_args){
		.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.parent_tid = (uint64_t)(uintptr_t)&parent_tid,
		.child_tid = (uint64_t)(uintptr_t)&child_tid,
		.exit_signal = SIGCHLD,
	};
	long pid = CHECK_SYS(clone3(&args, sizeof args));
	if (pid == 0)
		_exit(child_tid == syscall(SYS_gettid) ? 21 : 22);
	CHECK_EQ(parent_tid, pid);
	CHECK_EQ(child_tid, 0);
	CHECK(pidfd >= 0);
	siginfo_t info;
	memset(&info, 0, sizeof info);
	CHECK_EQ(waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED), 0);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_status, 21);
	CHECK_EQ(close(pidfd), 0);
	return check_done();
}
