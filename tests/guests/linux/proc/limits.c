/* Resource limits: told, set, inherited, enforced where it is cheap (files, file size), and refused. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

int main(void)
{
	struct rlimit limit, old;
	for (int i = 0; i < 16; i++) {
		CHECK_EQ(getrlimit((__rlimit_resource_t)i, &limit), 0);
		CHECK(limit.rlim_cur <= limit.rlim_max);
	}
	CHECK_ERRNO(getrlimit((__rlimit_resource_t)16, &limit), EINVAL);
	CHECK_EQ(getrlimit(RLIMIT_STACK, &limit), 0);
	CHECK(limit.rlim_cur >= 65536);

	/* The number of a descriptor is below the limit. */
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = (struct rlimit){20, old.rlim_max};
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_EQ(sysconf(_SC_OPEN_MAX), 20);
	int fd, last = -1;
	while ((fd = dup(0)) >= 0)
		last = fd;
	CHECK_EQ(errno, EMFILE);
	CHECK(last <= 19);
	CHECK_ERRNO(open("file", O_RDWR | O_CREAT, 0600), EMFILE);
	CHECK_ERRNO(dup2(0, 20), EBADF);
	CHECK_ERRNO(fcntl(0, F_DUPFD, 20), EINVAL);
	CHECK_EQ(prlimit(0, RLIMIT_NOFILE, &old, &limit), 0);
	CHECK_EQ(limit.rlim_cur, 20);
	fd = CHECK_SYS(open("file", O_RDWR | O_CREAT | O_TRUNC, 0600));

	/* The size of a file: what fits is written, then EFBIG and a signal. */
	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	limit = (struct rlimit){1000, RLIM_INFINITY};
	char bytes[800] = {0};
	CHECK_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit.rlim_max = old.rlim_max;
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_EQ(write(fd, bytes, 800), 800);
	CHECK_EQ(write(fd, bytes, 800), 200);
	CHECK_ERRNO(write(fd, bytes, 1), EFBIG);
	CHECK_ERRNO(ftruncate(fd, 1001), EFBIG);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
		CHECK_EQ(limit.rlim_cur, 1000);
		signal(SIGXFSZ, SIG_DFL);
		CHECK_EQ(write(fd, bytes, 1), -2);
	}
	int status = check_reap(child);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGXFSZ);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
	limit = (struct rlimit){10, 5};
	CHECK_ERRNO(setrlimit(RLIMIT_CPU, &limit), EINVAL);
	CHECK_ERRNO(prlimit(0x3ffffff0, RLIMIT_CPU, NULL, &limit), ESRCH);
	return check_done();
}
