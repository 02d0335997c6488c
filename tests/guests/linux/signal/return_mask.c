/* The mask in the frame is the one the program goes on with: what a handler writes there holds after its return. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <ucontext.h>

static volatile int before, second;

static void handler(int signo, siginfo_t *info, void *context)
{
	ucontext_t *user = context;
	(void)signo;
	(void)info;
	before = sigismember(&user->uc_sigmask, SIGHUP) | sigismember(&user->uc_sigmask, SIGUSR1) << 1 |
		 sigismember(&user->uc_sigmask, SIGUSR2) << 2;
	sigdelset(&user->uc_sigmask, SIGHUP);
	sigaddset(&user->uc_sigmask, SIGTERM);
	/* Changes by the call do not outlive the handler. */
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void hangup(int signo)
{
	(void)signo;
	second++;
}

int main(void)
{
	sigset_t set;
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	sigaddset(&action.sa_mask, SIGUSR2);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGHUP, &(struct sigaction){.sa_handler = hangup}, NULL), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &set, NULL), 0);
	CHECK_EQ(raise(SIGHUP), 0);
	CHECK_EQ(second, 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(before, 1);
	CHECK_EQ(second, 1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &set), 0);
	for (int signo = 1; signo < 32; signo++)
		CHECK_EQ(sigismember(&set, signo), signo == SIGTERM);
	return check_done();
}
