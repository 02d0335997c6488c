/* sendfile to a socket and to a file: offsets, the end of the input, without waiting, and the errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

int main(void)
{
	static char bulk[400000], back[sizeof bulk];
	int pair[2];
	off_t offset = 1000;
	for (size_t i = 0; i < sizeof bulk; i++)
		bulk[i] = (char)(i * 13 >> 5);
	int file = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600)), copy = CHECK_SYS(open("copy", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(file, bulk, sizeof bulk), sizeof bulk);
	CHECK_SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));

	CHECK_EQ(sendfile(pair[0], file, &offset, 100), 100);
	CHECK_EQ(offset, 1100);
	CHECK_EQ(lseek(file, 0, SEEK_CUR), (off_t)sizeof bulk);
	CHECK_EQ(recv(pair[1], back, sizeof back, 0), 100);
	CHECK_MEM(back, bulk + 1000, 100);
	CHECK_EQ(sendfile(pair[0], file, NULL, 100), 0);
	CHECK_EQ(lseek(file, -50, SEEK_END), (off_t)sizeof bulk - 50);
	CHECK_EQ(sendfile(copy, file, NULL, 100), 50);
	CHECK_EQ(lseek(file, 0, SEEK_CUR), (off_t)sizeof bulk);
	CHECK_EQ(lseek(copy, 0, SEEK_CUR), 50);
	CHECK_EQ(pread(copy, back, 100, 0), 50);
	CHECK_MEM(back, bulk + sizeof bulk - 50, 50);

	/* More than the socket holds: it waits for the reader. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(recv(pair[1], back, sizeof back, MSG_WAITALL), sizeof back);
		CHECK_MEM(back, bulk, sizeof bulk);
		_exit(0);
	}
	offset = 0;
	while (offset < (off_t)sizeof bulk)
		CHECK(CHECK_SYS(sendfile(pair[0], file, &offset, sizeof bulk)) > 0);
	CHECK_CHILD(child);
	CHECK_SYS(fcntl(pair[0], F_SETFL, O_NONBLOCK));
	offset = 0;
	ssize_t part, total = 0;
	while ((part = sendfile(pair[0], file, &offset, sizeof bulk)) > 0 && offset < (off_t)sizeof bulk)
		total += part;
	int error = errno;
	CHECK_EQ(part, -1);
	CHECK_EQ(error, EAGAIN);
	CHECK_EQ(offset, total);

	CHECK_ERRNO(sendfile(pair[0], pair[1], NULL, 1), EINVAL);
	offset = -1;
	CHECK_ERRNO(sendfile(copy, file, &offset, 1), EINVAL);
	CHECK_ERRNO(sendfile(999, file, NULL, 1), EBADF);
	CHECK_ERRNO(sendfile(copy, 999, NULL, 1), EBADF);
	int reader = CHECK_SYS(open("copy", O_RDONLY));
	CHECK_ERRNO(sendfile(reader, file, NULL, 1), EBADF);
	CHECK_SYS(fcntl(copy, F_SETFL, O_APPEND));
	CHECK_ERRNO(sendfile(copy, file, NULL, 1), EINVAL);
	return check_done();
}
