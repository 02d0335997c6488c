/* Ids of a process: user, group, groups, umask, process group and session, personality, and what may not be changed. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>

int main(void)
{
	uid_t real, effective, saved;
	gid_t groups[1024];
	struct stat info;
	CHECK_EQ(getresuid(&real, &effective, &saved), 0);
	CHECK_EQ(real, getuid());
	CHECK_EQ(effective, geteuid());
	CHECK_EQ(getresgid(&real, &effective, &saved), 0);
	CHECK_EQ(real, getgid());
	CHECK_EQ(effective, getegid());
	/* What it is already, it may become. */
	CHECK_EQ(setresuid((uid_t)-1, geteuid(), (uid_t)-1), 0);
	CHECK_EQ(setresgid((gid_t)-1, getegid(), (gid_t)-1), 0);
	CHECK_EQ(setfsuid(geteuid()), geteuid());
	int n = CHECK_SYS(getgroups(0, NULL));
	CHECK_EQ(getgroups(1024, groups), n);
	if (n > 1)
		CHECK_ERRNO(getgroups(1, groups), EINVAL);
	CHECK_ERRNO(syscall(SYS_getgroups, -1, groups), EINVAL);

	umask(077);
	CHECK_EQ(umask(0123), 077);
	CHECK_EQ(umask(07777027), 0123);
	CHECK_EQ(umask(027), 027);
	CHECK_EQ(close(CHECK_SYS(open("masked", O_WRONLY | O_CREAT, 0777))), 0);
	CHECK_EQ(stat("masked", &info), 0);
	CHECK_EQ(info.st_mode & 07777, 0750);

	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		pid_t me = getpid();
		CHECK(getpgrp() != me);
		CHECK_EQ(umask(0), 027);
		CHECK_EQ(setsid(), me);
		CHECK_EQ(getpgrp(), me);
		CHECK_EQ(getsid(0), me);
		CHECK_EQ(getpgid(0), me);
		CHECK_ERRNO(setsid(), EPERM);
		CHECK_ERRNO(setpgid(0, 0), EPERM);
		_exit(0);
	}
	CHECK_CHILD(child);
	child = CHECK_SYS(fork());
	if (child == 0)
		_exit((int)sleep(10));
	CHECK_EQ(setpgid(child, child), 0);
	CHECK_EQ(getpgid(child), child);
	CHECK_EQ(getsid(child), getsid(0));
	CHECK_ERRNO(setpgid(child, 0x3ffffff0), EPERM);
	CHECK_ERRNO(setpgid(child, -1), EINVAL);
	CHECK_EQ(kill(-child, SIGKILL), 0);
	CHECK_EQ(waitpid(-child, NULL, 0), child);
	CHECK_ERRNO(setpgid(0x3ffffff0, 0), ESRCH);
	CHECK_ERRNO(getpgid(0x3ffffff0), ESRCH);
	CHECK_ERRNO(getsid(0x3ffffff0), ESRCH);

	CHECK_EQ(personality(0xffffffff) & 0xff, PER_LINUX);
	CHECK_EQ(personality(ADDR_NO_RANDOMIZE) & 0xff, PER_LINUX);
	CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE);
	return check_done();
}
