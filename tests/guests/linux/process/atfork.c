/* pthread_atfork: prepare in reverse order, parent and child in order, and a lock that is held around the fork. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <sched.h>

static char order[16];
static unsigned used;
static int stop;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void note(char letter)
{
	order[used++] = letter;
}
static void prepare1(void) { note('p'); pthread_mutex_lock(&lock); }
static void parent1(void) { pthread_mutex_unlock(&lock); note('a'); }
static void child1(void) { pthread_mutex_unlock(&lock); note('c'); }
static void prepare2(void) { note('P'); }
static void parent2(void) { note('A'); }
static void child2(void) { note('C'); }

static void *contends(void *unused)
{
	for (int done = 0; !done;) {
		pthread_mutex_lock(&lock);
		done = stop;
		sched_yield();
		pthread_mutex_unlock(&lock);
		sched_yield();
	}
	return unused;
}

int main(void)
{
	pthread_t other;
	CHECK_EQ(pthread_atfork(prepare1, parent1, child1), 0);
	CHECK_EQ(pthread_atfork(prepare2, parent2, child2), 0);
	CHECK_EQ(pthread_create(&other, NULL, contends, NULL), 0);
	for (int i = 0; i < 10; i++) {
		used = 0;
		pid_t child = CHECK_SYS(fork());
		if (child == 0) {
			CHECK_STR(order, "PpcC");
			/* The lock is free here although a thread that is not here was after it. */
			CHECK_EQ(pthread_mutex_trylock(&lock), 0);
			_exit(0);
		}
		CHECK_STR(order, "PpaA");
		CHECK_CHILD(child);
		memset(order, 0, sizeof order);
	}
	pthread_mutex_lock(&lock);
	stop = 1;
	pthread_mutex_unlock(&lock);
	CHECK_EQ(pthread_join(other, NULL), 0);
	return check_done();
}
