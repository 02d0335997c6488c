// qemu: no, user mode is not the leader of the session
/* A session and its terminal: none at first, one by opening it, who may ask and tell what is in the foreground, the
 * terminal's signals for that group alone, and the hangup. */
#define _GNU_SOURCE
#include "files.h"
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

static volatile sig_atomic_t hangups, interrupts;

static void handler(int signo)
{
	if (signo == SIGHUP)
		hangups++;
	else
		interrupts++;
}

static void session(const char *name, int master)
{
	int fd = open("/dev/tty", O_RDWR), group;
	char byte;
	CHECK(fd == -1 && errno == ENXIO);
	int slave = CHECK_SYS(open(name, O_RDWR | O_NOCTTY));
	CHECK_ERRNO(tcgetpgrp(slave), ENOTTY);
	CHECK_ERRNO(tcsetpgrp(slave, getpid()), ENOTTY);
	CHECK_SYS(close(slave));
	slave = CHECK_SYS(open(name, O_RDWR));
	CHECK_EQ(tcgetpgrp(slave), getpid());
	CHECK_EQ(tcgetsid(slave), getpid());
	CHECK_EQ(tcgetpgrp(master), getpid());
	CHECK_EQ(ioctl(slave, TIOCSCTTY, 0), 0);
	/* Another group in the foreground gets the interrupt, ours does not. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		for (;;)
			pause();
	}
	CHECK(signal(SIGINT, handler) != SIG_ERR);
	CHECK_SYS(setpgid(child, child));
	CHECK_SYS(tcsetpgrp(slave, child));
	CHECK_EQ(tcgetpgrp(slave), child);
	CHECK_ERRNO(tcsetpgrp(slave, getppid()), EPERM);
	CHECK_ERRNO(tcsetpgrp(slave, 0x3ffffff0), ESRCH);
	group = -1;
	CHECK_ERRNO(ioctl(slave, TIOCSPGRP, &group), EINVAL);
	CHECK_EQ(write(slave, "i", 1), 1);
	int status = check_reap(child);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGINT);
	CHECK_EQ(interrupts, 0);
	CHECK_SYS(tcsetpgrp(slave, getpid()));
	CHECK_EQ(write(slave, "s", 1), 1);
	while (interrupts == 0)
		usleep(1000);
	CHECK_EQ(interrupts, 1);
	/* The other end goes away. */
	CHECK_SYS(close(master));
	CHECK_EQ(write(slave, "h", 1), 1);
	while (hangups == 0)
		usleep(1000);
	CHECK_EQ(read(slave, &byte, 1), 0);
	_exit(0);
}

int main(void)
{
	char name[64], byte;
	int master = CHECK_SYS(posix_openpt(O_RDWR | O_NOCTTY));
	struct sigaction action = {.sa_handler = handler};
	CHECK_SYS(grantpt(master));
	CHECK_SYS(unlockpt(master));
	CHECK_SYS(ptsname_r(master, name, sizeof name));
	int keep = CHECK_SYS(open(name, O_RDWR | O_NOCTTY));
	struct termios mode;
	CHECK_SYS(tcgetattr(keep, &mode));
	mode.c_lflag &= ~(tcflag_t)ECHO;
	CHECK_SYS(tcsetattr(keep, TCSANOW, &mode));
	CHECK_ERRNO(tcgetpgrp(keep), ENOTTY);
	/* Ignored, so that to change what is in the foreground stops nobody. */
	CHECK(signal(SIGTTOU, SIG_IGN) != SIG_ERR);
	pid_t leader = CHECK_SYS(fork());
	if (leader == 0) {
		CHECK_SYS(setsid());
		CHECK_SYS(sigaction(SIGHUP, &action, NULL));
		CHECK_SYS(close(keep));
		session(name, master);
	}
	CHECK_EQ(read(master, &byte, 1), 1);
	CHECK_EQ(byte, 'i');
	CHECK(tcgetpgrp(master) != leader);
	CHECK_EQ(tcgetsid(master), leader);
	CHECK_EQ(write(master, "\3", 1), 1);
	CHECK_EQ(read(master, &byte, 1), 1);
	CHECK_EQ(byte, 's');
	CHECK_EQ(write(master, "\3", 1), 1);
	CHECK_EQ(read(master, &byte, 1), 1);
	CHECK_EQ(byte, 'h');
	CHECK_SYS(close(keep));
	CHECK_SYS(close(master));
	CHECK_CHILD(leader);
	return check_done();
}
