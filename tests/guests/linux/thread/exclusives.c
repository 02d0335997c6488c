/* arm64: exclusive pairs and compare-and-swap loops of several threads lose nothing, in all sizes up to 16 bytes; a
 * store to a neighbour does not break the word. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>

enum { THREADS = 4, ROUNDS = 1000 };

static struct {
	uint8_t byte;
	uint8_t neighbour;
	uint16_t half;
	uint32_t word;
	uint64_t pair[2] __attribute__((aligned(16)));
	uint64_t swapped;
} shared __attribute__((aligned(64)));

static void add_pair(uint64_t *pair)
{
	uint64_t low, high;
	uint32_t failed;
	__asm__ volatile("1: ldaxp %0, %1, [%3]\n\t"
			 "add %0, %0, #1\n\t"
			 "sub %1, %1, #1\n\t"
			 "stlxp %w2, %0, %1, [%3]\n\t"
			 "cbnz %w2, 1b"
			 : "=&r"(low), "=&r"(high), "=&r"(failed)
			 : "r"(pair)
			 : "memory");
}

static void add_byte(uint8_t *byte)
{
	uint32_t value, failed;
	__asm__ volatile("1: ldxrb %w0, [%2]\n\t"
			 "add %w0, %w0, #1\n\t"
			 "stxrb %w1, %w0, [%2]\n\t"
			 "cbnz %w1, 1b"
			 : "=&r"(value), "=&r"(failed)
			 : "r"(byte)
			 : "memory");
}

static void *work(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		add_byte(&shared.byte);
		*(volatile uint8_t *)&shared.neighbour = 0x5a;
		__atomic_fetch_add(&shared.half, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&shared.word, 3, __ATOMIC_ACQ_REL);
		add_pair(shared.pair);
		uint64_t old = __atomic_load_n(&shared.swapped, __ATOMIC_RELAXED);
		while (!__atomic_compare_exchange_n(&shared.swapped, &old, old * 2 % 1000003 + 1, 1, __ATOMIC_SEQ_CST,
						    __ATOMIC_RELAXED))
			;
	}
	return argument;
}

int main(void)
{
	pthread_t threads[THREADS];
	uint64_t expected = 0;
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < THREADS * ROUNDS; i++)
		expected = expected * 2 % 1000003 + 1;
	CHECK_EQ(shared.byte, (uint8_t)(THREADS * ROUNDS));
	CHECK_EQ(shared.neighbour, 0x5a);
	CHECK_EQ(shared.half, THREADS * ROUNDS);
	CHECK_EQ(shared.word, 3 * THREADS * ROUNDS);
	CHECK_EQ(shared.pair[0], THREADS * ROUNDS);
	CHECK_EQ(shared.pair[1], -THREADS * ROUNDS);
	CHECK_EQ(shared.swapped, expected);
	return check_done();
}
