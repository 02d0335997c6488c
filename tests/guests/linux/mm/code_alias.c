// qemu: no, user mode does not see writes through another mapping
/* arm64: one memory at two addresses, written by the one and run by the other, as some compilers at run time do. */
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
	int fd = CHECK_SYS(memfd_create("code", 0));
	CHECK_EQ(ftruncate(fd, PAGE), 0);
	char *writes = CHECK_SYS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	char *runs = CHECK_SYS(mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0));
	for (unsigned i = 0; i < 5; i++) {
		emit(writes, 2000 + i);
		__builtin___clear_cache(writes, writes + 64);
		CHECK_EQ(run(runs), 2000 + i);
	}
	return check_done();
}
