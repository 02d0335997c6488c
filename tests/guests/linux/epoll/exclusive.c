/* A listening socket in the epolls of several processes, with EPOLLEXCLUSIVE: each connection is served exactly once. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { WORKERS = 3, CLIENTS = 30 };

static void serve(int listener)
{
	int ep = CHECK_SYS(epoll_create1(0));
	struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE}, got;
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, listener, &event));
	for (;;) {
		char byte;
		CHECK_EQ(epoll_wait(ep, &got, 1, -1), 1);
		CHECK_EQ(got.events, EPOLLIN);
		int server = accept(listener, NULL, NULL);
		if (server == -1) {
			/* Another one was faster. */
			int error = errno;
			CHECK_EQ(error, EAGAIN);
			continue;
		}
		CHECK_EQ(read(server, &byte, 1), 1);
		byte++;
		CHECK_EQ(write(server, &byte, 1), 1);
		CHECK_SYS(close(server));
	}
}

int main(void)
{
	struct sockaddr_un address = {AF_UNIX, "sock"};
	pid_t workers[WORKERS];
	int clients[CLIENTS];
	int listener = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
	CHECK_SYS(bind(listener, (struct sockaddr *)&address, sizeof address));
	CHECK_SYS(listen(listener, CLIENTS));
	for (int w = 0; w < WORKERS; w++) {
		workers[w] = CHECK_SYS(fork());
		if (workers[w] == 0)
			serve(listener);
	}
	for (int c = 0; c < CLIENTS; c++) {
		clients[c] = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM, 0));
		CHECK_SYS(connect(clients[c], (struct sockaddr *)&address, sizeof address));
	}
	for (int c = CLIENTS - 1; c >= 0; c--) {
		char byte = (char)('A' + c);
		CHECK_EQ(write(clients[c], &byte, 1), 1);
	}
	for (int c = 0; c < CLIENTS; c++) {
		char byte = 0;
		CHECK_EQ(read(clients[c], &byte, 1), 1);
		CHECK_EQ(byte, 'A' + c + 1);
		CHECK_EQ(read(clients[c], &byte, 1), 0);
	}
	for (int w = 0; w < WORKERS; w++) {
		CHECK_EQ(waitpid(workers[w], NULL, WNOHANG), 0);
		CHECK_SYS(kill(workers[w], SIGTERM));
		CHECK_EQ(check_reap(workers[w]), SIGTERM);
	}
	return check_done();
}
