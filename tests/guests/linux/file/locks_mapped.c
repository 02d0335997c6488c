/* Mapping a file and unmapping it costs no record locks; closing any descriptor of it does. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/mman.h>

static int fd;

/* What another process meets at byte `at`. */
static int locked(off_t at)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
		CHECK_SYS(fcntl(fd, F_GETLK, &lock));
		CHECK(lock.l_type == F_UNLCK || lock.l_pid == getppid());
		_exit(lock.l_type != F_UNLCK);
	}
	return check_reap(child) >> 8;
}

static void lock_bytes(short type, off_t at, off_t length)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = length};
	CHECK_SYS(fcntl(fd, F_SETLK, &lock));
}

int main(void)
{
	fd = CHECK_SYS(open("file", O_RDWR | O_CREAT, 0600));
	CHECK_SYS(ftruncate(fd, 8192));
	lock_bytes(F_WRLCK, 10, 10);
	void *copy = CHECK_SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	CHECK_EQ(locked(10), 1);
	void *shared = CHECK_SYS(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	CHECK_EQ(locked(19), 1);
	CHECK_EQ(locked(20), 0);
	CHECK_SYS(munmap(copy, 4096));
	CHECK_SYS(munmap(shared, 4096));
	CHECK_SYS(munmap((char *)shared + 4096, 4096));
	CHECK_EQ(locked(10), 1);
	lock_bytes(F_RDLCK, 12, 1);
	lock_bytes(F_UNLCK, 14, 100);
	CHECK_EQ(locked(12), 1);
	CHECK_EQ(locked(14), 0);
	/* Another descriptor for the same file, even one that is for reading. */
	CHECK_SYS(close(CHECK_SYS(open("file", O_RDONLY))));
	CHECK_EQ(locked(10), 0);
	lock_bytes(F_WRLCK, 0, 0);
	CHECK_EQ(locked(5000), 1);
	CHECK_SYS(close(CHECK_SYS(dup(fd))));
	CHECK_EQ(locked(5000), 0);
	return check_done();
}
