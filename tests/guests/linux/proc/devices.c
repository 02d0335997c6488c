/* /dev/null, zero, full, random, urandom, tty, shm, fd and stdin: what they read, take and refuse. */
#define _GNU_SOURCE
#include "files.h"
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void number(const char *path, unsigned minor_number)
{
	struct stat info;
	CHECK_EQ(stat(path, &info), 0);
	CHECK(S_ISCHR(info.st_mode));
	CHECK_EQ(major(info.st_rdev), 1);
	CHECK_EQ(minor(info.st_rdev), minor_number);
}

int main(void)
{
	char bytes[64], zeros[64] = {0}, name[64];
	number("/dev/null", 3);
	number("/dev/zero", 5);
	number("/dev/full", 7);
	number("/dev/random", 8);
	number("/dev/urandom", 9);
	int null = CHECK_SYS(open("/dev/null", O_RDWR)), zero = CHECK_SYS(open("/dev/zero", O_RDWR));
	int full = CHECK_SYS(open("/dev/full", O_RDWR)), random = CHECK_SYS(open("/dev/urandom", O_RDONLY));
	CHECK_EQ(read(null, bytes, 64), 0);
	CHECK_EQ(write(null, bytes, 64), 64);
	CHECK_EQ(lseek(null, 100, SEEK_SET), 0);
	memset(bytes, 1, 64);
	CHECK_EQ(read(zero, bytes, 64), 64);
	CHECK_MEM(bytes, zeros, 64);
	CHECK_EQ(write(zero, bytes, 64), 64);
	memset(bytes, 1, 64);
	CHECK_EQ(read(full, bytes, 64), 64);
	CHECK_MEM(bytes, zeros, 64);
	CHECK_ERRNO(write(full, bytes, 1), ENOSPC);
	CHECK_EQ(read(random, bytes, 64), 64);
	CHECK(memcmp(bytes, zeros, 64) != 0);
	struct pollfd poller = {.fd = null, .events = POLLIN | POLLOUT};
	CHECK_EQ(poll(&poller, 1, 0), 1);
	CHECK_EQ(poller.revents, POLLIN | POLLOUT);
	char *map = CHECK_SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0));
	CHECK_EQ(map[4095], 0);
	map[4095] = 1;
	CHECK_ERRNO(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, null, 0), ENODEV);
	/* Opened anew by its descriptor. */
	snprintf(name, sizeof name, "/dev/fd/%d", zero);
	int again = CHECK_SYS(open(name, O_RDONLY));
	CHECK_EQ(read(again, bytes, 3), 3);
	/* Shared memory by name. */
	snprintf(name, sizeof name, "/guest-%d", getpid());
	int shm = CHECK_SYS(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
	CHECK_EQ(ftruncate(shm, 4096), 0);
	map = CHECK_SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, shm, 0));
	map[7] = 'm';
	CHECK_EQ(pread(shm, bytes, 1, 7), 1);
	CHECK_EQ(bytes[0], 'm');
	CHECK_ERRNO(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_EQ(shm_unlink(name), 0);
	CHECK_ERRNO(shm_open(name, O_RDWR, 0), ENOENT);
	/* Without a controlling terminal there is no /dev/tty. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_SYS(setsid());
		CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
		_exit(0);
	}
	CHECK_CHILD(child);
	return check_done();
}
