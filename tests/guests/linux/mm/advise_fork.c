// qemu: no, user mode ignores MADV_DONTFORK and MADV_WIPEONFORK
/* madvise for children: MADV_DONTFORK leaves the pages out, MADV_WIPEONFORK gives zeros, MADV_DOFORK takes it back. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(void)
{
	char *map = CHECK_SYS(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	memset(map, 'x', 4 * PAGE);
	CHECK_EQ(madvise(map, 2 * PAGE, MADV_DONTFORK), 0);
	CHECK_EQ(madvise(map + PAGE, PAGE, MADV_DOFORK), 0);
	CHECK_EQ(madvise(map + 2 * PAGE, PAGE, MADV_WIPEONFORK), 0);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		unsigned char vec;
		CHECK_ERRNO(mincore(map, PAGE, &vec), ENOMEM);
		CHECK_EQ(map[PAGE], 'x');
		CHECK_EQ(map[2 * PAGE], 0);
		CHECK_EQ(map[3 * PAGE - 1], 0);
		CHECK_EQ(map[3 * PAGE], 'x');
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_EQ(map[0], 'x');
	CHECK_EQ(map[2 * PAGE], 'x');
	return check_done();
}
