/* F_SETPIPE_SZ rounds up to a power of two pages, keeps contents, refuses what does not fit them. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>

int main(void)
{
	static char bulk[131072];
	int ends[2];
	for (size_t i = 0; i < sizeof bulk; i++)
		bulk[i] = (char)(i * 7 >> 3);
	CHECK_SYS(pipe2(ends, O_NONBLOCK));
	CHECK_EQ(fcntl(ends[0], F_GETPIPE_SZ), 65536);
	CHECK_EQ(fcntl(ends[1], F_SETPIPE_SZ, 1), 4096);
	CHECK_EQ(fcntl(ends[0], F_GETPIPE_SZ), 4096);
	CHECK_EQ(write(ends[1], bulk, sizeof bulk), 4096);
	CHECK_EQ(fcntl(ends[0], F_SETPIPE_SZ, 4097), 8192);
	CHECK_EQ(write(ends[1], bulk + 4096, sizeof bulk - 4096), 4096);
	CHECK_ERRNO(fcntl(ends[0], F_SETPIPE_SZ, 4096), EBUSY);
	CHECK_EQ(fcntl(ends[0], F_SETPIPE_SZ, 100000), 131072);
	CHECK_EQ(write(ends[1], bulk + 8192, sizeof bulk - 8192), 131072 - 8192);
	CHECK_ERRNO(write(ends[1], bulk, 1), EAGAIN);
	static char got[131072];
	CHECK_EQ(read(ends[0], got, sizeof got), 131072);
	CHECK_MEM(got, bulk, sizeof bulk);
	CHECK_ERRNO(read(ends[0], got, 1), EAGAIN);
	CHECK_EQ(fcntl(ends[0], F_SETPIPE_SZ, 4096), 4096);
	int file = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
	CHECK_ERRNO(fcntl(file, F_GETPIPE_SZ), EBADF);
	CHECK_ERRNO(fcntl(file, F_SETPIPE_SZ, 4096), EBADF);
	return check_done();
}
