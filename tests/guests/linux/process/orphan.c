// qemu: no, it lacks PR_SET_CHILD_SUBREAPER
/* An orphan goes to its nearest subreaper, which can wait for it; the attribute is not inherited. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/prctl.h>

int main(void)
{
	int is = -1, ends[2], gate[2], known[2];
	pid_t orphan;
	CHECK_SYS(pipe(ends));
	CHECK_SYS(pipe(gate));
	CHECK_SYS(pipe(known));
	CHECK_SYS(prctl(PR_GET_CHILD_SUBREAPER, &is));
	CHECK_EQ(is, 0);
	CHECK_SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHECK_SYS(prctl(PR_GET_CHILD_SUBREAPER, &is));
	CHECK_EQ(is, 1);

	pid_t self = getpid(), child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_SYS(prctl(PR_GET_CHILD_SUBREAPER, &is));
		CHECK_EQ(is, 0);
		char byte;
		pid_t middle = getpid();
		if (CHECK_SYS(fork()) == 0) {
			CHECK_EQ(getppid(), middle);
			CHECK_EQ(write(known[1], "k", 1), 1);
			pid_t mine = getpid();
			CHECK_EQ(write(ends[1], &mine, sizeof mine), sizeof mine);
			/* The gate opens when the middle process has been reaped. */
			CHECK_EQ(read(gate[0], &byte, 1), 1);
			CHECK_EQ(getppid(), self);
			_exit(42);
		}
		CHECK_EQ(read(known[0], &byte, 1), 1);
		_exit(7);
	}
	CHECK_EQ(check_reap(child), 7 << 8);
	CHECK_EQ(read(ends[0], &orphan, sizeof orphan), sizeof orphan);
	CHECK_EQ(waitpid(orphan, NULL, WNOHANG), 0);
	CHECK_EQ(write(gate[1], "g", 1), 1);
	CHECK_EQ(check_reap(orphan), 42 << 8);
	CHECK_ERRNO(wait(NULL), ECHILD);
	return check_done();
}
