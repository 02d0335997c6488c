/* A stopped child makes no progress; SIGCONT resumes it, runs its handler, and takes pending stops away. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

static volatile sig_atomic_t continued;

static void on_continue(int number)
{
	(void)number;
	continued++;
}

int main(void)
{
	int ping[2], pong[2], status;
	char byte;
	CHECK_SYS(pipe(ping));
	CHECK_SYS(pipe2(pong, O_NONBLOCK));
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		close(ping[1]);
		signal(SIGCONT, on_continue);
		sigset_t both, pending;
		sigemptyset(&both);
		sigaddset(&both, SIGTSTP);
		CHECK_SYS(sigprocmask(SIG_BLOCK, &both, NULL));
		while (read(ping[0], &byte, 1) == 1)
			CHECK_EQ(write(pong[1], &byte, 1), 1);
		CHECK_EQ(continued, 1);
		/* A blocked stop signal is pending until SIGCONT comes, and the other way round. */
		raise(SIGTSTP);
		CHECK_SYS(sigpending(&pending));
		CHECK_EQ(sigismember(&pending, SIGTSTP), 1);
		raise(SIGCONT);
		CHECK_EQ(continued, 2);
		CHECK_SYS(sigpending(&pending));
		CHECK_EQ(sigismember(&pending, SIGTSTP), 0);
		CHECK_SYS(sigprocmask(SIG_UNBLOCK, &both, NULL));
		_exit(31);
	}
	CHECK_EQ(write(ping[1], "a", 1), 1);
	while (read(pong[0], &byte, 1) != 1)
		sched_yield();
	CHECK_EQ(byte, 'a');
	CHECK_SYS(kill(child, SIGSTOP));
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status));

	CHECK_EQ(write(ping[1], "b", 1), 1);
	struct timespec delay = {0, 50000000};
	nanosleep(&delay, NULL);
	CHECK_ERRNO(read(pong[0], &byte, 1), EAGAIN);
	/* An ordinary signal does not wake it either. */
	CHECK_SYS(kill(child, SIGWINCH));
	CHECK_ERRNO(read(pong[0], &byte, 1), EAGAIN);

	CHECK_SYS(kill(child, SIGCONT));
	CHECK_EQ(waitpid(child, &status, WCONTINUED), child);
	CHECK(WIFCONTINUED(status));
	while (read(pong[0], &byte, 1) != 1)
		sched_yield();
	CHECK_EQ(byte, 'b');
	close(ping[1]);
	CHECK_EQ(check_reap(child), 31 << 8);
	return check_done();
}
