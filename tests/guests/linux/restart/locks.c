/* flock and fcntl F_SETLKW: restarted with SA_RESTART, EINTR without. */
#define _GNU_SOURCE
#include "ticks.h"
#include <fcntl.h>
#include <sys/file.h>

static int holder, orders[2], answers[2];

static void release(void)
{
	if (flock(holder, LOCK_UN) != 0)
		_exit(9);
}

static void order(void)
{
	if (write(orders[1], "x", 1) != 1)
		_exit(9);
}

int main(void)
{
	char byte;
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
	holder = CHECK_SYS(open("lock", O_RDWR | O_CREAT, 0600));
	int fd = CHECK_SYS(open("lock", O_RDWR));
	CHECK_EQ(flock(holder, LOCK_EX), 0);
	CHECK_ERRNO(flock(fd, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	INTERRUPTED(0, flock(fd, LOCK_SH));
	RESTARTED(flock(fd, LOCK_EX), 0, release);

	/* Record locks belong to a process, so another one holds it. */
	CHECK_EQ(pipe(orders), 0);
	CHECK_EQ(pipe(answers), 0);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(fcntl(fd, F_SETLK, &lock), 0);
		CHECK_EQ(write(answers[1], "x", 1), 1);
		CHECK_EQ(read(orders[0], &byte, 1), 1);
		_exit(0);
	}
	CHECK_EQ(read(answers[0], &byte, 1), 1);
	CHECK_ERRNO(fcntl(fd, F_SETLK, &lock), EAGAIN);
	INTERRUPTED(0, fcntl(fd, F_SETLKW, &lock));
	RESTARTED(fcntl(fd, F_SETLKW, &lock), 0, order);
	CHECK_CHILD(child);
	return check_done();
}
