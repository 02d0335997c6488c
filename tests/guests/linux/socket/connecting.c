/* Connecting without waiting: EINPROGRESS, writability, SO_ERROR; refusals; ports in use; accept without waiting. */
#define _GNU_SOURCE
#include "../check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

static struct sockaddr_in address;
static socklen_t length = sizeof address;

static int tcp(int flags)
{
	return CHECK_SYS(socket(AF_INET, SOCK_STREAM | flags, 0));
}

static int pending_error(int fd)
{
	int error = -1;
	socklen_t size = sizeof error;
	CHECK_SYS(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
	return error;
}

static void wait_for(int fd, short events)
{
	struct pollfd poller = {.fd = fd, .events = events};
	CHECK_EQ(poll(&poller, 1, -1), 1);
	CHECK_EQ(poller.revents & events, events);
}

int main(void)
{
	address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	/* A bound socket that does not listen keeps its port and refuses. */
	int holder = tcp(0), client = tcp(0), again = tcp(SOCK_NONBLOCK);
	CHECK_SYS(bind(holder, (struct sockaddr *)&address, length));
	CHECK_SYS(getsockname(holder, (struct sockaddr *)&address, &length));
	CHECK_ERRNO(bind(holder, (struct sockaddr *)&address, length), EINVAL);
	CHECK_ERRNO(bind(client, (struct sockaddr *)&address, length), EADDRINUSE);
	CHECK_ERRNO(connect(client, (struct sockaddr *)&address, length), ECONNREFUSED);
	CHECK_EQ(pending_error(client), 0);
	int result = connect(again, (struct sockaddr *)&address, length);
	int error = errno;
	CHECK(result == -1 && (error == EINPROGRESS || error == ECONNREFUSED));
	if (error == EINPROGRESS) {
		wait_for(again, POLLOUT | POLLERR | POLLHUP);
		CHECK_EQ(pending_error(again), ECONNREFUSED);
		/* It is told once. */
		CHECK_EQ(pending_error(again), 0);
	}

	CHECK_SYS(listen(holder, 2));
	int coming = tcp(SOCK_NONBLOCK);
	result = connect(coming, (struct sockaddr *)&address, length);
	error = errno;
	CHECK(result == 0 || error == EINPROGRESS);
	wait_for(coming, POLLOUT);
	CHECK_EQ(pending_error(coming), 0);
	CHECK_EQ(send(coming, "early", 5, 0), 5);
	wait_for(holder, POLLIN);
	int server = CHECK_SYS(accept(holder, NULL, NULL));
	char text[8] = "";
	CHECK_EQ(recv(server, text, 5, MSG_WAITALL), 5);
	CHECK_STR(text, "early");
	/* The call after the one that was in progress brings its success, once. */
	if (result == -1)
		CHECK_SYS(connect(coming, (struct sockaddr *)&address, length));
	CHECK_ERRNO(connect(coming, (struct sockaddr *)&address, length), EISCONN);

	int lazy = tcp(SOCK_NONBLOCK);
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	CHECK_SYS(bind(lazy, (struct sockaddr *)&any, sizeof any));
	CHECK_ERRNO(accept(lazy, NULL, NULL), EINVAL);
	CHECK_SYS(listen(lazy, 1));
	CHECK_ERRNO(accept(lazy, NULL, NULL), EAGAIN);
	CHECK_ERRNO(accept4(lazy, NULL, NULL, 1), EINVAL);
	any.sin_addr.s_addr = htonl(0xc0000201);
	CHECK_ERRNO(bind(tcp(0), (struct sockaddr *)&any, sizeof any), EADDRNOTAVAIL);
	any.sin_family = AF_UNIX;
	CHECK_ERRNO(bind(tcp(0), (struct sockaddr *)&any, sizeof any), EAFNOSUPPORT);
	CHECK_ERRNO(bind(tcp(0), (struct sockaddr *)&any, 4), EINVAL);
	CHECK_ERRNO(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
	CHECK_ERRNO(socket(AF_INET, 77, 0), EINVAL);
	CHECK_ERRNO(socket(1000, SOCK_STREAM, 0), EAFNOSUPPORT);
	return check_done();
}
