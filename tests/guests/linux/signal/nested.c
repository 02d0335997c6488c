/* Signals raised in a handler: another one interrupts it, its own waits for its end, and the order shows that. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static char order[32];
static volatile int left = 2;

static void note(char letter)
{
	size_t n = strlen(order);
	order[n] = letter;
	order[n + 1] = 0;
}

static void first(int signo)
{
	note('(');
	if (left-- > 0) {
		raise(signo);
		raise(SIGUSR2);
	}
	note(')');
}

static void second(int signo)
{
	(void)signo;
	note('[');
	raise(SIGHUP);
	note(']');
}

static void third(int signo)
{
	(void)signo;
	note('!');
}

int main(void)
{
	CHECK_EQ(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = first}, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR2, &(struct sigaction){.sa_handler = second}, NULL), 0);
	struct sigaction action = {.sa_handler = third};
	CHECK_EQ(sigaction(SIGHUP, &action, NULL), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_STR(order, "([!])([!])()");
	/* Blocked by the outer handler: the inner one comes after it. */
	order[0] = 0;
	action.sa_handler = second;
	sigaddset(&action.sa_mask, SIGHUP);
	CHECK_EQ(sigaction(SIGUSR2, &action, NULL), 0);
	CHECK_EQ(raise(SIGUSR2), 0);
	CHECK_STR(order, "[]!");
	return check_done();
}
