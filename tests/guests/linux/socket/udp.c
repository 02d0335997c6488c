/* UDP on loopback: sender's address, boundaries, connect and its undoing, the refusal that comes back, MSG_TRUNC,
 * FIONREAD. */
#define _GNU_SOURCE
#include "../check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static int udp(struct sockaddr_in *address)
{
	socklen_t length = sizeof *address;
	int fd = CHECK_SYS(socket(AF_INET, SOCK_DGRAM, 0));
	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	CHECK_SYS(bind(fd, (struct sockaddr *)address, length));
	CHECK_SYS(getsockname(fd, (struct sockaddr *)address, &length));
	CHECK(address->sin_port != 0);
	return fd;
}

int main(void)
{
	struct sockaddr_in at_a, at_b, at_c, from;
	int a = udp(&at_a), b = udp(&at_b), c = udp(&at_c), waiting = -1;
	socklen_t length = sizeof from;
	char text[16] = "";
	CHECK_ERRNO(send(a, "x", 1, 0), EDESTADDRREQ);
	CHECK_ERRNO(recv(b, text, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(sendto(a, "hello", 5, 0, (struct sockaddr *)&at_b, length), 5);
	CHECK_EQ(sendto(a, "", 0, 0, (struct sockaddr *)&at_b, length), 0);
	CHECK_EQ(sendto(c, "from c", 6, 0, (struct sockaddr *)&at_b, length), 6);
	struct pollfd poller = {.fd = b, .events = POLLIN};
	CHECK_EQ(poll(&poller, 1, -1), 1);
	/* The length of the first one alone. */
	CHECK_SYS(ioctl(b, FIONREAD, &waiting));
	CHECK_EQ(waiting, 5);
	CHECK_EQ(recv(b, text, 2, MSG_PEEK | MSG_TRUNC), 5);
	CHECK_EQ(recvfrom(b, text, sizeof text, 0, (struct sockaddr *)&from, &length), 5);
	CHECK_EQ(length, sizeof from);
	CHECK_EQ(from.sin_port, at_a.sin_port);
	CHECK_EQ(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	CHECK_EQ(recv(b, text, sizeof text, 0), 0);

	/* Connected: the other's datagrams only, and no address needed. What is queued already stays. */
	CHECK_SYS(connect(b, (struct sockaddr *)&at_a, sizeof at_a));
	CHECK_EQ(recv(b, text, sizeof text, 0), 6);
	CHECK_EQ(sendto(c, "unwanted", 8, 0, (struct sockaddr *)&at_b, sizeof at_b), 8);
	CHECK_EQ(sendto(a, "wanted", 6, 0, (struct sockaddr *)&at_b, sizeof at_b), 6);
	CHECK_EQ(recv(b, text, sizeof text, 0), 6);
	CHECK_MEM(text, "wanted", 6);
	CHECK_EQ(send(b, "reply", 5, 0), 5);
	CHECK_EQ(recv(a, text, sizeof text, 0), 5);
	length = sizeof from;
	CHECK_SYS(getpeername(b, (struct sockaddr *)&from, &length));
	CHECK_EQ(from.sin_port, at_a.sin_port);

	/* With nobody at the port the next call tells, but only a connected socket learns of it. */
	CHECK_SYS(close(a));
	CHECK_EQ(send(b, "x", 1, 0), 1);
	CHECK_ERRNO(recv(b, text, sizeof text, 0), ECONNREFUSED);
	CHECK_EQ(sendto(c, "x", 1, 0, (struct sockaddr *)&at_a, sizeof at_a), 1);
	CHECK_ERRNO(recv(c, text, sizeof text, MSG_DONTWAIT), EAGAIN);

	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	CHECK_SYS(connect(b, &nobody, sizeof nobody));
	CHECK_ERRNO(getpeername(b, (struct sockaddr *)&from, &length), ENOTCONN);
	CHECK_ERRNO(send(b, "x", 1, 0), EDESTADDRREQ);
	static char large[70000];
	CHECK_ERRNO(sendto(b, large, sizeof large, 0, (struct sockaddr *)&at_c, sizeof at_c), EMSGSIZE);
	CHECK_ERRNO(listen(b, 1), EOPNOTSUPP);
	CHECK_ERRNO(accept(b, NULL, NULL), EOPNOTSUPP);
	return check_done();
}
