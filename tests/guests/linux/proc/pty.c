/* /dev/ptmx and /dev/pts: a pair of terminals, their line discipline, window size, control characters as signals,
 * and the end of the other side. */
#define _GNU_SOURCE
#include "files.h"
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

int main(void)
{
	char name[64], bytes[64] = {0};
	struct winsize size = {24, 80, 0, 0}, got = {0};
	struct termios mode;
	int master = CHECK_SYS(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	CHECK_EQ(grantpt(master), 0);
	CHECK_EQ(unlockpt(master), 0);
	CHECK_EQ(ptsname_r(master, name, sizeof name), 0);
	CHECK_EQ(strncmp(name, "/dev/pts/", 9), 0);
	int slave = CHECK_SYS(open(name, O_RDWR | O_NOCTTY));
	CHECK_EQ(isatty(slave), 1);
	CHECK_EQ(ioctl(master, TIOCSWINSZ, &size), 0);
	CHECK_EQ(ioctl(slave, TIOCGWINSZ, &got), 0);
	CHECK_EQ(got.ws_col, 80);
	CHECK_EQ(got.ws_row, 24);
	/* A line, with erasure; without echo nothing comes back. */
	CHECK_EQ(tcgetattr(slave, &mode), 0);
	CHECK((mode.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG));
	mode.c_lflag &= ~(tcflag_t)ECHO;
	CHECK_EQ(tcsetattr(slave, TCSANOW, &mode), 0);
	CHECK_EQ(write(master, "hex\177llo\nnext", 13), 13);
	CHECK_EQ(read(slave, bytes, sizeof bytes), 6);
	CHECK_MEM(bytes, "hello\n", 6);
	int ready = -1;
	CHECK_EQ(ioctl(slave, FIONREAD, &ready), 0);
	CHECK_EQ(ready, 0);
	/* Output: a new line becomes two characters. */
	CHECK_EQ(write(slave, "out\n", 4), 4);
	size_t n = 0;
	while (n < 5)
		n += (size_t)CHECK_SYS(read(master, bytes + n, sizeof bytes - n));
	CHECK_MEM(bytes, "out\r\n", 5);
	/* Raw: bytes as they come. */
	cfmakeraw(&mode);
	CHECK_EQ(tcsetattr(slave, TCSAFLUSH, &mode), 0);
	CHECK_EQ(write(master, "\3\4", 2), 2);
	CHECK_EQ(read(slave, bytes, sizeof bytes), 2);
	CHECK_MEM(bytes, "\3\4", 2);
	/* The controlling terminal of a session: a control character is a signal, and the other end's going another. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		mode.c_lflag |= ISIG;
		mode.c_cc[VINTR] = 3;
		CHECK_SYS(setsid());
		CHECK_EQ(ioctl(slave, TIOCSCTTY, 0), 0);
		CHECK_EQ(tcgetpgrp(slave), getpid());
		CHECK_EQ(tcsetattr(slave, TCSANOW, &mode), 0);
		int tty = CHECK_SYS(open("/dev/tty", O_RDWR));
		CHECK_EQ(write(tty, "x", 1), 1);
		sleep(10);
		_exit(0);
	}
	CHECK_EQ(read(master, bytes, 1), 1);
	CHECK_EQ(write(master, "\3", 1), 1);
	int status = check_reap(child);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGINT);
	CHECK_EQ(close(slave), 0);
	CHECK_ERRNO(read(master, bytes, 1), EIO);
	return check_done();
}
