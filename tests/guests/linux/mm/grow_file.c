/* mremap of a mapping of a file: the pages that it gains show what follows in the file, and SIGBUS is behind its end. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE };

int main(void)
{
	char page[PAGE];
	int fd = CHECK_SYS(memfd_create("grows", 0)), ends[2];
	for (int i = 0; i < 4; i++) {
		memset(page, 'a' + i, PAGE);
		CHECK_EQ(write(fd, page, PAGE), PAGE);
	}
	CHECK_EQ(pipe(ends), 0);
	for (int shared = 0; shared < 2; shared++) {
		char *map = CHECK_SYS(mmap(NULL, 2 * PAGE, RW, shared ? MAP_SHARED : MAP_PRIVATE, fd, PAGE));
		map[PAGE] = 'X';
		char *to = CHECK_SYS(mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		CHECK_EQ(mremap(map, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
		CHECK_EQ(to[0], 'b');
		CHECK_EQ(to[PAGE], 'X');
		CHECK_EQ(to[2 * PAGE], 'd');
		CHECK_EQ(munmap(to + 3 * PAGE, PAGE), 0);
		CHECK_EQ(mremap(to, 3 * PAGE, 4 * PAGE, 0), to);
		CHECK_ERRNO(write(ends[1], to + 3 * PAGE, 1), EFAULT);
		to[2 * PAGE + 5] = 'Y';
		CHECK_EQ(pread(fd, page, 1, 3 * PAGE + 5), 1);
		CHECK_EQ(page[0], shared ? 'Y' : 'd');
		CHECK_EQ(ftruncate(fd, 5 * PAGE), 0);
		CHECK_EQ(to[3 * PAGE], 0);
		CHECK_EQ(ftruncate(fd, 4 * PAGE), 0);
		CHECK_ERRNO(write(ends[1], to + 3 * PAGE, 1), EFAULT);
		CHECK_EQ(munmap(to, 4 * PAGE), 0);
	}
	return check_done();
}
