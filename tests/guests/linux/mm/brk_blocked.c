/* brk does not go over another mapping: it returns the old break, and goes on when the mapping is gone. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>
#include <sys/syscall.h>

static uintptr_t brk_call(uintptr_t to)
{
	return (uintptr_t)syscall(SYS_brk, to);
}

int main(void)
{
	uintptr_t page = (brk_call(0) + 4095) & ~4095ul;
	CHECK_EQ(brk_call(page), page);
	char *guard = CHECK_SYS(mmap((void *)(page + 65536), 4096, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	guard[5] = 'g';
	CHECK_EQ(brk_call(page + 131072), page);
	CHECK_EQ(guard[5], 'g');
	/* Up to a little before it there is room. */
	CHECK_EQ(brk_call(page + 8192), page + 8192);
	*(char *)page = 1;
	CHECK_EQ(munmap(guard, 4096), 0);
	CHECK_EQ(brk_call(page + 131072), page + 131072);
	CHECK_EQ(*(char *)(page + 65536 + 5), 0);
	return check_done();
}
