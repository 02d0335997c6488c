/* fork from a thread: the child has that thread only, with its TLS and mask; atfork handlers run in order. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <signal.h>

static __thread int local = 1;
static char order[16];
static volatile int ticks, stop;

static void prepare_a(void) { strcat(order, "p"); }
static void parent_a(void) { strcat(order, "q"); }
static void child_a(void) { strcat(order, "c"); }
static void prepare_b(void) { strcat(order, "P"); }
static void parent_b(void) { strcat(order, "Q"); }
static void child_b(void) { strcat(order, "C"); }

static void *ticker(void *argument)
{
	while (!stop)
		ticks++;
	return argument;
}

static void *forker(void *argument)
{
	sigset_t mask;
	local = 50;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		int before = ticks;
		CHECK_EQ(gettid(), getpid());
		CHECK_EQ(local, 50);
		CHECK_STR(order, "PpcC");
		sigemptyset(&mask);
		CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
		CHECK_EQ(sigismember(&mask, SIGUSR2), 1);
		usleep(20000);
		CHECK_EQ(ticks, before);
		/* The child may start threads of its own and leaves by returning from its only thread. */
		pthread_t thread;
		stop = 1;
		CHECK_EQ(pthread_create(&thread, NULL, ticker, NULL), 0);
		CHECK_EQ(pthread_join(thread, NULL), 0);
		return argument;
	}
	CHECK_STR(order, "PpqQ");
	CHECK_CHILD(child);
	return argument;
}

int main(void)
{
	pthread_t first, second;
	CHECK_EQ(pthread_atfork(prepare_a, parent_a, child_a), 0);
	CHECK_EQ(pthread_atfork(prepare_b, parent_b, child_b), 0);
	CHECK_EQ(pthread_create(&first, NULL, ticker, NULL), 0);
	CHECK_EQ(pthread_create(&second, NULL, forker, NULL), 0);
	CHECK_EQ(pthread_join(second, NULL), 0);
	stop = 1;
	CHECK_EQ(pthread_join(first, NULL), 0);
	CHECK_EQ(local, 1);
	return check_done();
}
