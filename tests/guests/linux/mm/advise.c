/* madvise: MADV_DONTNEED makes private memory zero, or the file's again, at once; MADV_FREE keeps or drops; the hints
 * change nothing; shared memory keeps its contents. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE };

static int all(const char *at, int value)
{
	for (int i = 0; i < PAGE; i++)
		if (at[i] != value)
			return 0;
	return 1;
}

int main(void)
{
	static const int hints[] = {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTFORK, MADV_DOFORK};
	char *map = CHECK_SYS(mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	memset(map, 'x', 4 * PAGE);
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		CHECK_EQ(madvise(map, 4 * PAGE, hints[i]), 0);
	CHECK(all(map + PAGE, 'x'));
	CHECK_EQ(madvise(map + PAGE, 2 * PAGE, MADV_DONTNEED), 0);
	CHECK(all(map, 'x'));
	CHECK(all(map + PAGE, 0));
	CHECK(all(map + 2 * PAGE, 0));
	CHECK(all(map + 3 * PAGE, 'x'));
	/* It may be used again at once, also where it may only be read. */
	map[PAGE] = 'y';
	CHECK_EQ(mprotect(map + 3 * PAGE, PAGE, PROT_READ), 0);
	CHECK_EQ(madvise(map + 3 * PAGE, PAGE, MADV_DONTNEED), 0);
	CHECK(all(map + 3 * PAGE, 0));
	CHECK_EQ(map[PAGE], 'y');
	CHECK_EQ(madvise(map, PAGE, MADV_FREE), 0);
	CHECK(map[0] == 'x' || map[0] == 0);
	map[0] = 'z';
	CHECK_EQ(map[0], 'z');
	CHECK_EQ(madvise(map, 0, MADV_DONTNEED), 0);

	char *shared = CHECK_SYS(mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	memset(shared, 's', PAGE);
	CHECK_EQ(madvise(shared, PAGE, MADV_DONTNEED), 0);
	CHECK(all(shared, 's'));
	return check_done();
}
