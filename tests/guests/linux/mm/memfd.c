/* memfd_create: a file without a name that grows, is mapped and sealed; its name shows in /proc. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main(void)
{
	char text[64] = {0}, path[64];
	struct stat info;
	int fd = CHECK_SYS(memfd_create("a name", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fstat(fd, &info), 0);
	CHECK_EQ(info.st_size, 0);
	CHECK(S_ISREG(info.st_mode));
	CHECK_EQ(info.st_nlink, 0);
	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_EQ(pread(fd, text, 9, 1), 4);
	CHECK_STR(text, "ello");
	CHECK_EQ(ftruncate(fd, 8192), 0);
	char *map = CHECK_SYS(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	CHECK_MEM(map, "hello\0\0", 7);
	map[8191] = 'z';
	CHECK_EQ(pread(fd, text, 9, 8191), 1);
	CHECK_EQ(text[0], 'z');
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	memset(text, 0, sizeof text);
	CHECK(readlink(path, text, sizeof text - 1) > 0);
	CHECK_STR(text, "/memfd:a name (deleted)");

	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_EQ(munmap(map, 8192), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), 0);
	CHECK_ERRNO(write(fd, "x", 1), EPERM);
	CHECK_ERRNO(ftruncate(fd, 100), EPERM);
	CHECK_ERRNO(ftruncate(fd, 100000), EPERM);
	CHECK_ERRNO(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EPERM);
	CHECK_SYS(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), 0);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	/* Without the flag it cannot be sealed. */
	int plain = CHECK_SYS(memfd_create("plain", 0));
	CHECK_EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERRNO(memfd_create("x", 0x4000), EINVAL);
	CHECK_ERRNO(memfd_create(NULL, 0), EFAULT);
	return check_done();
}
