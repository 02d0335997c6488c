/* TCP over 127.0.0.1 and ::1: ports, both addresses of each side, an echo by another process, half-closing,
 * TCP_NODELAY. */
#define _GNU_SOURCE
#include "../check.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static void family(int which)
{
	struct sockaddr_storage address = {.ss_family = (sa_family_t)which}, got;
	struct sockaddr_in *four = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
	socklen_t size = which == AF_INET ? sizeof *four : sizeof *six, length = sizeof got;
	static char bulk[300000], back[sizeof bulk];
	int one = 1, value = -1;
	if (which == AF_INET)
		four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		six->sin6_addr = in6addr_loopback;
	int listener = socket(which, SOCK_STREAM, IPPROTO_TCP);
	/* A kernel may have been built without IPv6. */
	if (listener == -1 && which == AF_INET6)
		return;
	CHECK(listener != -1);
	if (bind(listener, (struct sockaddr *)&address, size) != 0) {
		/* A machine without IPv6 has no ::1. */
		int error = errno;
		CHECK(which == AF_INET6 && error == EADDRNOTAVAIL);
		return;
	}
	CHECK_SYS(listen(listener, 4));
	CHECK_SYS(getsockname(listener, (struct sockaddr *)&address, &length));
	CHECK_EQ(length, size);
	CHECK(four->sin_port != 0);

	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		int server = CHECK_SYS(accept4(listener, (struct sockaddr *)&got, &length, SOCK_CLOEXEC));
		CHECK_EQ(length, size);
		CHECK_EQ(got.ss_family, which);
		CHECK_EQ(fcntl(server, F_GETFD), FD_CLOEXEC);
		/* Echo until the client has shut its half; ours still works. */
		size_t total = 0;
		for (ssize_t n; (n = CHECK_SYS(read(server, bulk + total, sizeof bulk - total))) > 0;)
			total += (size_t)n;
		CHECK_EQ(total, sizeof bulk);
		CHECK_EQ(send(server, bulk, total, 0), total);
		_exit(0);
	}
	int client = CHECK_SYS(socket(which, SOCK_STREAM, 0));
	CHECK_ERRNO(send(client, "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_ERRNO(recv(client, back, 1, 0), ENOTCONN);
	CHECK_SYS(connect(client, (struct sockaddr *)&address, size));
	CHECK_ERRNO(connect(client, (struct sockaddr *)&address, size), EISCONN);
	length = sizeof got;
	CHECK_SYS(getpeername(client, (struct sockaddr *)&got, &length));
	CHECK_MEM(&got, &address, size);
	CHECK_SYS(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
	length = sizeof value;
	CHECK_SYS(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, &length));
	CHECK_EQ(value, 1);
	for (size_t i = 0; i < sizeof bulk; i++)
		bulk[i] = (char)(i * 31 >> 4);
	CHECK_EQ(send(client, bulk, sizeof bulk, 0), sizeof bulk);
	CHECK_SYS(shutdown(client, SHUT_WR));
	CHECK_ERRNO(send(client, "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(recv(client, back, sizeof back, MSG_WAITALL), sizeof back);
	CHECK_MEM(back, bulk, sizeof bulk);
	CHECK_EQ(recv(client, back, 1, 0), 0);
	CHECK_CHILD(child);
	CHECK_SYS(close(client));
	CHECK_SYS(close(listener));
}

int main(void)
{
	family(AF_INET);
	family(AF_INET6);
	return check_done();
}
