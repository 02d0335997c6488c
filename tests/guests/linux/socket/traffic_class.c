// qemu: no, it does not know IPV6_DONTFRAG and IPV6_AUTOFLOWLABEL
/* IPv6 options that are told with each datagram: traffic class and hop limit, as options and as control messages, both
 * asked for and sent along; and a control message that is too long. */
#define _GNU_SOURCE
#include "../check.h"
#include <netinet/in.h>
#include <sys/socket.h>

static ssize_t send_with(int from, struct sockaddr_in6 *to, size_t class_length)
{
	char control[128] __attribute__((aligned(8))) = {0};
	struct iovec data = {"hello", 5};
	struct msghdr message = {.msg_name = to,
				 .msg_namelen = sizeof *to,
				 .msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = CMSG_SPACE(class_length) + CMSG_SPACE(sizeof(int))};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	*header = (struct cmsghdr){CMSG_LEN(class_length), IPPROTO_IPV6, IPV6_TCLASS};
	*(int *)CMSG_DATA(header) = 6;
	header = CMSG_NXTHDR(&message, header);
	*header = (struct cmsghdr){CMSG_LEN(sizeof(int)), IPPROTO_IPV6, IPV6_HOPLIMIT};
	*(int *)CMSG_DATA(header) = 2;
	return sendmsg(from, &message, 0);
}

int main(void)
{
	static const int asked[] = {IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS, IPV6_DONTFRAG,
				    IPV6_AUTOFLOWLABEL};
	int one = 1, value;
	socklen_t length;
	int from = CHECK_SYS(socket(AF_INET6, SOCK_DGRAM, 0)), to = CHECK_SYS(socket(AF_INET6, SOCK_DGRAM, 0));
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	CHECK_SYS(bind(to, (struct sockaddr *)&address, sizeof address));
	length = sizeof address;
	CHECK_SYS(getsockname(to, (struct sockaddr *)&address, &length));

	for (size_t n = 0; n < sizeof asked / sizeof *asked; n++) {
		CHECK_SYS(setsockopt(to, IPPROTO_IPV6, asked[n], &one, sizeof one));
		value = 0;
		length = sizeof value;
		CHECK_SYS(getsockopt(to, IPPROTO_IPV6, asked[n], &value, &length));
		CHECK_EQ(value, 1);
	}
	value = 0x20;
	CHECK_SYS(setsockopt(from, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof value));
	value = 0;
	CHECK_SYS(getsockopt(from, IPPROTO_IPV6, IPV6_TCLASS, &value, &length));
	CHECK_EQ(value, 0x20);

	CHECK_EQ(send_with(from, &address, sizeof(int)), 5);
	CHECK_ERRNO(send_with(from, &address, sizeof(int) + 1), EINVAL);

	char control[256] __attribute__((aligned(8))), text[8];
	struct iovec data = {text, sizeof text};
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	CHECK_EQ(recvmsg(to, &message, MSG_DONTWAIT), 5);
	CHECK_EQ(message.msg_flags, 0);
	int class = -1, hops = -1;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
		if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_TCLASS)
			memcpy(&class, CMSG_DATA(header), sizeof class);
		if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_HOPLIMIT)
			memcpy(&hops, CMSG_DATA(header), sizeof hops);
	}
	CHECK_EQ(class, 6);
	CHECK_EQ(hops, 2);
	return check_done();
}
