/* Pointers into nowhere: system calls answer EFAULT and do nothing, or tell how far they came. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

int main(void)
{
	char *map = CHECK_SYS(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	char *end = map + 4096, bytes[100];
	int ends[2];
	CHECK_EQ(munmap(end, 4096), 0);
	CHECK_EQ(pipe(ends), 0);
	CHECK_ERRNO(write(ends[1], end, 1), EFAULT);
	CHECK_EQ(write(ends[1], map, 10), 10);
	CHECK_ERRNO(read(ends[0], end, 1), EFAULT);
	CHECK_EQ(read(ends[0], bytes, 100), 10);
	CHECK_ERRNO(open(end, O_RDONLY), EFAULT);
	/* A path that runs into the hole. */
	memset(end - 8, 'p', 8);
	CHECK_ERRNO(open(end - 8, O_RDONLY), EFAULT);
	CHECK_ERRNO(syscall(SYS_newfstatat, AT_FDCWD, ".", end - 8, 0), EFAULT);
	CHECK_ERRNO(syscall(SYS_pipe2, end, 0), EFAULT);
	CHECK_ERRNO(syscall(SYS_uname, end - 8), EFAULT);
	CHECK_ERRNO(syscall(SYS_getcwd, end, 4096), EFAULT);
	CHECK_ERRNO(syscall(SYS_getrandom, end, 16, 0), EFAULT);
	CHECK_ERRNO(syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", end, 100), EFAULT);
	struct iovec parts[2] = {{map, 4}, {end, 4}};
	ssize_t n = writev(ends[1], parts, 2);
	CHECK(n == 4 || (n == -1 && errno == EFAULT));
	CHECK_ERRNO(writev(ends[1], (struct iovec *)end, 1), EFAULT);
	/* A file: the part before the hole arrives. */
	int fd = CHECK_SYS(open("file", O_RDWR | O_CREAT | O_TRUNC, 0600));
	n = write(fd, end - 100, 200);
	CHECK(n == 100 || (n == -1 && errno == EFAULT));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), n == 100 ? 100 : 0);
	CHECK_ERRNO(write(fd, (void *)-4096l, 10), EFAULT);
	return check_done();
}
