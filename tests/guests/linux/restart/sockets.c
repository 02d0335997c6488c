/* recv, recvmsg, send and accept: restarted with SA_RESTART, EINTR without; with a time limit of the socket always
 * EINTR. */
#define _GNU_SOURCE
#include "ticks.h"
#include <sys/socket.h>
#include <sys/un.h>

static int pair[2];
static struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};

static void feed(void)
{
	if (send(pair[1], "data", 4, 0) != 4)
		_exit(9);
}

static void connects(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&name, sizeof name) != 0)
		_exit(9);
}

int main(void)
{
	char buffer[16];
	struct iovec part = {buffer, sizeof buffer};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	INTERRUPTED(0, recv(pair[0], buffer, sizeof buffer, 0));
	INTERRUPTED(0, recvmsg(pair[0], &message, 0));
	INTERRUPTED(0, read(pair[0], buffer, sizeof buffer));
	RESTARTED(recv(pair[0], buffer, sizeof buffer, 0), 4, feed);
	RESTARTED(recvmsg(pair[0], &message, 0), 4, feed);
	CHECK_MEM(buffer, "data", 4);

	int listener = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_EQ(bind(listener, (struct sockaddr *)&name, sizeof name), 0);
	CHECK_EQ(listen(listener, 4), 0);
	INTERRUPTED(0, accept(listener, NULL, NULL));
	ticks_start(SA_RESTART, 3, connects);
	CHECK_SYS(accept(listener, NULL, NULL));
	ticks_stop();
	CHECK(ticks >= 3);

	struct timeval limit = {100, 0};
	CHECK_EQ(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
	INTERRUPTED(SA_RESTART, recv(pair[0], buffer, sizeof buffer, 0));
	limit = (struct timeval){0, 20000};
	CHECK_EQ(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
	CHECK_ERRNO(recv(pair[0], buffer, sizeof buffer, 0), EAGAIN);
	return check_done();
}
