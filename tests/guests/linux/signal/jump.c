/* Leaving a handler by a jump: siglongjmp with a saved mask opens the signal again, longjmp without leaves it
 * blocked. */
#define _GNU_SOURCE
#include "../check.h"
#include <setjmp.h>
#include <signal.h>

static sigjmp_buf back;
static volatile int runs;

static void handler(int signo)
{
	(void)signo;
	runs++;
	siglongjmp(back, runs);
}

static int blocked(void)
{
	sigset_t mask;
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
	return sigismember(&mask, SIGUSR1);
}

int main(void)
{
	double kept = 1.5;
	volatile long local = 9;
	CHECK_EQ(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handler}, NULL), 0);
	for (int i = 1; i <= 20; i++) {
		int result = sigsetjmp(back, 1);
		if (result == 0) {
			raise(SIGUSR1);
			check_fail(__FILE__, __LINE__, "expected the handler not to return");
		}
		CHECK_EQ(result, i);
		CHECK_EQ(blocked(), 0);
	}
	CHECK_EQ(local, 9);
	CHECK(kept == 1.5);
	int result = sigsetjmp(back, 0);
	if (result == 0)
		raise(SIGUSR1);
	CHECK_EQ(runs, 21);
	CHECK_EQ(blocked(), 1);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(runs, 21);
	return check_done();
}
