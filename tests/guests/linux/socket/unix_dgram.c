/* Datagrams and SOCK_SEQPACKET: boundaries, truncation, MSG_PEEK, senders' names, connected ones, empty messages. */
#define _GNU_SOURCE
#include "../check.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#define AT(a) (const struct sockaddr *)&(a), sizeof(a)

int main(void)
{
	struct sockaddr_un one = {AF_UNIX, "one"}, two = {AF_UNIX, "two"}, from;
	socklen_t length = sizeof from;
	char text[16] = "";
	int a = CHECK_SYS(socket(AF_UNIX, SOCK_DGRAM, 0)), b = CHECK_SYS(socket(AF_UNIX, SOCK_DGRAM, 0));
	CHECK_ERRNO(send(a, "x", 1, 0), ENOTCONN);
	CHECK_ERRNO(sendto(a, "x", 1, 0, AT(two)), ENOENT);
	CHECK_SYS(bind(a, AT(one)));
	CHECK_SYS(bind(b, AT(two)));
	CHECK_ERRNO(listen(a, 1), EOPNOTSUPP);
	CHECK_EQ(sendto(a, "first", 5, 0, AT(two)), 5);
	CHECK_EQ(sendto(a, "", 0, 0, AT(two)), 0);
	CHECK_EQ(sendto(a, "third message", 13, 0, AT(two)), 13);

	CHECK_EQ(recv(b, text, 3, MSG_PEEK), 3);
	CHECK_EQ(recv(b, text, 3, MSG_PEEK | MSG_TRUNC), 5);
	CHECK_EQ(recvfrom(b, text, sizeof text, 0, (struct sockaddr *)&from, &length), 5);
	CHECK_MEM(text, "first", 5);
	CHECK_STR(from.sun_path, "one");
	CHECK_EQ(recv(b, text, sizeof text, 0), 0);
	struct iovec part = {text, 5};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	CHECK_EQ(recvmsg(b, &message, 0), 5);
	CHECK_EQ(message.msg_flags & MSG_TRUNC, MSG_TRUNC);
	CHECK_MEM(text, "third", 5);
	/* The rest of it is lost. */
	CHECK_ERRNO(recv(b, text, sizeof text, MSG_DONTWAIT), EAGAIN);

	/* A connected one takes from its partner only. */
	CHECK_SYS(connect(b, AT(one)));
	int stranger = CHECK_SYS(socket(AF_UNIX, SOCK_DGRAM, 0));
	CHECK_ERRNO(sendto(stranger, "x", 1, 0, AT(two)), EPERM);
	CHECK_EQ(send(b, "back", 4, 0), 4);
	CHECK_EQ(recv(a, text, sizeof text, 0), 4);
	CHECK_SYS(close(a));
	CHECK_ERRNO(send(b, "x", 1, 0), ECONNREFUSED);

	int pair[2];
	CHECK_SYS(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	CHECK_EQ(send(pair[0], "one", 3, 0), 3);
	CHECK_EQ(send(pair[0], "two", 3, MSG_EOR), 3);
	CHECK_EQ(recv(pair[1], text, 2, 0), 2);
	part.iov_len = sizeof text;
	message = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
	CHECK_EQ(recvmsg(pair[1], &message, 0), 3);
	CHECK_MEM(text, "two", 3);
	CHECK_EQ(message.msg_flags & MSG_TRUNC, 0);
	CHECK_SYS(close(pair[0]));
	CHECK_EQ(recv(pair[1], text, sizeof text, 0), 0);
	CHECK_ERRNO(send(pair[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	return check_done();
}
