// qemu: no, it writes nothing into a buffer that is shorter than the option
/* getsockopt and getsockname into buffers that are shorter or longer than the value: what is written, and the
 * length told. */
#define _GNU_SOURCE
#include "../check.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

int main(void)
{
	int tcp = CHECK_SYS(socket(AF_INET, SOCK_STREAM, 0));
	char bytes[32];
	socklen_t length = 2;
	memset(bytes, 0x55, sizeof bytes);
	CHECK_SYS(getsockopt(tcp, SOL_SOCKET, SO_TYPE, bytes, &length));
	CHECK_EQ(length, 2);
	CHECK_MEM(bytes, "\1\0\x55\x55", 4);
	length = 8;
	CHECK_SYS(getsockopt(tcp, SOL_SOCKET, SO_TYPE, bytes, &length));
	CHECK_EQ(length, 4);
	CHECK_MEM(bytes, "\1\0\0\0\x55\x55", 6);
	length = 0;
	CHECK_SYS(getsockopt(tcp, SOL_SOCKET, SO_TYPE, bytes, &length));
	CHECK_EQ(length, 0);
	length = (socklen_t)-1;
	CHECK_ERRNO(getsockopt(tcp, SOL_SOCKET, SO_TYPE, bytes, &length), EINVAL);

	length = 4;
	memset(bytes, 0x55, sizeof bytes);
	CHECK_SYS(getsockopt(tcp, SOL_SOCKET, SO_LINGER, bytes, &length));
	CHECK_EQ(length, 4);
	CHECK_MEM(bytes, "\0\0\0\0\x55\x55", 6);

	length = 3;
	memset(bytes, 0x55, sizeof bytes);
	CHECK_SYS(getsockname(tcp, (struct sockaddr *)bytes, &length));
	CHECK_EQ(length, sizeof(struct sockaddr_in));
	CHECK_MEM(bytes, "\2\0\0\x55", 4);
	length = sizeof bytes;
	CHECK_SYS(getsockname(tcp, (struct sockaddr *)bytes, &length));
	CHECK_EQ(length, sizeof(struct sockaddr_in));
	CHECK_EQ(bytes[sizeof(struct sockaddr_in)], 0x55);
	length = (socklen_t)-1;
	CHECK_ERRNO(getsockname(tcp, (struct sockaddr *)bytes, &length), EINVAL);
	return check_done();
}
