/* dup, dup2, dup3, F_DUPFD and close_range: numbers, flags, closing what was there, and the errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static int close_range_(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static int open_(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

int main(void)
{
	int ends[2];
	char byte;
	int fd = CHECK_SYS(open("/dev/null", O_RDWR));
	int copy = CHECK_SYS(dup(fd));
	CHECK_EQ(copy, fd + 1);
	CHECK_SYS(close(fd));
	CHECK_EQ(dup(copy), fd);
	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_ERRNO(dup3(fd, fd, 0), EINVAL);
	CHECK_ERRNO(dup3(fd, 50, O_APPEND), EINVAL);
	CHECK_ERRNO(dup2(999, 999), EBADF);
	CHECK_ERRNO(dup2(999, fd), EBADF);
	CHECK_ERRNO(dup2(fd, -1), EBADF);
	CHECK_SYS(fcntl(fd, F_SETFD, FD_CLOEXEC));
	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(dup3(fd, 50, O_CLOEXEC), 50);
	CHECK_EQ(fcntl(50, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(dup2(fd, 51), 51);
	CHECK_EQ(fcntl(51, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_DUPFD, 50), 52);
	CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 51), 53);
	CHECK_EQ(fcntl(53, F_GETFD), FD_CLOEXEC);

	/* What dup2 replaces is closed: the reader of the pipe sees the end. */
	CHECK_SYS(pipe(ends));
	CHECK_EQ(dup2(fd, ends[1]), ends[1]);
	CHECK_EQ(read(ends[0], &byte, 1), 0);

	struct rlimit limit;
	CHECK_SYS(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 60;
	CHECK_SYS(setrlimit(RLIMIT_NOFILE, &limit));
	CHECK_ERRNO(dup2(fd, 60), EBADF);
	CHECK_ERRNO(fcntl(fd, F_DUPFD, 60), EINVAL);
	CHECK_ERRNO(fcntl(fd, F_DUPFD, -1), EINVAL);
	CHECK_EQ(dup2(fd, 59), 59);
	CHECK_ERRNO(fcntl(fd, F_DUPFD, 59), EMFILE);

	CHECK_SYS(close_range_(51, 52, 0));
	CHECK(open_(50) && !open_(51) && !open_(52) && open_(53));
	CHECK_SYS(close_range_(53, ~0u, 0));
	CHECK(open_(50) && !open_(53) && !open_(59));
	CHECK_EQ(dup2(fd, 55), 55);
	CHECK_SYS(close_range_(54, 100000, 4));
	CHECK_EQ(fcntl(55, F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(close_range_(5, 4, 0), EINVAL);
	CHECK_ERRNO(close_range_(5, 6, 8), EINVAL);
	CHECK_ERRNO(close(51), EBADF);
	CHECK_ERRNO(close(-1), EBADF);
	CHECK_ERRNO(fcntl(fd, 9999), EINVAL);
	return check_done();
}
