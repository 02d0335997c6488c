/* An IPv6 socket takes IPv4 too unless IPV6_V6ONLY is set; SO_REUSEADDR and SO_REUSEPORT decide who may share a port. */
#define _GNU_SOURCE
#include "../check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static int set(int fd, int level, int name)
{
	int one = 1;
	return setsockopt(fd, level, name, &one, sizeof one);
}

int main(void)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any}, peer;
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof six;
	char text[INET6_ADDRSTRLEN];
	int listener = socket(AF_INET6, SOCK_STREAM, 0), zero = 0;
	if (listener != -1) {
		CHECK_SYS(setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero));
		CHECK_SYS(bind(listener, (struct sockaddr *)&six, sizeof six));
		CHECK_SYS(listen(listener, 2));
		CHECK_SYS(getsockname(listener, (struct sockaddr *)&six, &length));
		four.sin_port = six.sin6_port;
		int client = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0));
		CHECK_SYS(connect(client, (struct sockaddr *)&four, sizeof four));
		length = sizeof peer;
		int server = CHECK_SYS(accept(listener, (struct sockaddr *)&peer, &length));
		CHECK_EQ(length, sizeof peer);
		CHECK_EQ(peer.sin6_family, AF_INET6);
		CHECK_STR(inet_ntop(AF_INET6, &peer.sin6_addr, text, sizeof text), "::ffff:127.0.0.1");
		CHECK_EQ(write(client, "x", 1), 1);
		CHECK_EQ(read(server, text, 1), 1);
		/* It has the port of the other family as well. */
		int other = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0));
		CHECK_ERRNO(bind(other, (struct sockaddr *)&four, sizeof four), EADDRINUSE);
		CHECK_ERRNO(set(listener, IPPROTO_IPV6, IPV6_V6ONLY), EINVAL);
	}

	/* Two that listen share a port only if both said so before. */
	four.sin_port = 0;
	length = sizeof four;
	int a = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0)), b = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0));
	int c = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0)), d = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0));
	CHECK_SYS(set(a, SOL_SOCKET, SO_REUSEPORT));
	CHECK_SYS(bind(a, (struct sockaddr *)&four, sizeof four));
	CHECK_SYS(getsockname(a, (struct sockaddr *)&four, &length));
	CHECK_SYS(listen(a, 1));
	CHECK_ERRNO(bind(b, (struct sockaddr *)&four, sizeof four), EADDRINUSE);
	CHECK_SYS(set(b, SOL_SOCKET, SO_REUSEPORT));
	CHECK_SYS(bind(b, (struct sockaddr *)&four, sizeof four));
	CHECK_SYS(listen(b, 1));
	/* SO_REUSEADDR does not help against one that listens. */
	CHECK_SYS(set(c, SOL_SOCKET, SO_REUSEADDR));
	CHECK_ERRNO(bind(c, (struct sockaddr *)&four, sizeof four), EADDRINUSE);
	CHECK_SYS(close(a));
	CHECK_SYS(close(b));

	/* After the server closed first its port is still in use by the connection, but not for SO_REUSEADDR. */
	CHECK_SYS(bind(c, (struct sockaddr *)&four, sizeof four));
	CHECK_SYS(listen(c, 1));
	CHECK_SYS(connect(d, (struct sockaddr *)&four, sizeof four));
	int server = CHECK_SYS(accept(c, NULL, NULL));
	CHECK_SYS(close(server));
	CHECK_EQ(read(d, text, 1), 0);
	CHECK_SYS(close(d));
	CHECK_SYS(close(c));
	a = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0));
	CHECK_ERRNO(bind(a, (struct sockaddr *)&four, sizeof four), EADDRINUSE);
	CHECK_SYS(set(a, SOL_SOCKET, SO_REUSEADDR));
	CHECK_SYS(bind(a, (struct sockaddr *)&four, sizeof four));
	CHECK_SYS(listen(a, 1));
	return check_done();
}
