/* Large mappings that are hardly used: 16 GiB reserved, pages touched far apart, parts made usable as runtimes do. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

#define GIB (1ul << 30)

int main(void)
{
	enum { FLAGS = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE };
	char *map = CHECK_SYS(mmap(NULL, 16 * GIB, PROT_NONE, FLAGS, -1, 0));
	for (unsigned long i = 0; i < 16; i += 5) {
		char *at = map + i * GIB + i * 4096;
		CHECK_EQ(mprotect(at, 8192, PROT_READ | PROT_WRITE), 0);
		CHECK_EQ(at[0], 0);
		at[8191] = (char)i;
	}
	for (unsigned long i = 0; i < 16; i += 5)
		CHECK_EQ(map[i * GIB + i * 4096 + 8191], (char)i);
	/* Aligned as an allocator does: too much, then the rest is given back. */
	char *big = CHECK_SYS(mmap(NULL, 2 * GIB, PROT_READ | PROT_WRITE, FLAGS, -1, 0));
	char *aligned = (char *)(((uintptr_t)big + GIB - 1) & ~(GIB - 1));
	if (aligned > big)
		CHECK_EQ(munmap(big, (size_t)(aligned - big)), 0);
	if (big + 2 * GIB > aligned + GIB)
		CHECK_EQ(munmap(aligned + GIB, (size_t)(big + 2 * GIB - (aligned + GIB))), 0);
	aligned[0] = aligned[GIB - 1] = 9;
	CHECK_EQ(aligned[GIB / 2], 0);
	CHECK_EQ(madvise(aligned, GIB, MADV_DONTNEED), 0);
	CHECK_EQ(aligned[GIB - 1], 0);
	CHECK_EQ(munmap(aligned, GIB), 0);
	CHECK_EQ(munmap(map, 16 * GIB), 0);
	unsigned char vec;
	CHECK_ERRNO(mincore(map + 5 * GIB + 5 * 4096, 4096, &vec), ENOMEM);
	return check_done();
}
