/* Moves the break, maps, protects, moves and unmaps pages in a pseudo-random order and checks every byte it relies
 * on against its own book; prints a checksum. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SLOTS = 24, STEPS = 4000, PAGE = 4096 };

static struct {
	unsigned char *at;
	size_t pages;
	unsigned char fill;
} slots[SLOTS];
static uint64_t state = 88172645463325252u;

static uint32_t random_below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % n;
}

static int intact(int i)
{
	for (size_t at = 0; at < slots[i].pages * PAGE; at += 509)
		if (slots[i].at[at] != slots[i].fill)
			return 0;
	return 1;
}

static int step(int n)
{
	int i = (int)random_below(SLOTS);
	size_t length = slots[i].pages * PAGE;
	if (slots[i].at == NULL) {
		slots[i].pages = 1 + random_below(16);
		length = slots[i].pages * PAGE;
		slots[i].at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		slots[i].fill = 0;
		if (slots[i].at == MAP_FAILED || !intact(i))
			return 10;
		slots[i].fill = (unsigned char)n;
		memset(slots[i].at, n, length);
		return 0;
	}
	if (!intact(i))
		return 11;
	switch (random_below(5)) {
	case 0:
		if (munmap(slots[i].at, length) != 0)
			return 12;
		slots[i].at = NULL;
		return 0;
	case 1:
		if (mprotect(slots[i].at, length, PROT_READ) != 0 || !intact(i))
			return 13;
		return mprotect(slots[i].at, length, PROT_READ | PROT_WRITE) == 0 ? 0 : 14;
	case 2: {
		size_t pages = 1 + random_below(16);
		unsigned char *moved = mremap(slots[i].at, length, pages * PAGE, MREMAP_MAYMOVE);
		if (moved == MAP_FAILED)
			return 15;
		slots[i].at = moved;
		if (pages > slots[i].pages)
			memset(moved + length, slots[i].fill, pages * PAGE - length);
		slots[i].pages = pages;
		return intact(i) ? 0 : 16;
	}
	case 3:
		if (madvise(slots[i].at, length, MADV_DONTNEED) != 0)
			return 17;
		slots[i].fill = 0;
		return intact(i) ? 0 : 18;
	default:
		slots[i].fill = (unsigned char)n;
		memset(slots[i].at, n, length);
		return 0;
	}
}

int main(void)
{
	unsigned char *heap = sbrk(0);
	uint64_t sum = 0;
	for (int n = 0; n < STEPS; n++) {
		int wrong = step(n);
		if (wrong) {
			printf("step %d: check %d failed\n", n, wrong);
			return 1;
		}
		if (n % 64 == 0) {
			if (sbrk(3 * PAGE) == (void *)-1)
				return 2;
			heap[(n / 64) * 3 * PAGE + 5] = (unsigned char)n;
		}
		sum = sum * 31 + random_below(1 << 16);
	}
	for (int n = 0; n < STEPS; n += 64)
		if (heap[(n / 64) * 3 * PAGE + 5] != (unsigned char)n)
			return 3;
	/* A hole in the middle of a mapping, and a fixed mapping over a part of another. */
	unsigned char *at = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(at, 1, 8 * PAGE);
	if (munmap(at + 3 * PAGE, PAGE) != 0)
		return 4;
	if (mmap(at + 5 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at + 5 * PAGE)
		return 5;
	if (at[2 * PAGE] != 1 || at[4 * PAGE] != 1 || at[5 * PAGE] != 0 || at[6 * PAGE] != 1)
		return 6;
	printf("%016lx\n", sum);
	return 0;
}
