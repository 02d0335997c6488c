/* mremap: shrinks, grows in place or moves, with the contents; to a wanted place; errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE, ANON = MAP_PRIVATE | MAP_ANONYMOUS };

static int mapped(void *at)
{
	unsigned char vec;
	return mincore(at, PAGE, &vec) == 0;
}

int main(void)
{
	char *area = CHECK_SYS(mmap(NULL, 32 * PAGE, PROT_NONE, ANON, -1, 0));
	CHECK_EQ(munmap(area, 32 * PAGE), 0);
	char *map = CHECK_SYS(mmap(area, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0));
	for (int i = 0; i < 4; i++)
		memset(map + i * PAGE, 'a' + i, PAGE);
	CHECK_EQ(mremap(map, 4 * PAGE, 2 * PAGE, 0), map);
	CHECK_EQ(mapped(map + PAGE), 1);
	CHECK_EQ(mapped(map + 2 * PAGE), 0);
	/* In place where there is room, with zeros. */
	CHECK_EQ(mremap(map, 2 * PAGE, 3 * PAGE, 0), map);
	CHECK_EQ(map[2 * PAGE], 0);
	CHECK_EQ(map[PAGE], 'b');
	/* Something is behind it. */
	CHECK_EQ(mmap(map + 3 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0), map + 3 * PAGE);
	CHECK_ERRNO(mremap(map, 3 * PAGE, 8 * PAGE, 0), ENOMEM);
	char *moved = CHECK_SYS(mremap(map, 3 * PAGE, 8 * PAGE, MREMAP_MAYMOVE));
	CHECK(moved != map);
	CHECK_EQ(moved[0], 'a');
	CHECK_EQ(moved[2 * PAGE - 1], 'b');
	CHECK_EQ(moved[8 * PAGE - 1], 0);
	CHECK_EQ(mapped(map), 0);
	CHECK_EQ(mapped(map + 3 * PAGE), 1);
	/* To a wanted place, over what is there. */
	char *wanted = CHECK_SYS(mmap(NULL, 8 * PAGE, RW, ANON, -1, 0));
	memset(wanted, 'w', 8 * PAGE);
	CHECK_EQ(mremap(moved, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, wanted + PAGE), wanted + PAGE);
	CHECK_EQ(wanted[0], 'w');
	CHECK_EQ(wanted[PAGE], 'a');
	CHECK_EQ(wanted[2 * PAGE], 'b');
	CHECK_EQ(wanted[3 * PAGE], 'w');
	CHECK_EQ(mapped(moved), 0);
	CHECK_EQ(mapped(moved + 2 * PAGE), 1);
	CHECK_ERRNO(mremap(wanted + 1, PAGE, PAGE, 0), EINVAL);
	CHECK_ERRNO(mremap(wanted, PAGE, PAGE, 64), EINVAL);
	CHECK_ERRNO(mremap(wanted, 4 * PAGE, 4 * PAGE, MREMAP_FIXED, area), EINVAL);
	CHECK_ERRNO(mremap(wanted, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, wanted + PAGE), EINVAL);
	CHECK_ERRNO(mremap(map, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
	return check_done();
}
