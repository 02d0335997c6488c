// qemu: no, it refuses clone with CLONE_FILES or CLONE_FS alone
/* Processes that share their descriptor table (CLONE_FILES) or their working directory and umask (CLONE_FS). */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static pid_t raw(unsigned long flags)
{
	return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

int main(void)
{
	char before[4096], after[4096];
	CHECK_SYS(mkdir("sub", 0700));
	CHECK(getcwd(before, sizeof before) != NULL);
	umask(022);

	pid_t child = CHECK_SYS(raw(CLONE_FILES));
	if (child == 0) {
		CHECK_EQ(dup2(1, 50), 50);
		CHECK_EQ(dup2(1, 51), 51);
		CHECK_SYS(close(51));
		CHECK_SYS(fcntl(50, F_SETFD, FD_CLOEXEC));
		CHECK_SYS(chdir("sub"));
		umask(077);
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_EQ(fcntl(50, F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(fcntl(51, F_GETFD), EBADF);
	CHECK(getcwd(after, sizeof after) != NULL);
	CHECK_STR(after, before);
	CHECK_EQ(umask(022), 022);

	child = CHECK_SYS(raw(CLONE_FS));
	if (child == 0) {
		CHECK_EQ(dup2(1, 52), 52);
		CHECK_SYS(close(50));
		CHECK_SYS(chdir("sub"));
		umask(077);
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_SYS(fcntl(50, F_GETFD));
	CHECK_ERRNO(fcntl(52, F_GETFD), EBADF);
	strcat(before, "/sub");
	CHECK(getcwd(after, sizeof after) != NULL);
	CHECK_STR(after, before);
	CHECK_EQ(umask(022), 077);
	return check_done();
}
