// qemu: no, user mode takes MAP_FIXED_NOREPLACE for a hint and has other errors for odd lengths and advice
/* MAP_FIXED_NOREPLACE takes exactly the wanted place or fails with EEXIST; a length of 0 is nothing for most calls. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE, ANON = MAP_PRIVATE | MAP_ANONYMOUS };

int main(void)
{
	char *base = CHECK_SYS(mmap(NULL, 8 * PAGE, PROT_NONE, ANON, -1, 0)), *at = base + 2 * PAGE;
	CHECK_EQ(munmap(at, 2 * PAGE), 0);
	CHECK_EQ(mmap(at, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), at);
	at[3] = 'k';
	CHECK_ERRNO(mmap(at, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	/* Also when only a part is taken, at either end. */
	CHECK_ERRNO(mmap(at + PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	CHECK_ERRNO(mmap(at, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	CHECK_EQ(at[3], 'k');
	CHECK_EQ(mmap(at + PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), at + PAGE);
	CHECK_EQ(mprotect(at, 0, PROT_NONE), 0);
	CHECK_EQ(msync(at, 0, MS_SYNC), 0);
	CHECK_EQ(madvise(at, 0, MADV_DONTNEED), 0);
	CHECK_EQ(mlock(at, 0), 0);
	CHECK_ERRNO(munmap(at, 0), EINVAL);
	CHECK_ERRNO(mremap(at, PAGE, 0, 0), EINVAL);
	CHECK_ERRNO(madvise(at, PAGE, 9999), EINVAL);
	CHECK_EQ(at[3], 'k');
	/* A hole: what lies before and behind it is advised all the same. */
	at[0] = at[PAGE] = 'x';
	CHECK_EQ(munmap(at + PAGE, PAGE), 0);
	CHECK_ERRNO(madvise(at, 3 * PAGE, MADV_DONTNEED), ENOMEM);
	CHECK_EQ(at[0], 0);
	return check_done();
}
