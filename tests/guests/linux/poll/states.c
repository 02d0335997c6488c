/* What poll says of pipes, files, sockets and closed descriptors in each of their states. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

enum { ALL = POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLWRNORM | POLLRDHUP };

static short state(int fd, short events)
{
	struct pollfd poller = {.fd = fd, .events = events, .revents = 0x7fff};
	int n = CHECK_SYS(poll(&poller, 1, 0));
	CHECK_EQ(n, poller.revents != 0);
	CHECK_EQ(poller.events, events);
	return poller.revents;
}

int main(void)
{
	static char bulk[65536];
	int ends[2], pair[2];
	CHECK_SYS(pipe2(ends, O_NONBLOCK));
	CHECK_EQ(state(ends[0], ALL), 0);
	CHECK_EQ(state(ends[1], ALL), POLLOUT | POLLWRNORM);
	CHECK_EQ(state(ends[1], POLLIN), 0);
	CHECK_EQ(write(ends[1], bulk, 65536), 65536);
	CHECK_EQ(state(ends[0], ALL), POLLIN | POLLRDNORM);
	CHECK_EQ(state(ends[0], POLLOUT), 0);
	CHECK_EQ(state(ends[1], ALL), 0);
	/* A page must be free before a pipe takes more. */
	CHECK_EQ(read(ends[0], bulk, 4096), 4096);
	CHECK_EQ(state(ends[1], POLLOUT), POLLOUT);
	/* POLLHUP, POLLERR and POLLNVAL come unasked. */
	CHECK_SYS(close(ends[1]));
	CHECK_EQ(state(ends[0], POLLIN), POLLIN | POLLHUP);
	CHECK_EQ(read(ends[0], bulk, 65536), 61440);
	CHECK_EQ(state(ends[0], ALL), POLLHUP);
	CHECK_EQ(state(ends[0], 0), POLLHUP);
	CHECK_EQ(state(ends[1], POLLIN), POLLNVAL);
	CHECK_EQ(state(ends[1], 0), POLLNVAL);
	CHECK_EQ(state(-1, ALL), 0);
	CHECK_EQ(state(-1000, ALL), 0);
	CHECK_SYS(pipe(ends));
	CHECK_SYS(close(ends[0]));
	CHECK_EQ(state(ends[1], POLLOUT), POLLOUT | POLLERR);
	CHECK_EQ(state(ends[1], 0), POLLERR);

	int file = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(state(file, POLLIN | POLLOUT), POLLIN | POLLOUT);
	CHECK_EQ(state(CHECK_SYS(open("/dev/null", O_RDWR)), POLLIN | POLLOUT), POLLIN | POLLOUT);

	CHECK_SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	CHECK_EQ(state(pair[0], ALL), POLLOUT | POLLWRNORM);
	CHECK_EQ(write(pair[1], "x", 1), 1);
	CHECK_EQ(state(pair[0], POLLIN), POLLIN);
	CHECK_SYS(shutdown(pair[1], SHUT_WR));
	CHECK_EQ(state(pair[0], POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
	CHECK_EQ(state(pair[0], 0), 0);
	CHECK_EQ(read(pair[0], bulk, 9), 1);
	CHECK_EQ(state(pair[0], POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
	CHECK_SYS(close(pair[1]));
	CHECK_EQ(state(pair[0], 0), POLLHUP);
	/* A stream socket that was never connected is writable and hung up. */
	CHECK_EQ(state(CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0)), POLLIN | POLLOUT), POLLOUT | POLLHUP);
	return check_done();
}
