/* SO_PEERCRED names the process that made the other end, SCM_CREDENTIALS the sender of each message. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct ucred receive(int socket)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	char byte;
	struct ucred from;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				 .msg_controllen = sizeof control};
	CHECK_EQ(recvmsg(socket, &message, 0), 1);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	CHECK(header != NULL);
	CHECK_EQ(header->cmsg_level, SOL_SOCKET);
	CHECK_EQ(header->cmsg_type, SCM_CREDENTIALS);
	CHECK_EQ(header->cmsg_len, CMSG_LEN(sizeof from));
	memcpy(&from, CMSG_DATA(header), sizeof from);
	CHECK_EQ(from.uid, getuid());
	CHECK_EQ(from.gid, getgid());
	return from;
}

int main(void)
{
	struct sockaddr_un address = {AF_UNIX, "sock"};
	struct ucred peer;
	socklen_t length = sizeof peer;
	int pair[2], one = 1;
	CHECK_SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	CHECK_SYS(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &length));
	CHECK_EQ(length, sizeof peer);
	CHECK_EQ(peer.pid, getpid());
	CHECK_EQ(peer.uid, getuid());
	CHECK_SYS(setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof one));
	CHECK_EQ(send(pair[1], "a", 1, 0), 1);
	CHECK_EQ(receive(pair[0]).pid, getpid());
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(send(pair[1], "b", 1, 0), 1);
		_exit(0);
	}
	CHECK_EQ(receive(pair[0]).pid, child);
	CHECK_CHILD(child);

	/* Over a connection each side sees the process that called connect or listen. */
	int listener = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_SYS(bind(listener, (struct sockaddr *)&address, sizeof address));
	CHECK_SYS(listen(listener, 1));
	pid_t parent = getpid();
	child = CHECK_SYS(fork());
	if (child == 0) {
		int client = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM, 0));
		CHECK_SYS(connect(client, (struct sockaddr *)&address, sizeof address));
		CHECK_SYS(getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &length));
		CHECK_EQ(peer.pid, parent);
		CHECK_EQ(write(client, "c", 1), 1);
		_exit(0);
	}
	int server = CHECK_SYS(accept(listener, NULL, NULL));
	CHECK_SYS(setsockopt(server, SOL_SOCKET, SO_PASSCRED, &one, sizeof one));
	CHECK_SYS(getsockopt(server, SOL_SOCKET, SO_PEERCRED, &peer, &length));
	CHECK_EQ(peer.pid, child);
	CHECK_CHILD(child);
	CHECK_EQ(peer.gid, getgid());
	return check_done();
}
