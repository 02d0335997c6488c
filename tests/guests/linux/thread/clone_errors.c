/* Combinations of clone flags that Linux refuses with EINVAL, and an ordinary clone as fork that it accepts. */
#define _GNU_SOURCE
#include "../check.h"
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

static long raw_clone(unsigned long flags)
{
	return syscall(SYS_clone, flags, 0, NULL, NULL, 0);
}

int main(void)
{
	CHECK_ERRNO(raw_clone(CLONE_THREAD), EINVAL);
	CHECK_ERRNO(raw_clone(CLONE_THREAD | CLONE_VM), EINVAL);
	CHECK_ERRNO(raw_clone(CLONE_THREAD | CLONE_SIGHAND), EINVAL);
	CHECK_ERRNO(raw_clone(CLONE_SIGHAND), EINVAL);
	CHECK_ERRNO(raw_clone(CLONE_FS | CLONE_NEWNS), EINVAL);

	/* As fork, with the exit signal SIGCHLD. */
	int shared = 5;
	long pid = CHECK_SYS(raw_clone(SIGCHLD));
	if (pid == 0) {
		shared = 6;
		_exit(shared);
	}
	int status = check_reap((pid_t)pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 6);
	CHECK_EQ(shared, 5);
	return check_done();
}
