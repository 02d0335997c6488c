/* SIGCHLD: the default interrupts nothing, SIG_IGN reaps by itself, stops and
 * continuations are told. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static volatile int runs, code;

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	code = info->si_code;
	runs++;
}

static pid_t ends_with(int status)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		_exit(status);
	return child;
}

static void set(int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
	CHECK_EQ(sigaction(SIGCHLD, &action, NULL), 0);
	runs = 0;
}

/* The signal follows the change of state that waitpid sees. */
static void seen(int wanted)
{
	while (runs < wanted)
		usleep(1000);
	CHECK_EQ(runs, wanted);
}

static void stop_and_go(void)
{
	int status;
	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		_exit((int)sleep(10));
	CHECK_EQ(kill(child, SIGSTOP), 0);
	while (waitpid(child, &status, WUNTRACED) != child)
		CHECK_EQ(errno, EINTR);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), SIGSTOP);
	seen(1);
	CHECK_EQ(code, CLD_STOPPED);
	CHECK_EQ(kill(child, SIGCONT), 0);
	while (waitpid(child, &status, WCONTINUED) != child)
		CHECK_EQ(errno, EINTR);
	CHECK(WIFCONTINUED(status));
	seen(2);
	CHECK_EQ(code, CLD_CONTINUED);
	CHECK_EQ(kill(child, SIGKILL), 0);
	check_reap(child);
	seen(3);
	CHECK_EQ(code, CLD_KILLED);
}

int main(void)
{
	int status;
	/* The default: the child waits for its parent, and a read goes on. */
	int ends[2];
	char byte;
	CHECK_EQ(pipe(ends), 0);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		ends_with(0);
		usleep(20000);
		CHECK_EQ(write(ends[1], "x", 1), 1);
		_exit(8);
	}
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	status = check_reap(child);
	CHECK_EQ(WEXITSTATUS(status), 8);

	CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	child = ends_with(1);
	/* waitpid waits for the end and then finds nothing. */
	CHECK_ERRNO(waitpid(child, &status, 0), ECHILD);
	CHECK_ERRNO(waitpid(-1, &status, 0), ECHILD);

	set(0);
	stop_and_go();
	return check_done();
}
