/* Who may join which process group, what setsid does, and the errors of setpgid, getpgid, setsid and getsid. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static pid_t sleeper(void)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		for (;;)
			pause();
	return child;
}

int main(void)
{
	pid_t outer = CHECK_SYS(fork());
	if (outer > 0) {
		CHECK_CHILD(outer);
		return check_done();
	}
	/* Here nobody's leader. */
	pid_t self = getpid(), session = getsid(0);
	CHECK(session != self && getpgrp() != self);
	CHECK_EQ(setsid(), self);
	CHECK_EQ(getsid(0), self);
	CHECK_EQ(getpgrp(), self);
	CHECK_EQ(getpgid(0), self);
	/* A group leader cannot make a session, a session leader cannot move. */
	CHECK_ERRNO(setsid(), EPERM);
	CHECK_ERRNO(setpgid(0, 0), EPERM);
	CHECK_ERRNO(setpgid(0, -1), EINVAL);
	CHECK_ERRNO(setpgid(getpid() + 100000, 0), ESRCH);
	CHECK_ERRNO(getpgid(-1), ESRCH);

	pid_t one = sleeper(), two = sleeper();
	CHECK_EQ(getpgid(one), self);
	CHECK_EQ(getsid(one), self);
	CHECK_SYS(setpgid(one, 0));
	CHECK_EQ(getpgid(one), one);
	CHECK_SYS(setpgid(two, one));
	CHECK_EQ(getpgid(two), one);
	CHECK_SYS(setpgid(two, self));
	CHECK_EQ(getpgid(two), self);
	/* No such group in this session; the outer one belongs to another session. */
	CHECK_ERRNO(setpgid(two, two + 100000), EPERM);
	CHECK_ERRNO(setpgid(two, getpgid(getppid())), EPERM);
	CHECK_ERRNO(setpgid(getppid(), 0), ESRCH);

	int ends[2], back[2];
	CHECK_SYS(pipe(ends));
	CHECK_SYS(pipe(back));
	pid_t three = CHECK_SYS(fork());
	if (three == 0) {
		char byte;
		CHECK_EQ(setsid(), getpid());
		CHECK_EQ(write(ends[1], "s", 1), 1);
		CHECK_EQ(read(back[0], &byte, 1), 1);
		_exit(0);
	}
	char byte;
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	CHECK_EQ(getsid(three), three);
	/* A child in another session cannot be moved. */
	CHECK_ERRNO(setpgid(three, self), EPERM);
	CHECK_EQ(write(back[1], "x", 1), 1);
	CHECK_CHILD(three);
	CHECK_ERRNO(getsid(three), ESRCH);
	CHECK_ERRNO(getpgid(three), ESRCH);
	CHECK_SYS(kill(one, SIGKILL));
	CHECK_SYS(kill(two, SIGKILL));
	CHECK_EQ(check_reap(one), SIGKILL);
	CHECK_EQ(check_reap(two), SIGKILL);
	_exit(0);
}
