/* open of a FIFO waits for the other end: restarted with SA_RESTART, EINTR without. */
#define _GNU_SOURCE
#include "ticks.h"
#include <fcntl.h>
#include <sys/stat.h>

static int orders[2];

static void order(void)
{
	if (write(orders[1], "x", 1) != 1)
		_exit(9);
}

int main(void)
{
	char byte;
	CHECK_EQ(mkfifo("fifo", 0600), 0);
	CHECK_EQ(pipe(orders), 0);
	INTERRUPTED(0, open("fifo", O_RDONLY));
	INTERRUPTED(0, open("fifo", O_WRONLY));
	CHECK_ERRNO(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(read(orders[0], &byte, 1), 1);
		int fd = CHECK_SYS(open("fifo", O_WRONLY));
		CHECK_EQ(write(fd, "y", 1), 1);
		_exit(0);
	}
	ticks_start(SA_RESTART, 3, order);
	int fd = CHECK_SYS(open("fifo", O_RDONLY));
	ticks_stop();
	CHECK(ticks >= 3);
	CHECK_EQ(read(fd, &byte, 1), 1);
	CHECK_EQ(byte, 'y');
	CHECK_EQ(read(fd, &byte, 1), 0);
	CHECK_CHILD(child);
	return check_done();
}
