/* A process that is stopped and continued while it sleeps, waits for a futex or polls goes on with the rest of its
 * time: the calls are resumed, and SIGCONT alone is no EINTR. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

static void stop_and_continue(pid_t child)
{
	int status;
	CHECK_EQ(kill(child, SIGSTOP), 0);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(kill(child, SIGCONT), 0);
	CHECK_EQ(waitpid(child, &status, WCONTINUED), child);
	CHECK(WIFCONTINUED(status));
}

int main(void)
{
	for (int how = 0; how < 3; how++) {
		int ends[2];
		char byte;
		CHECK_EQ(pipe(ends), 0);
		pid_t child = CHECK_SYS(fork());
		if (child == 0) {
			struct timespec length = {0, 200000000}, start, end;
			uint32_t word = 0;
			clock_gettime(CLOCK_MONOTONIC, &start);
			CHECK_EQ(write(ends[1], "x", 1), 1);
			if (how == 0)
				CHECK_EQ(nanosleep(&length, &length), 0);
			else if (how == 1)
				CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &length, NULL, 0), ETIMEDOUT);
			else
				CHECK_EQ(poll(NULL, 0, 200), 0);
			clock_gettime(CLOCK_MONOTONIC, &end);
			CHECK((end.tv_sec - start.tv_sec) * 1000000000ll + end.tv_nsec - start.tv_nsec >= 200000000);
			_exit(0);
		}
		CHECK_EQ(read(ends[0], &byte, 1), 1);
		usleep(20000);
		stop_and_continue(child);
		stop_and_continue(child);
		CHECK_CHILD(child);
		close(ends[0]);
		close(ends[1]);
	}
	return check_done();
}
