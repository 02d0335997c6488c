/* POSIX record locks among processes: ranges that split and join, F_GETLK, loss at any close, not inherited,
 * waiting. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <time.h>

static int lock(int fd, int command, short type, off_t start, off_t length)
{
	struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
	return fcntl(fd, command, &range);
}

/* A child asks who is in the way of a write lock of the range. */
static void meets(off_t start, off_t length, short type, off_t want_start, off_t want_length, pid_t owner)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		int fd = CHECK_SYS(open("file", O_RDWR));
		struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = length, .l_pid = 77};
		CHECK_SYS(fcntl(fd, F_GETLK, &range));
		CHECK_EQ(range.l_type, type);
		if (type == F_UNLCK) {
			CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, start, length));
			_exit(0);
		}
		CHECK_EQ(range.l_start, want_start);
		CHECK_EQ(range.l_len, want_length);
		CHECK_EQ(range.l_whence, SEEK_SET);
		CHECK_EQ(range.l_pid, owner);
		CHECK_ERRNO(lock(fd, F_SETLK, F_WRLCK, start, length), EAGAIN);
		_exit(0);
	}
	CHECK_CHILD(child);
}

int main(void)
{
	pid_t self = getpid();
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600)), ends[2];
	char byte;
	CHECK_SYS(pipe(ends));
	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 100, 100));
	meets(0, 0, F_WRLCK, 100, 100, self);
	meets(0, 100, F_UNLCK, 0, 0, 0);
	meets(200, 0, F_UNLCK, 0, 0, 0);
	/* A hole in the middle, a shared part, and joined again. */
	CHECK_SYS(lock(fd, F_SETLK, F_UNLCK, 140, 20));
	meets(140, 20, F_UNLCK, 0, 0, 0);
	meets(150, 20, F_WRLCK, 160, 40, self);
	CHECK_SYS(lock(fd, F_SETLK, F_RDLCK, 140, 20));
	meets(140, 1, F_RDLCK, 140, 20, self);
	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 140, 20));
	meets(140, 1, F_WRLCK, 100, 100, self);
	/* Length 0 is up to the end, wherever that will be; a negative length lies before. */
	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 1000, 0));
	meets(1 << 30, 1, F_WRLCK, 1000, 0, self);
	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 50, -10));
	meets(0, 60, F_WRLCK, 40, 10, self);
	/* Closing any descriptor of the file loses all locks. */
	CHECK_SYS(close(CHECK_SYS(open("file", O_RDONLY))));
	meets(0, 0, F_UNLCK, 0, 0, 0);

	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 0, 1));
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		struct timespec delay = {0, 30000000};
		/* Not inherited: the child has to wait for its parent. */
		CHECK_ERRNO(lock(fd, F_SETLK, F_WRLCK, 0, 1), EAGAIN);
		CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 1, 1));
		CHECK_EQ(write(ends[1], "1", 1), 1);
		CHECK_SYS(lock(fd, F_SETLKW, F_WRLCK, 0, 1));
		nanosleep(&delay, NULL);
		_exit(0);
	}
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 1};
	CHECK_SYS(fcntl(fd, F_GETLK, &range));
	CHECK_EQ(range.l_pid, child);
	CHECK_SYS(lock(fd, F_SETLK, F_UNLCK, 0, 1));
	CHECK_SYS(lock(fd, F_SETLKW, F_WRLCK, 1, 1));
	CHECK_CHILD(child);
	int reader = CHECK_SYS(open("file", O_RDONLY));
	CHECK_ERRNO(lock(reader, F_SETLK, F_WRLCK, 0, 1), EBADF);
	CHECK_ERRNO(lock(fd, F_SETLK, 9, 0, 1), EINVAL);
	CHECK_ERRNO(lock(fd, F_SETLK, F_WRLCK, -1, 1), EINVAL);
	return check_done();
}
