/* PR_SET_PDEATHSIG: the signal comes when the parent ends; fork clears the setting. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/prctl.h>

static volatile sig_atomic_t got;

static void on_signal(int number)
{
	got = number;
}

int main(void)
{
	int ready[2], result[2], which = -1;
	char byte;
	CHECK_SYS(pipe(ready));
	CHECK_SYS(pipe(result));
	CHECK_ERRNO(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
	CHECK_SYS(prctl(PR_SET_PDEATHSIG, SIGUSR2));
	CHECK_SYS(prctl(PR_GET_PDEATHSIG, &which));
	CHECK_EQ(which, SIGUSR2);

	pid_t middle = CHECK_SYS(fork());
	if (middle == 0) {
		if (CHECK_SYS(fork()) == 0) {
			sigset_t block, none;
			sigemptyset(&none);
			sigemptyset(&block);
			sigaddset(&block, SIGUSR1);
			CHECK_SYS(sigprocmask(SIG_BLOCK, &block, NULL));
			signal(SIGUSR1, on_signal);
			CHECK_SYS(prctl(PR_GET_PDEATHSIG, &which));
			CHECK_EQ(which, 0);
			CHECK_SYS(prctl(PR_SET_PDEATHSIG, SIGUSR1));
			CHECK_EQ(write(ready[1], "r", 1), 1);
			while (got == 0)
				sigsuspend(&none);
			CHECK_EQ(write(result[1], got == SIGUSR1 ? "y" : "n", 1), 1);
			_exit(0);
		}
		CHECK_EQ(read(ready[0], &byte, 1), 1);
		_exit(0);
	}
	CHECK_CHILD(middle);
	close(result[1]);
	CHECK_EQ(read(result[0], &byte, 1), 1);
	CHECK_EQ(byte, 'y');
	/* The end of file proves that the orphan is gone. */
	CHECK_EQ(read(result[0], &byte, 1), 0);
	return check_done();
}
