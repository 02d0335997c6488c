/* flock: shared and exclusive among processes, belonging to the open file, released by close of the last copy,
 * upgrades. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

/* What another process meets that opens the file for itself: the locks that it can take. */
static int others_can(int operation)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		int fd = CHECK_SYS(open("file", O_RDONLY));
		if (flock(fd, operation | LOCK_NB) == 0)
			_exit(1);
		_exit(errno == EWOULDBLOCK ? 0 : 2);
	}
	int status = check_reap(child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status);
}

int main(void)
{
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600)), second = CHECK_SYS(open("file", O_RDWR));
	CHECK_SYS(flock(fd, LOCK_SH));
	CHECK_EQ(others_can(LOCK_SH), 1);
	CHECK_EQ(others_can(LOCK_EX), 0);
	/* The same process by another open is another owner. */
	CHECK_SYS(flock(second, LOCK_SH | LOCK_NB));
	CHECK_ERRNO(flock(fd, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	CHECK_SYS(flock(second, LOCK_UN));
	CHECK_SYS(flock(fd, LOCK_EX | LOCK_NB));
	CHECK_EQ(others_can(LOCK_SH), 0);
	CHECK_ERRNO(flock(second, LOCK_SH | LOCK_NB), EWOULDBLOCK);

	/* A copy is the same owner: the lock ends with the last one, or when any of them unlocks. */
	int copy = CHECK_SYS(dup(fd));
	CHECK_SYS(close(fd));
	CHECK_EQ(others_can(LOCK_SH), 0);
	CHECK_SYS(flock(copy, LOCK_SH | LOCK_NB));
	CHECK_EQ(others_can(LOCK_SH), 1);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_SYS(flock(copy, LOCK_UN));
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_EQ(others_can(LOCK_EX), 1);
	CHECK_SYS(flock(copy, LOCK_EX));
	CHECK_SYS(close(copy));
	CHECK_EQ(others_can(LOCK_EX), 1);

	/* Waiting for a lock until its holder ends. */
	int ends[2];
	char byte;
	CHECK_SYS(pipe(ends));
	child = CHECK_SYS(fork());
	if (child == 0) {
		struct timespec delay = {0, 40000000};
		int own = CHECK_SYS(open("file", O_RDWR));
		CHECK_SYS(flock(own, LOCK_EX));
		CHECK_EQ(write(ends[1], "l", 1), 1);
		nanosleep(&delay, NULL);
		CHECK_EQ(write(own, "done", 4), 4);
		_exit(0);
	}
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	CHECK_SYS(flock(second, LOCK_EX));
	CHECK_EQ(lseek(second, 0, SEEK_END), 4);
	CHECK_CHILD(child);
	CHECK_ERRNO(flock(second, 0), EINVAL);
	CHECK_ERRNO(flock(999, LOCK_SH), EBADF);
	return check_done();
}
