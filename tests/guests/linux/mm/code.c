/* arm64: code that is written at run time runs after the cache is cleared, also when it is rewritten at the same place,
 * or by read. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

typedef int (*function)(void);

/* mov w0, #value; ret */
static void emit(char *at, unsigned value)
{
	uint32_t code[2] = {0x52800000 | value << 5, 0xd65f03c0};
	memcpy(at, code, sizeof code);
}

static int run(char *at)
{
	__builtin___clear_cache(at, at + 64);
	__asm__ volatile("" ::: "memory");
	return ((function)(uintptr_t)at)();
}

int main(void)
{
	char *map = CHECK_SYS(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	for (unsigned i = 0; i < 200; i++) {
		emit(map, i);
		CHECK_EQ(run(map), i);
	}
	/* A function that crosses a page. */
	emit(map + PAGE - 4, 321);
	CHECK_EQ(run(map + PAGE - 4), 321);
	/* Written, then made executable, then again. */
	for (unsigned i = 0; i < 5; i++) {
		CHECK_EQ(mprotect(map, PAGE, PROT_READ | PROT_WRITE), 0);
		emit(map + 64, 1000 + i);
		CHECK_EQ(mprotect(map, PAGE, PROT_READ | PROT_EXEC), 0);
		CHECK_EQ(run(map + 64), 1000 + i);
	}
	/* The system writes it. */
	int ends[2];
	char bytes[8];
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(mprotect(map, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
	emit(map, 7);
	CHECK_EQ(run(map), 7);
	emit(bytes, 8);
	CHECK_EQ(write(ends[1], bytes, 8), 8);
	CHECK_EQ(read(ends[0], map, 8), 8);
	CHECK_EQ(run(map), 8);
	/* Replaced by another mapping at the same address. */
	CHECK_EQ(mmap(map, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), map);
	emit(map, 9);
	CHECK_EQ(run(map), 9);
	return check_done();
}
