/* After fork each side has its own memory: what either writes, or lets a system call write, the other never sees; also
 * through generations and with rights changed in between. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 64 };

static char data[PAGE * 4];
static char *map;

static int all(const char *at, size_t length, int value)
{
	for (size_t i = 0; i < length; i += 31)
		if (at[i] != value)
			return 0;
	return 1;
}

static void generation(int depth)
{
	int local = depth;
	volatile int *seen = &local;
	if (depth == 4)
		_exit(0);
	memset(map, depth, PAGE * PAGES);
	memset(data, depth, sizeof data);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK(all(map, PAGE * PAGES, depth));
		CHECK(all(data, sizeof data, depth));
		CHECK_EQ(mprotect(map, PAGE, PROT_READ), 0);
		CHECK_EQ(mprotect(map, PAGE, PROT_READ | PROT_WRITE), 0);
		*seen = 99;
		generation(depth + 1);
		_exit(0);
	}
	/* At the same time as the child. */
	for (int i = 0; i < PAGES; i++)
		map[i * PAGE] = 50;
	CHECK_CHILD(child);
	CHECK_EQ(*seen, depth);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(map[i * PAGE], 50);
	CHECK_EQ(map[1], depth);
	CHECK(all(data, sizeof data, depth));
}

int main(void)
{
	int ends[2];
	map = CHECK_SYS(mmap(NULL, PAGE * PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	generation(1);
	/* Written by the kernel in the child. */
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], "kernel", 6), 6);
	memset(data, 'p', sizeof data);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(read(ends[0], data + PAGE - 3, 6), 6);
		CHECK_MEM(data + PAGE - 3, "kernel", 6);
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK(all(data, sizeof data, 'p'));
	CHECK_MEM(data + PAGE - 3, "pppppp", 6);
	return check_done();
}
