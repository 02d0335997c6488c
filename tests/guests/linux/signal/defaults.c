/* Default actions: which signals end a process, which do nothing, which stop it; and how a parent sees it. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static int status_of(int signo)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		raise(signo);
		_exit(17);
	}
	int status = 0;
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	if (WIFSTOPPED(status)) {
		int again;
		CHECK_EQ(kill(child, SIGKILL), 0);
		again = check_reap(child);
		CHECK(WIFSIGNALED(again));
		CHECK_EQ(WTERMSIG(again), SIGKILL);
	}
	return status;
}

int main(void)
{
	static const int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1,
				    SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGXCPU, SIGXFSZ, SIGVTALRM,
				    SIGPROF, SIGIO, SIGPWR, SIGSYS, 34, 50, 60};
	static const int ignored[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH};
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
		int status = status_of(fatal[i]);
		CHECK_EQ(WIFSIGNALED(status) ? WTERMSIG(status) : -1, fatal[i]);
	}
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
		int status = status_of(ignored[i]);
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), 17);
	}
	int status = status_of(SIGSTOP);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), SIGSTOP);
	return check_done();
}
