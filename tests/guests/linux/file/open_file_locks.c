/* Open file description locks: owned by the open file, kept by dup and fork, in the way of record locks, l_pid is
 * -1. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>

static int lock(int fd, int command, short type, off_t start, off_t length)
{
	struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
	return fcntl(fd, command, &range);
}

int main(void)
{
	int one = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600)), two = CHECK_SYS(open("file", O_RDWR));
	CHECK_SYS(lock(one, F_OFD_SETLK, F_WRLCK, 10, 10));
	/* Two opens of one process are two owners. */
	CHECK_ERRNO(lock(two, F_OFD_SETLK, F_WRLCK, 15, 1), EAGAIN);
	CHECK_ERRNO(lock(two, F_OFD_SETLK, F_RDLCK, 15, 1), EAGAIN);
	CHECK_SYS(lock(two, F_OFD_SETLK, F_WRLCK, 20, 5));
	/* And a record lock of the same process is a third. */
	CHECK_ERRNO(lock(one, F_SETLK, F_WRLCK, 15, 1), EAGAIN);
	struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
	CHECK_SYS(fcntl(two, F_OFD_GETLK, &range));
	CHECK_EQ(range.l_type, F_WRLCK);
	CHECK_EQ(range.l_start, 10);
	CHECK_EQ(range.l_len, 10);
	CHECK_EQ(range.l_pid, -1);
	range = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_pid = 1};
	CHECK_ERRNO(fcntl(two, F_OFD_SETLK, &range), EINVAL);

	/* A close of another descriptor takes nothing; a child owns what it inherits. */
	CHECK_SYS(close(CHECK_SYS(open("file", O_RDONLY))));
	int copy = CHECK_SYS(dup(one));
	CHECK_SYS(close(one));
	CHECK_ERRNO(lock(two, F_OFD_SETLK, F_WRLCK, 15, 1), EAGAIN);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_SYS(lock(copy, F_OFD_SETLK, F_WRLCK, 10, 5));
		CHECK_SYS(lock(copy, F_OFD_SETLK, F_UNLCK, 15, 5));
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_SYS(lock(two, F_OFD_SETLK, F_WRLCK, 15, 1));
	CHECK_ERRNO(lock(two, F_OFD_SETLK, F_WRLCK, 14, 1), EAGAIN);
	CHECK_SYS(close(copy));
	CHECK_SYS(lock(two, F_OFD_SETLK, F_WRLCK, 14, 1));
	int reader = CHECK_SYS(open("file", O_RDONLY));
	CHECK_ERRNO(lock(reader, F_OFD_SETLK, F_WRLCK, 100, 1), EBADF);
	CHECK_SYS(lock(reader, F_OFD_SETLK, F_RDLCK, 100, 1));
	return check_done();
}
