/* EMFILE when all descriptors are used, and RLIMIT_FSIZE: a shortened write, then SIGXFSZ and EFBIG. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
	CHECK_EQ(number, SIGXFSZ);
	signals++;
}

int main(void)
{
	char bytes[100] = "";
	int fd, last = -1, ends[2] = {-7, -7}, pair[2];
	struct rlimit limit, small = {1000, RLIM_INFINITY};
	CHECK_SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	CHECK_SYS(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 32;
	CHECK_SYS(setrlimit(RLIMIT_NOFILE, &limit));
	while ((fd = open("/dev/null", O_RDONLY)) != -1) {
		CHECK(fd > last);
		last = fd;
	}
	CHECK_EQ(last, 31);
	CHECK_ERRNO(open("/dev/null", O_RDONLY), EMFILE);
	CHECK_ERRNO(open("made", O_RDWR | O_CREAT, 0600), EMFILE);
	/* No file was made on the way. */
	CHECK_ERRNO(access("made", F_OK), ENOENT);
	CHECK_ERRNO(dup(0), EMFILE);
	CHECK_ERRNO(socket(AF_UNIX, SOCK_STREAM, 0), EMFILE);
	CHECK_ERRNO(eventfd(0, 0), EMFILE);
	CHECK_ERRNO(epoll_create1(0), EMFILE);
	CHECK_SYS(close(20));
	/* One is not enough for two, and is not lost. */
	CHECK_ERRNO(pipe(ends), EMFILE);
	CHECK(ends[0] == -7 && ends[1] == -7);
	CHECK_EQ(open("/dev/null", O_RDONLY), 20);
	/* A lower limit leaves open what is open. */
	limit.rlim_cur = 10;
	CHECK_SYS(setrlimit(RLIMIT_NOFILE, &limit));
	CHECK_EQ(read(31, bytes, 1), 0);
	CHECK_SYS(close(31));
	CHECK_ERRNO(dup(0), EMFILE);
	CHECK_SYS(close(9));

	fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(fd, 9);
	CHECK_SYS(getrlimit(RLIMIT_FSIZE, &limit));
	small.rlim_max = limit.rlim_max;
	CHECK_SYS(setrlimit(RLIMIT_FSIZE, &small));
	signal(SIGXFSZ, on_signal);
	CHECK_EQ(pwrite(fd, bytes, 100, 950), 50);
	CHECK_EQ(signals, 0);
	CHECK_ERRNO(pwrite(fd, bytes, 1, 1000), EFBIG);
	CHECK_EQ(signals, 1);
	CHECK_ERRNO(ftruncate(fd, 1001), EFBIG);
	CHECK_EQ(signals, 2);
	CHECK_SYS(ftruncate(fd, 1000));
	signal(SIGXFSZ, SIG_IGN);
	CHECK_ERRNO(pwrite(fd, bytes, 1, 5000), EFBIG);
	/* Pipes have no such limit. */
	CHECK_EQ(write(pair[0], bytes, 100), 100);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		struct rlimit none = {0, 0};
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGXFSZ, SIG_DFL);
		_exit(pwrite(fd, bytes, 1, 1000) == 1);
	}
	CHECK_EQ(check_reap(child), SIGXFSZ);
	return check_done();
}
