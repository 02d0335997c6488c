/* sendmmsg and recvmmsg: several datagrams in a call, their lengths and partial results. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/socket.h>

enum { COUNT = 5 };

int main(void)
{
	int pair[2];
	char texts[COUNT][16] = {{0}};
	struct iovec out[COUNT][2], in[COUNT];
	struct mmsghdr sends[COUNT] = {{{0}, 0}}, receives[COUNT] = {{{0}, 0}};
	CHECK_SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	for (int i = 0; i < COUNT; i++) {
		out[i][0] = (struct iovec){"message ", 8};
		out[i][1] = (struct iovec){"012345" + i, 1 + (size_t)i % 2};
		sends[i].msg_hdr = (struct msghdr){.msg_iov = out[i], .msg_iovlen = 2};
		in[i] = (struct iovec){texts[i], i == 3 ? 4 : sizeof texts[i]};
		receives[i].msg_hdr = (struct msghdr){.msg_iov = &in[i], .msg_iovlen = 1};
		receives[i].msg_len = 99;
	}
	CHECK_EQ(sendmmsg(pair[1], sends, 4, 0), 4);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(sends[i].msg_len, 9 + i % 2);
	CHECK_EQ(recvmmsg(pair[0], receives, 3, 0, NULL), 3);
	CHECK_STR(texts[0], "message 0");
	CHECK_STR(texts[1], "message 12");
	CHECK_STR(texts[2], "message 2");
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(receives[i].msg_len, 9 + i % 2);
		CHECK_EQ(receives[i].msg_hdr.msg_flags & MSG_TRUNC, 0);
	}
	CHECK_EQ(receives[3].msg_len, 99);
	CHECK_EQ(recvmmsg(pair[0], receives + 3, 2, MSG_DONTWAIT, NULL), 1);
	CHECK_EQ(receives[3].msg_len, 4);
	CHECK_EQ(receives[3].msg_hdr.msg_flags & MSG_TRUNC, MSG_TRUNC);
	CHECK_STR(texts[3], "mess");
	CHECK_ERRNO(recvmmsg(pair[0], receives, COUNT, MSG_DONTWAIT, NULL), EAGAIN);

	/* An error after the first message is told by the number only. */
	sends[2].msg_hdr.msg_iov = (struct iovec *)8;
	CHECK_EQ(sendmmsg(pair[1], sends, 4, 0), 2);
	CHECK_ERRNO(sendmmsg(pair[1], sends + 2, 1, 0), EFAULT);
	CHECK_EQ(sendmmsg(pair[1], sends, 0, 0), 0);
	CHECK_EQ(recvmmsg(pair[0], receives, COUNT, MSG_DONTWAIT, NULL), 2);
	return check_done();
}
