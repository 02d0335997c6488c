/* Threads that only spin, without any system call: whoever holds the lock must be given the CPU in the end. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>

enum { THREADS = 4, ROUNDS = 12 };

static unsigned next_ticket, now_serving;
static long count;
static volatile int turn;
static char spin_byte;

static void *ticket_lock(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		unsigned mine = __atomic_fetch_add(&next_ticket, 1, __ATOMIC_RELAXED);
		while (__atomic_load_n(&now_serving, __ATOMIC_ACQUIRE) != mine)
			;
		count++;
		__atomic_store_n(&now_serving, mine + 1, __ATOMIC_RELEASE);
	}
	return argument;
}

static void *ping_pong(void *argument)
{
	long id = (long)argument;
	for (int i = 0; i < ROUNDS; i++) {
		while (turn % 2 != id)
			;
		turn++;
	}
	return argument;
}

static void *test_and_set(void *argument)
{
	for (int i = 0; i < ROUNDS * 4; i++) {
		while (__atomic_test_and_set(&spin_byte, __ATOMIC_ACQUIRE))
			;
		count++;
		__atomic_clear(&spin_byte, __ATOMIC_RELEASE);
	}
	return argument;
}

static void all(void *(*function)(void *), long n)
{
	pthread_t threads[THREADS];
	for (long i = 0; i < n; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, function, (void *)i), 0);
	for (long i = 0; i < n; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
	all(ping_pong, 2);
	CHECK_EQ(turn, 2 * ROUNDS);
	all(ticket_lock, 3);
	CHECK_EQ(count, 3 * ROUNDS);
	all(test_and_set, THREADS);
	CHECK_EQ(count, 3 * ROUNDS + THREADS * ROUNDS * 4);
	return check_done();
}
