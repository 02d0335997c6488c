/* What fork returns on both sides, and that process numbers agree three generations deep. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/syscall.h>

int main(void)
{
	pid_t self = getpid();
	int ends[2];
	CHECK_SYS(pipe(ends));
	CHECK_EQ(syscall(SYS_gettid), self);

	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		pid_t mine = getpid();
		CHECK(mine != self);
		CHECK_EQ(getppid(), self);
		CHECK_EQ(syscall(SYS_gettid), mine);
		CHECK_EQ(getpgrp(), getpgid(self));
		CHECK_EQ(getsid(0), getsid(self));
		CHECK_EQ(write(ends[1], &mine, sizeof mine), sizeof mine);
		pid_t grandchild = CHECK_SYS(fork());
		if (grandchild == 0) {
			pid_t deepest = getpid();
			CHECK(deepest != mine && deepest != self);
			CHECK_EQ(getppid(), mine);
			CHECK_EQ(write(ends[1], &deepest, sizeof deepest), sizeof deepest);
			_exit(5);
		}
		CHECK(grandchild > 0);
		CHECK_EQ(write(ends[1], &grandchild, sizeof grandchild), sizeof grandchild);
		int status = check_reap(grandchild);
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), 5);
		_exit(0);
	}
	CHECK(child > 0 && child != self);
	CHECK_EQ(getpid(), self);
	CHECK_CHILD(child);
	pid_t seen[3];
	CHECK_EQ(read(ends[0], seen, sizeof seen), sizeof seen);
	CHECK_EQ(seen[0], child);
	/* The grandchild's number as its parent and as it itself knows it, in whichever order they were written. */
	CHECK_EQ(seen[1], seen[2]);
	/* The grandchild is not ours to wait for. */
	CHECK_ERRNO(waitpid(seen[1], NULL, 0), ECHILD);
	return check_done();
}
