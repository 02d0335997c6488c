// qemu: no, exec without binfmt
/* Signals across exec: caught ones return to default, ignored ones stay, the mask, the pending ones and the timer
 * stay. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/time.h>

extern char **environ;

static void handler(int number)
{
	(void)number;
}

static int in_second(void)
{
	struct sigaction action;
	sigset_t mask, pending;
	for (int i = 1; i < 65; i++) {
		if (i == 32 || i == 33)
			continue;
		CHECK_SYS(sigaction(i, NULL, &action));
		CHECK(action.sa_handler == (i == SIGPIPE || i == SIGCHLD ? SIG_IGN : SIG_DFL));
	}
	CHECK_SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
	CHECK_SYS(sigpending(&pending));
	for (int i = 1; i < 65; i++) {
		CHECK_EQ(sigismember(&mask, i) == 1, i == SIGUSR1 || i == SIGALRM || i == SIGTERM || i == 40);
		/* The alarm comes when it likes. */
		if (i != SIGALRM)
			CHECK_EQ(sigismember(&pending, i) == 1, i == SIGUSR1 || i == 40);
	}
	stack_t stack;
	CHECK_SYS(sigaltstack(NULL, &stack));
	CHECK_EQ(stack.ss_flags, SS_DISABLE);
	CHECK_EQ(stack.ss_size, 0);

	/* A queued signal has kept its value and how often it was sent. */
	siginfo_t info;
	sigemptyset(&mask);
	sigaddset(&mask, 40);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(sigwaitinfo(&mask, &info), 40);
		CHECK_EQ(info.si_code, SI_QUEUE);
		CHECK_EQ(info.si_value.sival_int, 1000 + i);
		CHECK_EQ(info.si_pid, getpid());
	}
	sigemptyset(&mask);
	sigaddset(&mask, SIGALRM);
	CHECK_EQ(sigwaitinfo(&mask, &info), SIGALRM);
	struct itimerval timer;
	CHECK_SYS(getitimer(ITIMER_REAL, &timer));
	CHECK_EQ(timer.it_interval.tv_sec, 1000);
	CHECK(timer.it_value.tv_sec > 0 && timer.it_value.tv_sec <= 1000);
	return check_done();
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return in_second();
	static char memory[65536];
	stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART | SA_ONSTACK};
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGALRM);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, 40);
	CHECK_SYS(sigprocmask(SIG_SETMASK, &mask, NULL));
	/* The default of every signal, whatever the caller of this program ignored. */
	for (int i = 1; i < 65; i++)
		signal(i, SIG_DFL);
	CHECK_SYS(sigaltstack(&stack, NULL));
	CHECK_SYS(sigaction(SIGUSR1, &action, NULL));
	CHECK_SYS(sigaction(SIGUSR2, &action, NULL));
	CHECK_SYS(sigaction(40, &action, NULL));
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	CHECK_SYS(raise(SIGUSR1));
	for (int i = 0; i < 2; i++)
		CHECK_SYS(sigqueue(getpid(), 40, (union sigval){.sival_int = 1000 + i}));
	struct itimerval timer = {{1000, 0}, {0, 60000}};
	CHECK_SYS(setitimer(ITIMER_REAL, &timer, NULL));
	execve("/proc/self/exe", (char *[]){argv[0], "second", NULL}, environ);
	CHECK(!"execve returned");
}
