/* The flags of a stream: MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL, MSG_NOSIGNAL; and shutdown of each half. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static volatile sig_atomic_t pipes;

static void on_pipe(int number)
{
	(void)number;
	pipes++;
}

int main(void)
{
	int pair[2], waiting;
	char text[16] = "";
	signal(SIGPIPE, on_pipe);
	CHECK_SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	CHECK_ERRNO(recv(pair[0], text, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(send(pair[1], "abcdef", 6, 0), 6);
	CHECK_EQ(recv(pair[0], text, 3, MSG_PEEK), 3);
	CHECK_STR(text, "abc");
	CHECK_EQ(recv(pair[0], text, sizeof text, MSG_PEEK), 6);
	CHECK_SYS(ioctl(pair[0], FIONREAD, &waiting));
	CHECK_EQ(waiting, 6);
	CHECK_EQ(recv(pair[0], text, 2, 0), 2);
	CHECK_EQ(recv(pair[0], text, sizeof text, 0), 4);
	CHECK_MEM(text, "cdef", 4);

	/* MSG_WAITALL waits for the child's three pieces, or for the end. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		for (int i = 0; i < 3; i++) {
			usleep(10000);
			CHECK_EQ(send(pair[1], "1234", 4, 0), 4);
		}
		CHECK_EQ(send(pair[1], "xy", 2, 0), 2);
		CHECK_SYS(shutdown(pair[1], SHUT_WR));
		_exit(0);
	}
	CHECK_EQ(recv(pair[0], text, 12, MSG_WAITALL), 12);
	CHECK_MEM(text, "123412341234", 12);
	CHECK_EQ(recv(pair[0], text, 12, MSG_WAITALL), 2);
	CHECK_EQ(recv(pair[0], text, 12, MSG_WAITALL), 0);
	CHECK_CHILD(child);

	/* The half that the child shut is shut for us too; the other one works. */
	CHECK_ERRNO(send(pair[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(pipes, 0);
	CHECK_ERRNO(send(pair[1], "x", 1, 0), EPIPE);
	CHECK_EQ(pipes, 1);
	CHECK_ERRNO(write(pair[1], "x", 1), EPIPE);
	CHECK_EQ(pipes, 2);
	CHECK_EQ(send(pair[0], "back", 4, 0), 4);
	/* What had arrived before the reading half was shut can be read, the sender is stopped. */
	CHECK_SYS(shutdown(pair[1], SHUT_RD));
	CHECK_EQ(recv(pair[1], text, sizeof text, 0), 4);
	CHECK_EQ(recv(pair[1], text, sizeof text, 0), 0);
	CHECK_ERRNO(send(pair[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_ERRNO(shutdown(pair[0], 3), EINVAL);
	CHECK_SYS(shutdown(pair[0], SHUT_RDWR));
	CHECK_SYS(shutdown(pair[0], SHUT_RDWR));
	int lonely = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0)), file = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
	CHECK_ERRNO(shutdown(lonely, SHUT_RD), ENOTCONN);
	CHECK_ERRNO(recv(file, text, 1, 0), ENOTSOCK);
	CHECK_ERRNO(shutdown(file, SHUT_RD), ENOTSOCK);
	return check_done();
}
