/* Socket options: what kind of socket it is, sizes that are doubled, linger, V6ONLY, the errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static int get(int fd, int level, int name)
{
	int value = 0x55555555;
	socklen_t length = sizeof value;
	CHECK_SYS(getsockopt(fd, level, name, &value, &length));
	CHECK_EQ(length, sizeof value);
	return value;
}

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value);
}

int main(void)
{
	int tcp = CHECK_SYS(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), local = CHECK_SYS(socket(AF_UNIX, SOCK_DGRAM, 0));
	CHECK_EQ(get(tcp, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	CHECK_EQ(get(tcp, SOL_SOCKET, SO_DOMAIN), AF_INET);
	CHECK_EQ(get(tcp, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
	CHECK_EQ(get(local, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	CHECK_EQ(get(local, SOL_SOCKET, SO_DOMAIN), AF_UNIX);
	CHECK_EQ(get(local, SOL_SOCKET, SO_PROTOCOL), 0);
	CHECK_EQ(get(tcp, SOL_SOCKET, SO_ACCEPTCONN), 0);
	CHECK_SYS(listen(tcp, 1));
	CHECK_EQ(get(tcp, SOL_SOCKET, SO_ACCEPTCONN), 1);
	CHECK_EQ(get(tcp, SOL_SOCKET, SO_ERROR), 0);

	CHECK_EQ(get(tcp, SOL_SOCKET, SO_REUSEADDR), 0);
	CHECK_SYS(set(tcp, SOL_SOCKET, SO_REUSEADDR, 77));
	CHECK_EQ(get(tcp, SOL_SOCKET, SO_REUSEADDR), 1);
	CHECK_SYS(set(tcp, SOL_SOCKET, SO_KEEPALIVE, 1));
	CHECK_EQ(get(tcp, SOL_SOCKET, SO_KEEPALIVE), 1);
	CHECK_SYS(set(tcp, IPPROTO_TCP, TCP_KEEPIDLE, 123));
	CHECK_EQ(get(tcp, IPPROTO_TCP, TCP_KEEPIDLE), 123);
	/* The kernel doubles what is asked for, and has a least size. */
	CHECK_SYS(set(local, SOL_SOCKET, SO_SNDBUF, 20000));
	CHECK_EQ(get(local, SOL_SOCKET, SO_SNDBUF), 40000);
	CHECK_SYS(set(local, SOL_SOCKET, SO_RCVBUF, 1));
	CHECK(get(local, SOL_SOCKET, SO_RCVBUF) >= 2048);

	struct linger linger = {1, 7}, back = {9, 9};
	socklen_t length = sizeof back;
	CHECK_SYS(setsockopt(tcp, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
	CHECK_SYS(getsockopt(tcp, SOL_SOCKET, SO_LINGER, &back, &length));
	CHECK(length == sizeof back && back.l_onoff == 1 && back.l_linger == 7);
	int six = socket(AF_INET6, SOCK_STREAM, 0);
	if (six >= 0) {
		CHECK_SYS(set(six, IPPROTO_IPV6, IPV6_V6ONLY, 1));
		CHECK_EQ(get(six, IPPROTO_IPV6, IPV6_V6ONLY), 1);
		CHECK_SYS(set(six, IPPROTO_IPV6, IPV6_V6ONLY, 0));
		CHECK_EQ(get(six, IPPROTO_IPV6, IPV6_V6ONLY), 0);
	}
	CHECK_ERRNO(set(tcp, SOL_SOCKET, 9999, 1), ENOPROTOOPT);
	CHECK_ERRNO(set(tcp, SOL_SOCKET, SO_TYPE, 1), ENOPROTOOPT);
	CHECK_ERRNO(set(tcp, IPPROTO_TCP, 9999, 1), ENOPROTOOPT);
	CHECK_ERRNO(setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &tcp, 2), EINVAL);
	char bytes[8];
	length = sizeof bytes;
	CHECK_ERRNO(getsockopt(tcp, SOL_SOCKET, 9999, bytes, &length), ENOPROTOOPT);
	CHECK_ERRNO(getsockopt(999, SOL_SOCKET, SO_TYPE, bytes, &length), EBADF);
	CHECK_ERRNO(getsockopt(CHECK_SYS(open("/dev/null", O_RDWR)), SOL_SOCKET, SO_TYPE, bytes, &length), ENOTSOCK);
	return check_done();
}
