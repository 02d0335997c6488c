/* SIGPIPE: raised by a write to a pipe or a stream socket without a reader, EPIPE when ignored or handled, and not with
 * MSG_NOSIGNAL. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/socket.h>

static volatile int runs, code;

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	code = info->si_code;
	runs++;
}

int main(void)
{
	int ends[2], pair[2];
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	close(ends[0]);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK(write(ends[1], "x", 1) == -2);
		_exit(0);
	}
	int status = check_reap(child);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGPIPE);

	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	CHECK_EQ(sigaction(SIGPIPE, &action, NULL), 0);
	CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
	CHECK_EQ(runs, 1);
	CHECK_EQ(code, SI_USER);
	close(pair[0]);
	CHECK_ERRNO(write(pair[1], "x", 1), EPIPE);
	CHECK_EQ(runs, 2);
	CHECK_ERRNO(send(pair[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(runs, 2);
	/* Nothing to write is no error on a pipe. */
	CHECK_EQ(write(ends[1], "x", 0), 0);
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
	CHECK_EQ(runs, 2);
	return check_done();
}
