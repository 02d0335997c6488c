/* F_SETLKW that would close a circle of two processes is EDEADLK for one of them, and the other gets its lock. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>

static int lock(int fd, int command, off_t start)
{
	struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
	return fcntl(fd, command, &range);
}

int main(void)
{
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600)), up[2], down[2], refused[2];
	char byte;
	CHECK_SYS(pipe(up));
	CHECK_SYS(pipe(down));
	CHECK_SYS(pipe(refused));
	pid_t child = CHECK_SYS(fork());
	for (int round = 0; round < 5; round++) {
		off_t mine = child == 0 ? 0 : 1, other = 1 - mine;
		CHECK_SYS(lock(fd, F_SETLK, mine));
		CHECK_EQ(write(child == 0 ? up[1] : down[1], "r", 1), 1);
		CHECK_EQ(read(child == 0 ? down[0] : up[0], &byte, 1), 1);
		/* Both hold one and ask for the other: whoever comes second is refused and gives way. */
		if (lock(fd, F_SETLKW, other) == -1) {
			int error = errno;
			CHECK_EQ(error, EDEADLK);
			CHECK_EQ(write(refused[1], "d", 1), 1);
		}
		struct flock all = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
		CHECK_SYS(fcntl(fd, F_SETLK, &all));
		CHECK_EQ(write(child == 0 ? up[1] : down[1], "e", 1), 1);
		CHECK_EQ(read(child == 0 ? down[0] : up[0], &byte, 1), 1);
	}
	if (child == 0)
		_exit(0);
	CHECK_CHILD(child);
	CHECK_SYS(fcntl(refused[0], F_SETFL, O_NONBLOCK));
	for (int round = 0; round < 5; round++)
		CHECK_EQ(read(refused[0], &byte, 1), 1);
	CHECK_ERRNO(read(refused[0], &byte, 1), EAGAIN);
	return check_done();
}
