/* SCM_RIGHTS: descriptors travel between processes, share their offset, and obey MSG_CMSG_CLOEXEC. */
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
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		/* Made here, after the fork: the parent cannot have them otherwise. */
		int file = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
		CHECK_EQ(write(file, "0123456789", 10), 10);
		CHECK_EQ(lseek(file, 4, SEEK_SET), 4);
		CHECK_SYS(pipe(ends));
		send_fds(pair[1], (int[]){file, ends[0]}, 2);
		CHECK_EQ(read(pair[1], text, 1), 1);
		CHECK_EQ(lseek(file, 0, SEEK_CUR), 7);
		CHECK_EQ(write(ends[1], "through", 7), 7);
		_exit(0);
	}
	CHECK_EQ(receive(pair[0], fds, 4, MSG_CMSG_CLOEXEC, &flags), 2);
	CHECK_EQ(flags & MSG_CTRUNC, 0);
	CHECK_EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(read(fds[0], text, 3), 3);
	CHECK_STR(text, "456");
	CHECK_EQ(write(pair[0], "g", 1), 1);
	CHECK_EQ(read(fds[1], text, sizeof text), 7);
	CHECK_STR(text, "through");
	CHECK_CHILD(child);
	CHECK_EQ(read(fds[1], text, 1), 0);
	return check_done();
}
