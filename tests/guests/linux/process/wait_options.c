/* The options of wait4: WNOHANG, WUNTRACED, WCONTINUED, what each reports once only, and the errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/resource.h>

int main(void)
{
	int status = 12345;
	CHECK_ERRNO(waitpid(-1, &status, 0), ECHILD);
	CHECK_ERRNO(waitpid(-1, &status, WNOHANG), ECHILD);
	CHECK_ERRNO(waitpid(getpid(), &status, 0), ECHILD);
	CHECK_ERRNO(waitpid(-1, &status, 0x40), EINVAL);
	CHECK_EQ(status, 12345);

	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		for (;;)
			pause();
	/* SIGTTIN stops nobody in an orphaned group: with a parent outside of its group the child's is none. */
	CHECK_SYS(setpgid(child, 0));
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	CHECK_EQ(waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED), 0);

	CHECK_SYS(kill(child, SIGSTOP));
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status) && !WIFEXITED(status) && !WIFSIGNALED(status) && !WIFCONTINUED(status));
	CHECK_EQ(WSTOPSIG(status), SIGSTOP);
	CHECK_EQ(status, SIGSTOP << 8 | 0x7f);
	/* A stop is reported once. */
	CHECK_EQ(waitpid(child, &status, WUNTRACED | WNOHANG), 0);

	CHECK_SYS(kill(child, SIGCONT));
	CHECK_EQ(waitpid(child, &status, WCONTINUED), child);
	CHECK_EQ(status, 0xffff);
	CHECK(WIFCONTINUED(status));
	CHECK_EQ(waitpid(child, &status, WCONTINUED | WNOHANG), 0);

	/* A stop by another signal says which; without WUNTRACED nothing is reported. */
	CHECK_SYS(kill(child, SIGTTIN));
	siginfo_t info;
	CHECK_SYS(waitid(P_PID, child, &info, WSTOPPED | WNOWAIT));
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK_EQ(WSTOPSIG(status), SIGTTIN);

	/* A stopped process dies of SIGKILL without having been continued. */
	struct rusage usage;
	memset(&usage, 0xff, sizeof usage);
	CHECK_SYS(kill(child, SIGKILL));
	CHECK_EQ(wait4(child, &status, 0, &usage), child);
	CHECK_EQ(status, SIGKILL);
	CHECK(WIFSIGNALED(status));
	CHECK(usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_usec >= 0 && usage.ru_utime.tv_usec < 1000000);
	CHECK_ERRNO(wait4(child, &status, WNOHANG, &usage), ECHILD);
	return check_done();
}
