/* Fifty children at once: every one is reaped exactly once with its own status, and its number is unique. */
#define _GNU_SOURCE
#include "../check.h"

enum { CHILDREN = 50 };

int main(void)
{
	pid_t pids[CHILDREN];
	int gate[2], reaped[CHILDREN] = {0};
	CHECK_SYS(pipe(gate));
	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = CHECK_SYS(fork());
		if (pids[i] == 0) {
			char byte;
			close(gate[1]);
			/* All of them live until the parent closes the gate. */
			CHECK_EQ(read(gate[0], &byte, 1), 0);
			_exit(100 + i);
		}
		for (int j = 0; j < i; j++)
			CHECK(pids[i] != pids[j]);
	}
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), 0);
	close(gate[1]);
	for (int n = 0; n < CHILDREN; n++) {
		int status, i;
		pid_t pid = CHECK_SYS(wait(&status));
		for (i = 0; i < CHILDREN && pids[i] != pid; i++)
			;
		CHECK(i < CHILDREN);
		CHECK_EQ(reaped[i]++, 0);
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), 100 + i);
	}
	CHECK_ERRNO(wait(NULL), ECHILD);
	return check_done();
}
