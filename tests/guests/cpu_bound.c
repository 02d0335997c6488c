/* Work for the CPU alone: a sieve, a matrix product in floating point, a heapsort and a recursion; argv[1] rounds.
 * Prints a checksum that depends on all of them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIEVE = 1 << 20, SIDE = 96, SORT = 1 << 17 };

static uint32_t sieve(void)
{
	static unsigned char composite[SIEVE];
	uint32_t primes = 0;
	memset(composite, 0, sizeof composite);
	for (uint32_t i = 2; i < SIEVE; i++) {
		if (composite[i])
			continue;
		primes++;
		for (uint32_t j = 2 * i; j < SIEVE; j += i)
			composite[j] = 1;
	}
	return primes;
}

static double product(uint64_t seed)
{
	static double a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			a[i][j] = (double)((i * 31 + j + (int)(seed & 7)) % 17) / 16;
			b[i][j] = (double)((i + j * 29) % 13) / 8;
		}
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			double sum = 0;
			for (int k = 0; k < SIDE; k++)
				sum += a[i][k] * b[k][j];
			c[i][j] = sum;
		}
	double trace = 0;
	for (int i = 0; i < SIDE; i++)
		trace += c[i][i];
	return trace;
}

static void sink(uint32_t *heap, size_t at, size_t n)
{
	for (size_t child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && heap[child + 1] > heap[child])
			child++;
		if (heap[at] >= heap[child])
			return;
		uint32_t swap = heap[at];
		heap[at] = heap[child];
		heap[child] = swap;
	}
}

static uint64_t heapsort_numbers(uint64_t seed)
{
	static uint32_t numbers[SORT];
	for (size_t i = 0; i < SORT; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		numbers[i] = (uint32_t)(seed >> 33);
	}
	for (size_t i = SORT / 2; i-- > 0;)
		sink(numbers, i, SORT);
	for (size_t n = SORT; n-- > 1;) {
		uint32_t swap = numbers[0];
		numbers[0] = numbers[n];
		numbers[n] = swap;
		sink(numbers, 0, n);
	}
	uint64_t sum = 0;
	for (size_t i = 0; i < SORT; i++)
		sum = sum * 31 + numbers[i];
	return sum;
}

__attribute__((noinline)) static uint32_t fib(uint32_t n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;
	uint64_t sum = 1;
	for (int round = 0; round < rounds; round++) {
		sum = sum * 1099511628211u + sieve();
		sum = sum * 1099511628211u + (uint64_t)(product(sum) * 1024);
		sum = sum * 1099511628211u + heapsort_numbers(sum);
		sum = sum * 1099511628211u + fib(25);
	}
	printf("%016lx\n", sum);
	return 0;
}
