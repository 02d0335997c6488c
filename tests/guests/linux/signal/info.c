/* siginfo by sender: kill, tgkill, sigqueue, an interval timer and a child each fill in their own fields. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>

static volatile siginfo_t last;
static volatile int count;

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)context;
	if (signo != info->si_signo)
		_exit(9);
	*(siginfo_t *)&last = *info;
	count++;
}

static void handle(int signo)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	CHECK_EQ(sigaction(signo, &action, NULL), 0);
}

static void received(int signo, int code)
{
	CHECK_EQ(count, 1);
	CHECK_EQ(last.si_signo, signo);
	CHECK_EQ(last.si_code, code);
	CHECK_EQ(last.si_errno, 0);
	count = 0;
}

static void sender(void)
{
	CHECK_EQ(last.si_pid, getpid());
	CHECK_EQ(last.si_uid, getuid());
}

int main(void)
{
	handle(SIGUSR1);
	handle(SIGRTMIN);
	handle(SIGALRM);
	handle(SIGCHLD);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	received(SIGUSR1, SI_USER);
	sender();
	CHECK_EQ(raise(SIGUSR1), 0);
	received(SIGUSR1, SI_TKILL);
	sender();
	CHECK_EQ(syscall(SYS_tkill, gettid(), SIGRTMIN), 0);
	received(SIGRTMIN, SI_TKILL);
	sender();
	union sigval value = {.sival_ptr = (void *)0x123456789abcdef0};
	CHECK_EQ(sigqueue(getpid(), SIGRTMIN, value), 0);
	received(SIGRTMIN, SI_QUEUE);
	sender();
	CHECK_EQ(last.si_value.sival_ptr, 0x123456789abcdef0);
	CHECK_EQ(sigqueue(getpid(), SIGUSR1, value), 0);
	received(SIGUSR1, SI_QUEUE);
	CHECK_EQ(last.si_value.sival_ptr, 0x123456789abcdef0);

	struct itimerval once = {{0, 0}, {0, 1000}};
	CHECK_EQ(setitimer(ITIMER_REAL, &once, NULL), 0);
	while (count == 0)
		usleep(1000);
	received(SIGALRM, SI_KERNEL);

	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		_exit(33);
	check_reap(child);
	received(SIGCHLD, CLD_EXITED);
	CHECK_EQ(last.si_pid, child);
	CHECK_EQ(last.si_status, 33);
	child = CHECK_SYS(fork());
	if (child == 0)
		_exit((int)sleep(10));
	CHECK_EQ(kill(child, SIGKILL), 0);
	check_reap(child);
	received(SIGCHLD, CLD_KILLED);
	CHECK_EQ(last.si_pid, child);
	CHECK_EQ(last.si_status, SIGKILL);
	return check_done();
}
