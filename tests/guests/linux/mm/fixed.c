/* MAP_FIXED replaces what is there, a hint is taken when it is free and else passed by. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE, ANON = MAP_PRIVATE | MAP_ANONYMOUS };

int main(void)
{
	char *base = CHECK_SYS(mmap(NULL, 16 * PAGE, PROT_NONE, ANON, -1, 0));
	char *at = base + 4 * PAGE;
	CHECK_EQ(mmap(at, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0), at);
	memset(at, 0x5a, 2 * PAGE);
	/* Replaced: the first page is new and zero, its neighbour as it was. */
	CHECK_EQ(mmap(at, PAGE, RW, ANON | MAP_FIXED, -1, 0), at);
	CHECK_EQ(at[0], 0);
	CHECK_EQ(at[PAGE], 0x5a);
	CHECK_EQ(munmap(at, 2 * PAGE), 0);
	CHECK_EQ(mmap(at, PAGE, RW, ANON | MAP_FIXED, -1, 0), at);
	CHECK_EQ(at[PAGE - 1], 0);
	/* Hints: free, taken, not aligned. */
	CHECK_EQ(mmap(at + PAGE, PAGE, RW, ANON, -1, 0), at + PAGE);
	char *other = CHECK_SYS(mmap(at, PAGE, RW, ANON, -1, 0));
	CHECK(other < base || other >= base + 16 * PAGE);
	CHECK_EQ(munmap(at + PAGE, PAGE), 0);
	other = CHECK_SYS(mmap(at + PAGE + 5, PAGE, RW, ANON, -1, 0));
	CHECK_EQ((uintptr_t)other % PAGE, 0);
	CHECK_ERRNO(mmap(at + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
	CHECK_ERRNO(mmap((void *)~0xffful, PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_ERRNO(mmap(at, SIZE_MAX - PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	return check_done();
}
