/* The events of sockets: writable, readable, EPOLLRDHUP, EPOLLHUP and EPOLLERR of a stream pair and of TCP. */
#define _GNU_SOURCE
#include "../check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { ALL = EPOLLIN | EPOLLOUT | EPOLLRDHUP };
static int ep;

/* What the descriptor reports now; at least `want`, for which it waits. */
static uint32_t state(int fd, uint32_t want)
{
	struct epoll_event event = {.events = ALL, .data.fd = fd}, got = {.events = 0};
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	do
		CHECK_SYS(epoll_wait(ep, &got, 1, want == 0 ? 0 : -1));
	while ((got.events & want) != want);
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_DEL, fd, &event));
	return got.events;
}

int main(void)
{
	int pair[2];
	signal(SIGPIPE, SIG_IGN);
	char byte;
	ep = CHECK_SYS(epoll_create1(0));
	CHECK_SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	CHECK_EQ(state(pair[0], 0), EPOLLOUT);
	CHECK_EQ(write(pair[1], "x", 1), 1);
	CHECK_EQ(state(pair[0], 0), EPOLLOUT | EPOLLIN);
	CHECK_SYS(shutdown(pair[1], SHUT_WR));
	CHECK_EQ(state(pair[0], 0), EPOLLOUT | EPOLLIN | EPOLLRDHUP);
	CHECK_SYS(shutdown(pair[0], SHUT_WR));
	CHECK_EQ(state(pair[0], 0), EPOLLOUT | EPOLLIN | EPOLLRDHUP | EPOLLHUP);
	CHECK_EQ(read(pair[0], &byte, 1), 1);
	CHECK_EQ(read(pair[0], &byte, 1), 0);

	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int listener = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0)), client = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0));
	CHECK_EQ(state(client, 0), EPOLLOUT | EPOLLHUP);
	CHECK_SYS(bind(listener, (struct sockaddr *)&address, sizeof address));
	CHECK_SYS(listen(listener, 5));
	CHECK_SYS(getsockname(listener, (struct sockaddr *)&address, &length));
	CHECK_EQ(state(listener, 0), 0);
	CHECK_SYS(connect(client, (struct sockaddr *)&address, sizeof address));
	CHECK_EQ(state(listener, EPOLLIN), EPOLLIN);
	int server = CHECK_SYS(accept(listener, NULL, NULL));
	CHECK_EQ(state(listener, 0), 0);
	CHECK_EQ(state(server, 0), EPOLLOUT);
	CHECK_EQ(write(client, "y", 1), 1);
	CHECK_EQ(state(server, EPOLLIN), EPOLLOUT | EPOLLIN);
	CHECK_SYS(shutdown(client, SHUT_WR));
	CHECK_EQ(state(server, EPOLLRDHUP), EPOLLOUT | EPOLLIN | EPOLLRDHUP);
	CHECK_EQ(read(server, &byte, 1), 1);
	/* Closed with something unread it resets the connection. */
	CHECK_EQ(write(server, "abc", 3), 3);
	CHECK_EQ(state(client, EPOLLIN), EPOLLOUT | EPOLLIN);
	CHECK_SYS(close(client));
	CHECK_EQ(state(server, EPOLLERR), EPOLLOUT | EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
	CHECK_ERRNO(write(server, "d", 1), EPIPE);
	return check_done();
}
