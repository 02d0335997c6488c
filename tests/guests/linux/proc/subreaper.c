// qemu: no, user mode lacks PR_SET_CHILD_SUBREAPER
/* The subreaper becomes the parent of orphans below it; PR_SET_PDEATHSIG tells a child of its parent's end. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/prctl.h>

int main(void)
{
	int value = -1;
	/* A grandchild whose parent is gone comes to the subreaper, and hears of that death. */
	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	CHECK_EQ(prctl(PR_GET_CHILD_SUBREAPER, &value), 0);
	CHECK_EQ(value, 1);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		pid_t top = getppid(), parent = getpid();
		pid_t grandchild = CHECK_SYS(fork());
		if (grandchild == 0) {
			while (getppid() == parent)
				usleep(1000);
			_exit(getppid() == top ? 41 : 42);
		}
		_exit(0);
	}
	CHECK_CHILD(child);
	int status = 0;
	CHECK(waitpid(-1, &status, 0) > 0);
	CHECK_EQ(WEXITSTATUS(status), 41);

	/* The orphan dies by the signal it asked for. */
	child = CHECK_SYS(fork());
	if (child == 0) {
		int ends[2];
		char byte;
		CHECK_EQ(pipe(ends), 0);
		pid_t grandchild = CHECK_SYS(fork());
		if (grandchild == 0) {
			CHECK_EQ(prctl(PR_SET_PDEATHSIG, SIGUSR1), 0);
			CHECK_EQ(write(ends[1], "x", 1), 1);
			_exit((int)sleep(10));
		}
		CHECK_EQ(read(ends[0], &byte, 1), 1);
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK(waitpid(-1, &status, 0) > 0);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGUSR1);
	CHECK_ERRNO(waitpid(-1, &status, 0), ECHILD);
	return check_done();
}
