/* brk: the raw call returns the break that holds, refuses by returning the old one, grows with zeros and shrinks. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/syscall.h>

static uintptr_t brk_call(uintptr_t to)
{
	return (uintptr_t)syscall(SYS_brk, to);
}

int main(void)
{
	uintptr_t start = brk_call(0);
	CHECK(start > 4096);
	CHECK_EQ(brk_call(1), start);
	CHECK_EQ(brk_call(start + 100001), start + 100001);
	char *at = (char *)start;
	for (int i = 0; i < 100001; i += 997)
		CHECK_EQ(at[i], 0);
	memset(at, 0x77, 100001);
	CHECK_EQ(brk_call(0), start + 100001);
	/* Pages that went come back as zeros. */
	uintptr_t page = (start + 8191) & ~4095ul;
	CHECK_EQ(brk_call(page), page);
	CHECK_EQ(brk_call(page + 16384), page + 16384);
	CHECK_EQ(*(char *)page, 0);
	CHECK_EQ(*(char *)(page + 16383), 0);
	CHECK_EQ(*(char *)(page - 1), 0x77);
	CHECK_EQ(brk_call(UINTPTR_MAX - 4096), page + 16384);
	CHECK_EQ(brk_call(start), start);
	return check_done();
}
