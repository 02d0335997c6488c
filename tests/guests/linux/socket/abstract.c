/* Abstract names: no file, every byte counts, free again after close; autobind makes a name of five hexadecimal
 * digits. */
#define _GNU_SOURCE
#include "../check.h"
#include <ctype.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { PATH = offsetof(struct sockaddr_un, sun_path) };

int main(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX}, got;
	/* The number of the folder makes it unlike that of another run. */
	struct stat folder;
	CHECK_SYS(stat(".", &folder));
	socklen_t length = PATH + 1 + (socklen_t)snprintf(name.sun_path + 1, 100, "guest %lu", (unsigned long)folder.st_ino), size = sizeof got;
	int listener = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM, 0)), client = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_SYS(bind(listener, (struct sockaddr *)&name, length));
	CHECK_SYS(listen(listener, 3));
	CHECK_ERRNO(bind(client, (struct sockaddr *)&name, length), EADDRINUSE);
	/* One byte more is another name, also if it is zero. */
	CHECK_ERRNO(connect(client, (struct sockaddr *)&name, length + 1), ECONNREFUSED);
	CHECK_ERRNO(connect(client, (struct sockaddr *)&name, length - 1), ECONNREFUSED);
	CHECK_SYS(connect(client, (struct sockaddr *)&name, length));
	CHECK_SYS(getpeername(client, (struct sockaddr *)&got, &size));
	CHECK_EQ(size, length);
	CHECK_MEM(&got, &name, length);

	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		int second = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM, 0));
		CHECK_SYS(connect(second, (struct sockaddr *)&name, length));
		_exit(0);
	}
	CHECK_SYS(accept(listener, NULL, NULL));
	CHECK_SYS(accept(listener, NULL, NULL));
	CHECK_CHILD(child);
	CHECK_SYS(close(listener));
	listener = CHECK_SYS(socket(AF_UNIX, SOCK_DGRAM, 0));
	CHECK_SYS(bind(listener, (struct sockaddr *)&name, length));

	int automatic = CHECK_SYS(socket(AF_UNIX, SOCK_DGRAM, 0));
	name.sun_family = AF_UNIX;
	CHECK_SYS(bind(automatic, (struct sockaddr *)&name, sizeof name.sun_family));
	size = sizeof got;
	CHECK_SYS(getsockname(automatic, (struct sockaddr *)&got, &size));
	CHECK_EQ(size, PATH + 6);
	CHECK_EQ(got.sun_path[0], 0);
	for (int i = 1; i < 6; i++)
		CHECK(isxdigit((unsigned char)got.sun_path[i]) && !isupper((unsigned char)got.sun_path[i]));
	CHECK_ERRNO(bind(automatic, (struct sockaddr *)&name, length), EINVAL);
	CHECK_ERRNO(bind(client, (struct sockaddr *)&name, 1), EINVAL);
	return check_done();
}
