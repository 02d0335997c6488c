/* Unaligned loads, stores and pairs across pages and cache lines are whole in ordinary memory. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

int main(void)
{
	unsigned char *map = CHECK_SYS(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	for (int i = 0; i < 8192; i++)
		map[i] = (unsigned char)(i * 7);
	for (int at = 4096 - 20; at < 4096 + 4; at++) {
		uint64_t value, expected = 0;
		uint32_t half;
		uint16_t quarter;
		for (int i = 7; i >= 0; i--)
			expected = expected << 8 | map[at + i];
		value = *(volatile uint64_t *)__builtin_assume_aligned(map + at, 1);
		CHECK_EQ(value, expected);
		half = *(volatile uint32_t *)__builtin_assume_aligned(map + at, 1);
		CHECK_EQ(half, (uint32_t)expected);
		quarter = *(volatile uint16_t *)__builtin_assume_aligned(map + at, 1);
		CHECK_EQ(quarter, (uint16_t)expected);
		*(volatile uint64_t *)__builtin_assume_aligned(map + at, 1) = ~expected;
		for (int i = 0; i < 8; i++)
			CHECK_EQ(map[at + i], (unsigned char)~(expected >> 8 * i));
		*(volatile uint64_t *)__builtin_assume_aligned(map + at, 1) = expected;
		CHECK_EQ(map[at - 1], (unsigned char)((at - 1) * 7));
		CHECK_EQ(map[at + 8], (unsigned char)((at + 8) * 7));
	}
	return check_done();
}
