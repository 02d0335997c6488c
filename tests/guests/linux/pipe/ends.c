/* The two ends: flags of pipe2, reading the writing end, end of file, EPIPE with and without SIGPIPE, empty
 * writes. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static volatile sig_atomic_t pipes;

static void on_pipe(int number)
{
	CHECK_EQ(number, SIGPIPE);
	pipes++;
}

int main(void)
{
	int ends[2] = {-7, -7}, waiting = -1;
	char text[16] = "";
	struct stat stat;
	CHECK_ERRNO(pipe2(ends, O_APPEND), EINVAL);
	CHECK(ends[0] == -7 && ends[1] == -7);
	CHECK_SYS(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(fcntl(ends[i], F_GETFD), FD_CLOEXEC);
		CHECK_EQ(fcntl(ends[i], F_GETFL) & (O_ACCMODE | O_NONBLOCK), (i ? O_WRONLY : O_RDONLY) | O_NONBLOCK);
		CHECK_SYS(fstat(ends[i], &stat));
		CHECK(S_ISFIFO(stat.st_mode));
		CHECK_EQ(stat.st_size, 0);
		CHECK_ERRNO(lseek(ends[i], 0, SEEK_CUR), ESPIPE);
		CHECK_ERRNO(pread(ends[i], text, 1, 0), ESPIPE);
		CHECK_ERRNO(ftruncate(ends[i], 0), EINVAL);
	}
	CHECK_ERRNO(read(ends[0], text, 1), EAGAIN);
	CHECK_ERRNO(read(ends[1], text, 1), EBADF);
	CHECK_ERRNO(write(ends[0], text, 1), EBADF);
	CHECK_EQ(write(ends[1], "", 0), 0);
	CHECK_EQ(write(ends[1], "abcdef", 6), 6);
	CHECK_SYS(ioctl(ends[0], FIONREAD, &waiting));
	CHECK_EQ(waiting, 6);
	CHECK_EQ(read(ends[0], text, 4), 4);
	CHECK_SYS(ioctl(ends[1], FIONREAD, &waiting));
	CHECK_EQ(waiting, 2);
	CHECK_EQ(read(ends[0], text, 0), 0);
	/* What was written remains readable when the last writer has gone; then comes the end. */
	CHECK_SYS(close(ends[1]));
	CHECK_EQ(read(ends[0], text, sizeof text), 2);
	CHECK_MEM(text, "ef", 2);
	CHECK_EQ(read(ends[0], text, sizeof text), 0);
	CHECK_EQ(read(ends[0], text, sizeof text), 0);
	CHECK_SYS(close(ends[0]));

	CHECK_SYS(pipe(ends));
	CHECK_EQ(fcntl(ends[0], F_GETFD), 0);
	signal(SIGPIPE, on_pipe);
	int copy = CHECK_SYS(dup(ends[0]));
	CHECK_SYS(close(ends[0]));
	CHECK_EQ(write(ends[1], "x", 1), 1);
	CHECK_EQ(pipes, 0);
	CHECK_SYS(close(copy));
	CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
	CHECK_EQ(pipes, 1);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		signal(SIGPIPE, SIG_DFL);
		_exit(write(ends[1], "x", 1) == 1);
	}
	CHECK_EQ(check_reap(child), SIGPIPE);
	return check_done();
}
