// qemu: no, user mode cannot execute an arm64 program without binfmt_misc
/* execve and signals: handlers become the default, ignored stays ignored, mask and pending signals and the alarm are
 * kept, the other stack is gone. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static char area[65536];

static void handler(int signo)
{
	(void)signo;
}

static int after(void)
{
	struct sigaction now;
	sigset_t set;
	stack_t stack;
	CHECK_EQ(sigaction(SIGUSR1, NULL, &now), 0);
	CHECK_EQ(now.sa_handler, SIG_DFL);
	CHECK_EQ(sigaction(SIGUSR2, NULL, &now), 0);
	CHECK_EQ(now.sa_handler, SIG_IGN);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &set), 0);
	CHECK_EQ(sigismember(&set, SIGHUP), 1);
	CHECK_EQ(sigismember(&set, SIGTERM), 0);
	CHECK_EQ(sigpending(&set), 0);
	CHECK_EQ(sigismember(&set, SIGHUP), 1);
	CHECK_EQ(sigaltstack(NULL, &stack), 0);
	CHECK_EQ(stack.ss_flags, SS_DISABLE);
	CHECK(alarm(0) > 50);
	return check_done();
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return after();
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	stack_t stack = {.ss_sp = area, .ss_size = sizeof area};
	sigset_t set;
	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK(signal(SIGUSR2, SIG_IGN) != SIG_ERR);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &set, NULL), 0);
	CHECK_EQ(raise(SIGHUP), 0);
	alarm(1000);
	execl("/proc/self/exe", "after_exec", "after", (char *)NULL);
	check_fail(__FILE__, __LINE__, "expected execl not to return, errno %d", errno);
}
