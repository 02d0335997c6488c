/* How TCP connections end: linger of zero and unread data reset, an ordinary close ends; what each side is told,
 * and when. */
#define _GNU_SOURCE
#include "../check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

static void connected(int *client, int *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int listener = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0));
	CHECK_SYS(bind(listener, (struct sockaddr *)&address, length));
	CHECK_SYS(listen(listener, 1));
	CHECK_SYS(getsockname(listener, (struct sockaddr *)&address, &length));
	*client = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0));
	CHECK_SYS(connect(*client, (struct sockaddr *)&address, length));
	*server = CHECK_SYS(accept(listener, NULL, NULL));
	CHECK_SYS(close(listener));
}

static void wait_for(int fd, short events)
{
	struct pollfd poller = {.fd = fd, .events = events};
	do
		CHECK_EQ(poll(&poller, 1, -1), 1);
	while ((poller.revents & events) != events);
}

int main(void)
{
	int client, server;
	char text[8];
	struct linger hard = {1, 0};
	connected(&client, &server);
	CHECK_SYS(setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
	CHECK_SYS(close(client));
	wait_for(server, POLLERR | POLLHUP);
	CHECK_ERRNO(recv(server, text, 1, 0), ECONNRESET);
	/* Once; afterwards it is at its end, and writing is a broken pipe. */
	CHECK_EQ(recv(server, text, 1, 0), 0);
	CHECK_ERRNO(send(server, "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_SYS(close(server));

	connected(&client, &server);
	CHECK_EQ(send(server, "unread", 6, 0), 6);
	wait_for(client, POLLIN);
	CHECK_SYS(close(client));
	wait_for(server, POLLERR | POLLHUP);
	int error = 0;
	socklen_t length = sizeof error;
	CHECK_SYS(getsockopt(server, SOL_SOCKET, SO_ERROR, &error, &length));
	CHECK_EQ(error, ECONNRESET);
	CHECK_EQ(recv(server, text, 1, 0), 0);
	CHECK_SYS(close(server));

	connected(&client, &server);
	CHECK_EQ(send(client, "last", 4, 0), 4);
	CHECK_SYS(close(client));
	CHECK_EQ(recv(server, text, sizeof text, MSG_WAITALL), 4);
	CHECK_MEM(text, "last", 4);
	CHECK_EQ(recv(server, text, 1, 0), 0);
	/* The first write is answered by a reset, the next one fails. */
	CHECK_EQ(send(server, "x", 1, MSG_NOSIGNAL), 1);
	wait_for(server, POLLHUP);
	CHECK_ERRNO(send(server, "x", 1, MSG_NOSIGNAL), EPIPE);
	/* A copy keeps a connection open; shutdown ends it for all copies. */
	connected(&client, &server);
	int copy = CHECK_SYS(dup(client));
	CHECK_SYS(close(client));
	CHECK_EQ(send(copy, "y", 1, 0), 1);
	CHECK_EQ(recv(server, text, 1, 0), 1);
	CHECK_SYS(shutdown(copy, SHUT_RDWR));
	CHECK_EQ(recv(server, text, 1, 0), 0);
	CHECK_EQ(recv(copy, text, 1, 0), 0);
	return check_done();
}
