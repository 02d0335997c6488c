// qemu: no, it forgets SA_NOCLDSTOP
/* SA_NOCLDSTOP: no SIGCHLD for a child that stops or continues, while wait still reports both. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static volatile sig_atomic_t count;

static void on_child(int number)
{
	CHECK_EQ(number, SIGCHLD);
	count++;
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};
	sigset_t block, none, pending;
	siginfo_t info;
	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	CHECK_SYS(sigprocmask(SIG_BLOCK, &block, NULL));
	CHECK_SYS(sigaction(SIGCHLD, &action, NULL));
	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		for (;;)
			pause();
	for (int i = 0; i < 2; i++) {
		CHECK_SYS(kill(child, SIGSTOP));
		CHECK_SYS(waitid(P_PID, child, &info, WSTOPPED));
		CHECK_EQ(info.si_code, CLD_STOPPED);
		CHECK_SYS(kill(child, SIGCONT));
		CHECK_SYS(waitid(P_PID, child, &info, WCONTINUED));
		CHECK_EQ(info.si_code, CLD_CONTINUED);
	}
	CHECK_SYS(sigpending(&pending));
	CHECK_EQ(sigismember(&pending, SIGCHLD), 0);
	/* Its death is announced all the same. */
	CHECK_SYS(kill(child, SIGUSR2));
	while (count == 0)
		sigsuspend(&none);
	CHECK_EQ(count, 1);
	CHECK_EQ(check_reap(child), SIGUSR2);
	return check_done();
}
