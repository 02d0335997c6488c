/* mmap, munmap, mprotect, msync, madvise: which wrong argument has which error. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/mman.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE };

int main(void)
{
	int fd = CHECK_SYS(open("file", O_RDWR | O_CREAT | O_TRUNC, 0600));
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	int reads = CHECK_SYS(open("file", O_RDONLY)), writes = CHECK_SYS(open("file", O_WRONLY));
	int folder = CHECK_SYS(open(".", O_RDONLY)), ends[2];
	CHECK_EQ(pipe(ends), 0);
	CHECK_ERRNO(mmap(NULL, 0, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 1), EINVAL);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_PRIVATE, 0x7fff, 0), EBADF);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_SHARED, reads, 0), EACCES);
	CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, writes, 0), EACCES);
	CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, ends[0], 0), ENODEV);
	CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, folder, 0), ENODEV);
	CHECK_ERRNO(mmap(NULL, 1ul << 60, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	CHECK_ERRNO(mmap(NULL, SIZE_MAX, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	/* A private mapping of a file that is open for reading may be written. */
	char *map = CHECK_SYS(mmap(NULL, PAGE, RW, MAP_PRIVATE, reads, 0));
	map[0] = 1;
	char *shared = CHECK_SYS(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reads, 0));
	CHECK_ERRNO(mprotect(shared, PAGE, RW), EACCES);
	CHECK_ERRNO(mprotect(map + 1, PAGE, PROT_READ), EINVAL);
	CHECK_ERRNO(munmap(map + 1, PAGE), EINVAL);
	CHECK_ERRNO(munmap(map, 0), EINVAL);
	CHECK_ERRNO(msync(map + 1, PAGE, MS_SYNC), EINVAL);
	CHECK_ERRNO(msync(map, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERRNO(msync(map, PAGE, 64), EINVAL);
	CHECK_ERRNO(madvise(map + 1, PAGE, MADV_NORMAL), EINVAL);
	/* Where nothing is mapped: munmap is content, the others are not. */
	char *hole = CHECK_SYS(mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK_EQ(munmap(hole + PAGE, PAGE), 0);
	CHECK_EQ(munmap(hole + PAGE, PAGE), 0);
	CHECK_ERRNO(mprotect(hole, 3 * PAGE, PROT_READ), ENOMEM);
	CHECK_ERRNO(msync(hole, 3 * PAGE, MS_ASYNC), ENOMEM);
	CHECK_EQ(munmap(hole, 3 * PAGE), 0);
	return check_done();
}
