/* FUTEX_WAIT and signals: without SA_RESTART EINTR, with it the wait goes on until it is woken; a wait with a relative
 * timeout is EINTR after any handler, and goes on with what is left of it after a signal that nobody handles. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static uint32_t word;
static volatile int ticks, wake_at;

static void handler(int signo)
{
	(void)signo;
	if (++ticks == wake_at) {
		word = 1;
		syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
}

static void tick(int flags, int wake)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	struct itimerval every = {{0, 5000}, {0, 5000}};
	ticks = 0;
	wake_at = wake;
	word = 0;
	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static long long now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000000000ll + at.tv_nsec;
}

int main(void)
{
	tick(0, 0);
	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0), EINTR);
	CHECK(ticks >= 1);

	/* Restarted: the value differs by then, so that the call ends with EAGAIN, or it was waiting: 0. */
	tick(SA_RESTART, 4);
	long result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	CHECK(result == 0 || (result == -1 && errno == EAGAIN));
	CHECK(ticks >= 4);

	tick(SA_RESTART, 0);
	struct timespec length = {100, 0};
	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &length, NULL, 0), EINTR);
	CHECK(ticks >= 1);
	CHECK_EQ(length.tv_sec, 100);

	CHECK(signal(SIGALRM, SIG_IGN) != SIG_ERR);
	length = (struct timespec){0, 40000000};
	long long start = now();
	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &length, NULL, 0), ETIMEDOUT);
	CHECK(now() - start >= 40000000);
	return check_done();
}
