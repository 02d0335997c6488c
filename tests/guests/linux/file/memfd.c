/* memfd_create: a file without a place, its name under /proc, seals that forbid growing, shrinking, writing,
 * sealing. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main(void)
{
	char text[64] = "", name[64];
	struct stat stat_;
	CHECK_ERRNO(memfd_create("x", 0x100000), EINVAL);
	int fd = CHECK_SYS(memfd_create("a name", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	CHECK_SYS(fstat(fd, &stat_));
	CHECK(S_ISREG(stat_.st_mode));
	CHECK_EQ(stat_.st_nlink, 0);
	CHECK_EQ(stat_.st_size, 0);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	CHECK_SYS(readlink(name, text, sizeof text - 1));
	CHECK_STR(text, "/memfd:a name (deleted)");
	CHECK_SYS(ftruncate(fd, 8192));
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	strcpy(map + 4096, "mapped");
	CHECK_EQ(pread(fd, text, 7, 4096), 7);
	CHECK_STR(text, "mapped");
	CHECK_EQ(pwrite(fd, "written", 8, 0), 8);
	CHECK_STR(map, "written");

	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	CHECK_ERRNO(ftruncate(fd, 4096), EPERM);
	CHECK_SYS(ftruncate(fd, 12288));
	CHECK_SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	CHECK_ERRNO(ftruncate(fd, 16384), EPERM);
	CHECK_ERRNO(pwrite(fd, "x", 1, 12288), EPERM);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW);
	/* A writable mapping is in the way of sealing against writes. */
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_SYS(munmap(map, 8192));
	CHECK_SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	CHECK_ERRNO(pwrite(fd, "x", 1, 0), EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(map != MAP_FAILED);
	map[0] = 'W';
	CHECK_EQ(pread(fd, text, 1, 0), 1);
	CHECK_EQ(text[0], 'w');
	CHECK_SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), EPERM);

	int plain = CHECK_SYS(memfd_create("", 0));
	CHECK_EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERRNO(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	int file = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
	int seals = fcntl(file, F_GET_SEALS);
	/* An ordinary file has none, unless it lies in memory itself. */
	CHECK(seals == -1 || seals == F_SEAL_SEAL);
	return check_done();
}
