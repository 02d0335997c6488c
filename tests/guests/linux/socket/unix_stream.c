/* Stream sockets by path: bind makes a file, connect and accept, the addresses of both sides, and the errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "sock"};
#define AT(a) (const struct sockaddr *)&(a), sizeof(a)

int main(void)
{
	struct sockaddr_un name, missing = {.sun_family = AF_UNIX, .sun_path = "missing"};
	struct stat stat_;
	char text[16] = "";
	int listener = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	int client = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_ERRNO(connect(client, AT(missing)), ENOENT);
	CHECK_ERRNO(listen(listener, 1), EINVAL);
	CHECK_SYS(bind(listener, AT(address)));
	CHECK_SYS(stat("sock", &stat_));
	CHECK(S_ISSOCK(stat_.st_mode));
	CHECK_ERRNO(open("sock", O_RDWR), ENXIO);
	CHECK_ERRNO(bind(client, AT(address)), EADDRINUSE);
	CHECK_ERRNO(bind(listener, AT(missing)), EINVAL);
	CHECK_ERRNO(connect(client, AT(address)), ECONNREFUSED);
	CHECK_ERRNO(accept(listener, NULL, NULL), EINVAL);
	CHECK_SYS(listen(listener, 1));

	CHECK_SYS(connect(client, AT(address)));
	CHECK_ERRNO(connect(client, AT(address)), EISCONN);
	socklen_t length = sizeof name;
	memset(&name, 0x55, sizeof name);
	int server = CHECK_SYS(accept4(listener, (struct sockaddr *)&name, &length, SOCK_CLOEXEC | SOCK_NONBLOCK));
	/* The client has no name: a family and nothing else. */
	CHECK_EQ(length, offsetof(struct sockaddr_un, sun_path));
	CHECK_EQ(name.sun_family, AF_UNIX);
	CHECK_EQ(fcntl(server, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(server, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_EQ(fcntl(client, F_GETFL) & O_NONBLOCK, 0);
	length = sizeof name;
	CHECK_SYS(getsockname(server, (struct sockaddr *)&name, &length));
	CHECK_STR(name.sun_path, "sock");
	CHECK_EQ(length, offsetof(struct sockaddr_un, sun_path) + sizeof "sock");
	/* A short buffer gets its part, and the length is the whole. */
	length = 4;
	memset(&name, 0x55, sizeof name);
	CHECK_SYS(getpeername(client, (struct sockaddr *)&name, &length));
	CHECK_EQ(length, offsetof(struct sockaddr_un, sun_path) + sizeof "sock");
	CHECK_MEM(name.sun_path, "so\x55", 3);

	CHECK_ERRNO(recv(server, text, 1, 0), EAGAIN);
	CHECK_EQ(send(client, "hello", 5, 0), 5);
	CHECK_EQ(recv(server, text, 2, 0), 2);
	CHECK_EQ(read(server, text + 2, 10), 3);
	CHECK_STR(text, "hello");
	/* The file may go, the connection stays; nobody can come any more. */
	CHECK_SYS(unlink("sock"));
	CHECK_EQ(send(server, "x", 1, 0), 1);
	int late = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_ERRNO(connect(late, AT(address)), ENOENT);
	CHECK_ERRNO(send(late, "x", 1, 0), ENOTCONN);
	CHECK_ERRNO(getpeername(late, (struct sockaddr *)&name, &length), ENOTCONN);
	CHECK_ERRNO(accept(client, NULL, NULL), EINVAL);
	CHECK_SYS(close(client));
	CHECK_ERRNO(send(server, "x", 1, MSG_NOSIGNAL), EPIPE);
	/* The client left a byte unread, which is told once as a reset; after that it is the end. */
	CHECK_ERRNO(recv(server, text, 1, 0), ECONNRESET);
	CHECK_EQ(recv(server, text, 1, 0), 0);
	return check_done();
}
