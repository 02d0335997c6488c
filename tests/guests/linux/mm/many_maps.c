/* Many mappings: neighbours join and split in any pattern, and each page keeps its contents and its rights. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 600, RW = PROT_READ | PROT_WRITE };

static int is_mapped(char *at)
{
	unsigned char vec;
	return mincore(at, PAGE, &vec) == 0;
}

int main(void)
{
	char *map = CHECK_SYS(mmap(NULL, PAGES * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	for (int i = 0; i < PAGES; i++)
		memcpy(map + i * PAGE, &i, sizeof i);
	for (int i = 0; i < PAGES; i += 2)
		CHECK_EQ(mprotect(map + i * PAGE, PAGE, PROT_READ), 0);
	for (int i = 0; i < PAGES; i += 3)
		CHECK_EQ(munmap(map + i * PAGE, PAGE), 0);
	for (int i = 0; i < PAGES; i++) {
		CHECK_EQ(is_mapped(map + i * PAGE), i % 3 != 0);
		if (i % 3 != 0)
			CHECK_MEM(map + i * PAGE, &i, sizeof i);
	}
	for (int i = 0; i < PAGES; i += 3)
		CHECK_EQ(mmap(map + i * PAGE, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), map + i * PAGE);
	CHECK_EQ(mprotect(map, PAGES * PAGE, RW), 0);
	for (int i = 0; i < PAGES; i++) {
		int want = i % 3 == 0 ? 0 : i;
		CHECK_MEM(map + i * PAGE, &want, sizeof want);
		map[i * PAGE + 9] = 1;
	}
	CHECK_EQ(munmap(map, PAGES * PAGE), 0);
	for (int i = 0; i < PAGES; i += 50)
		CHECK_EQ(is_mapped(map + i * PAGE), 0);
	return check_done();
}
