/* After fork each side writes data, bss, heap, stack and private mappings for itself; shared mappings stay shared. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

static int data = 1, bss;

static char *map(int flags)
{
	char *at = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
	CHECK(at != MAP_FAILED);
	return at;
}

int main(void)
{
	volatile int stack = 3;
	int *heap = malloc(1 << 20), to_child[2], to_parent[2];
	char *private = map(MAP_PRIVATE), *shared = map(MAP_SHARED), *untouched = map(MAP_PRIVATE), byte;
	CHECK_SYS(pipe(to_child));
	CHECK_SYS(pipe(to_parent));
	heap[0] = heap[200000] = 4;
	strcpy(private + 4096, "before");
	strcpy(shared + 8192, "before");

	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(data, 1);
		CHECK_EQ(stack, 3);
		CHECK_EQ(heap[200000], 4);
		CHECK_STR(private + 4096, "before");
		data = bss = stack = heap[0] = heap[200000] = 100;
		strcpy(private + 4096, "child");
		strcpy(shared + 8192, "child");
		untouched[0] = 7;
		CHECK_EQ(write(to_parent[1], "a", 1), 1);
		CHECK_EQ(read(to_child[0], &byte, 1), 1);
		/* What the parent wrote meanwhile is not here, but in the shared mapping it is. */
		CHECK(data == 100 && bss == 100 && stack == 100 && heap[0] == 100 && heap[200000] == 100);
		CHECK_STR(private + 4096, "child");
		CHECK_STR(shared + 8192, "parent");
		CHECK_EQ(untouched[0], 7);
		CHECK_EQ(untouched[4096], 0);
		_exit(0);
	}
	CHECK_EQ(read(to_parent[0], &byte, 1), 1);
	CHECK(data == 1 && bss == 0 && stack == 3 && heap[0] == 4 && heap[200000] == 4);
	CHECK_STR(private + 4096, "before");
	CHECK_STR(shared + 8192, "child");
	CHECK_EQ(untouched[0], 0);
	data = bss = stack = heap[0] = heap[200000] = 200;
	strcpy(private + 4096, "parent");
	strcpy(shared + 8192, "parent");
	untouched[4096] = 9;
	CHECK_EQ(write(to_child[1], "b", 1), 1);
	CHECK_CHILD(child);
	CHECK(data == 200 && heap[200000] == 200);
	return check_done();
}
