// qemu: no, it does not cut control data to the room that there is
/* SCM_RIGHTS without room for all: those that fit arrive, the others are closed, and MSG_CTRUNC tells it. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/socket.h>

union control {
	char bytes[CMSG_SPACE(4 * sizeof(int))];
	struct cmsghdr align;
};

static void send_fds(int socket, const int *fds, unsigned count)
{
	union control control = {.bytes = ""};
	struct iovec part = {"m", 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				 .msg_controllen = CMSG_SPACE(count * sizeof(int))};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	CHECK_EQ(sendmsg(socket, &message, 0), 1);
}

/* Receives one message with room for so many descriptors; how many came, and the flags of the message. */
static unsigned receive(int socket, int *fds, unsigned room, int flags, int *got_flags)
{
	union control control;
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room ? &control : NULL,
				 .msg_controllen = room ? CMSG_LEN(room * sizeof(int)) : 0};
	CHECK_EQ(recvmsg(socket, &message, flags), 1);
	*got_flags = message.msg_flags;
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (header == NULL)
		return 0;
	CHECK_EQ(header->cmsg_level, SOL_SOCKET);
	CHECK_EQ(header->cmsg_type, SCM_RIGHTS);
	unsigned count = (unsigned)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(header), count * sizeof(int));
	return count;
}

int main(void)
{
	int pair[2], ends[2], fds[4], flags;
	char text[16] = "";
	CHECK_SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	/* Room for one of three: one comes, the others are closed. */
	CHECK_SYS(pipe(ends));
	int reader = ends[0];
	send_fds(pair[1], (int[]){reader, ends[1], ends[1]}, 3);
	CHECK_SYS(close(ends[1]));
	CHECK_EQ(receive(pair[0], fds, 1, 0, &flags), 1);
	CHECK_EQ(flags & MSG_CTRUNC, MSG_CTRUNC);
	CHECK_EQ(fcntl(fds[0], F_GETFD), 0);
	CHECK_EQ(read(reader, text, 1), 0);
	/* In flight a descriptor keeps its file open; without room for any it is dropped. */
	CHECK_SYS(pipe(ends));
	send_fds(pair[1], ends + 1, 1);
	CHECK_SYS(close(ends[1]));
	CHECK_SYS(fcntl(ends[0], F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(read(ends[0], text, 1), EAGAIN);
	CHECK_EQ(receive(pair[0], fds, 0, 0, &flags), 0);
	CHECK_EQ(flags & MSG_CTRUNC, MSG_CTRUNC);
	CHECK_EQ(read(ends[0], text, 1), 0);
	return check_done();
}
