/* select: three sets at once, descriptors above 64 and 512, bits beyond nfds untouched or cleared, EBADF, hang-
 * ups. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>

int main(void)
{
	static const int numbers[] = {63, 64, 65, 127, 128, 300, 511, 512, 700};
	enum { COUNT = sizeof numbers / sizeof *numbers };
	struct rlimit files = {1024, 1024};
	int ends[2];
	fd_set in, out, error;
	CHECK_SYS(getrlimit(RLIMIT_NOFILE, &files));
	if (files.rlim_cur < 1024) {
		files.rlim_cur = 1024;
		CHECK_SYS(setrlimit(RLIMIT_NOFILE, &files));
	}
	CHECK_SYS(pipe(ends));
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&error);
	for (int i = 0; i < COUNT; i++) {
		CHECK_EQ(dup2(ends[0], numbers[i]), numbers[i]);
		FD_SET(numbers[i], &in);
	}
	FD_SET(ends[1], &out);
	FD_SET(ends[0], &error);
	/* Nothing to read, room to write. */
	CHECK_EQ(select(701, &in, &out, &error, NULL), 1);
	CHECK(FD_ISSET(ends[1], &out));
	CHECK(!FD_ISSET(ends[0], &error));
	for (int i = 0; i < COUNT; i++)
		CHECK(!FD_ISSET(numbers[i], &in));

	CHECK_EQ(write(ends[1], "x", 1), 1);
	struct timeval now = {0, 0};
	for (int i = 0; i < COUNT; i++)
		FD_SET(numbers[i], &in);
	/* Only those below nfds are looked at: 700 is not. */
	CHECK_EQ(select(700, &in, &out, NULL, &now), COUNT - 1 + 1);
	for (int i = 0; i < COUNT - 1; i++)
		CHECK(FD_ISSET(numbers[i], &in));
	/* A descriptor in two sets counts twice. */
	int pair[2];
	CHECK_SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	CHECK_EQ(write(pair[1], "x", 1), 1);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(pair[0], &in);
	FD_SET(pair[0], &out);
	CHECK_EQ(select(pair[0] + 1, &in, &out, NULL, NULL), 2);

	/* The end of a pipe is readable; the writing end without readers is writable and readable is not asked. */
	CHECK_EQ(close(ends[1]), 0);
	FD_ZERO(&in);
	FD_SET(512, &in);
	char byte;
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	CHECK_EQ(select(513, &in, NULL, NULL, NULL), 1);
	CHECK_EQ(read(512, &byte, 1), 0);
	/* A closed descriptor spoils the call, and the sets stay as they were. */
	CHECK_SYS(close(300));
	FD_SET(300, &in);
	CHECK_ERRNO(select(513, &in, NULL, NULL, &now), EBADF);
	CHECK(FD_ISSET(300, &in) && FD_ISSET(512, &in));
	CHECK_EQ(select(300, NULL, NULL, NULL, &now), 0);
	CHECK_ERRNO(select(-1, NULL, NULL, NULL, &now), EINVAL);
	return check_done();
}
