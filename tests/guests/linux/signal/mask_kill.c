// qemu: no, user mode keeps SIGKILL and SIGSTOP in the mask of an action
/* SIGKILL and SIGSTOP are taken out of the mask of an action, and unknown flags out of its flags. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

#ifndef SA_UNSUPPORTED
#define SA_UNSUPPORTED 0x00000400
#endif

static volatile int wrong = -1;

static void handler(int signo)
{
	sigset_t mask;
	(void)signo;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	wrong = sigismember(&mask, SIGKILL) | sigismember(&mask, SIGSTOP) << 1 | !sigismember(&mask, SIGTERM) << 2;
}

int main(void)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_UNSUPPORTED | SA_RESTART}, old;
	sigfillset(&action.sa_mask);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR1, NULL, &old), 0);
	CHECK_EQ(sigismember(&old.sa_mask, SIGKILL), 0);
	CHECK_EQ(sigismember(&old.sa_mask, SIGSTOP), 0);
	CHECK_EQ(sigismember(&old.sa_mask, SIGTERM), 1);
	CHECK_EQ(old.sa_flags & SA_UNSUPPORTED, 0);
	CHECK_EQ(old.sa_flags & SA_RESTART, SA_RESTART);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(wrong, 0);
	return check_done();
}
