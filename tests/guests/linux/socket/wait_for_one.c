// qemu: no, it ignores MSG_WAITFORONE and the timeout
/* recvmmsg with MSG_WAITFORONE blocks for the first message only and takes the others that are there. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/socket.h>
#include <time.h>

enum { ROOM = 4 };

int main(void)
{
	int pair[2];
	char texts[ROOM][16];
	struct iovec parts[ROOM];
	struct mmsghdr messages[ROOM] = {{{0}, 0}};
	CHECK_SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	for (int i = 0; i < ROOM; i++) {
		parts[i] = (struct iovec){texts[i], sizeof texts[i]};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
		messages[i].msg_len = 99;
	}
	CHECK_EQ(send(pair[1], "a", 1, 0), 1);
	CHECK_EQ(send(pair[1], "bc", 2, 0), 2);
	CHECK_EQ(recvmmsg(pair[0], messages, ROOM, MSG_WAITFORONE, NULL), 2);
	CHECK_EQ(messages[0].msg_len, 1);
	CHECK_EQ(messages[1].msg_len, 2);
	CHECK_EQ(messages[2].msg_len, 99);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		struct timespec delay = {0, 30000000};
		nanosleep(&delay, NULL);
		CHECK_EQ(send(pair[1], "def", 3, 0), 3);
		_exit(0);
	}
	CHECK_EQ(recvmmsg(pair[0], messages, ROOM, MSG_WAITFORONE, NULL), 1);
	CHECK_EQ(messages[0].msg_len, 3);
	CHECK_MEM(texts[0], "def", 3);
	CHECK_CHILD(child);

	/* A timeout is looked at after each message: with none left of it the call ends at the first. */
	struct timespec none = {0, 0};
	CHECK_EQ(send(pair[1], "g", 1, 0), 1);
	CHECK_EQ(send(pair[1], "h", 1, 0), 1);
	CHECK_EQ(recvmmsg(pair[0], messages, ROOM, 0, &none), 1);
	CHECK_EQ(recvmmsg(pair[0], messages, ROOM, MSG_DONTWAIT, NULL), 1);
	struct timespec bad = {0, -1};
	CHECK_ERRNO(recvmmsg(pair[0], messages, 1, 0, &bad), EINVAL);
	return check_done();
}
