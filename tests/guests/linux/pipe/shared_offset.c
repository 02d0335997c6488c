/* dup and fork share offset and status flags, open does not; descriptor flags belong to each number alone. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>

int main(void)
{
	char text[8] = "";
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600)), copy = CHECK_SYS(dup(fd));
	int other = CHECK_SYS(open("file", O_RDWR));
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_EQ(lseek(copy, 0, SEEK_CUR), 10);
	CHECK_EQ(lseek(other, 0, SEEK_CUR), 0);
	CHECK_EQ(lseek(copy, 3, SEEK_SET), 3);
	CHECK_EQ(read(fd, text, 2), 2);
	CHECK_MEM(text, "34", 2);
	CHECK_SYS(fcntl(copy, F_SETFL, O_APPEND | O_NONBLOCK));
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK), O_APPEND | O_NONBLOCK);
	CHECK_EQ(fcntl(other, F_GETFL) & (O_APPEND | O_NONBLOCK), 0);
	CHECK_SYS(fcntl(fd, F_SETFD, FD_CLOEXEC));
	CHECK_EQ(fcntl(copy, F_GETFD), 0);
	CHECK_EQ(fcntl(fcntl(fd, F_DUPFD, 30), F_GETFD), 0);

	/* Children read on where the last one stopped, and the parent after them. */
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	for (int i = 0; i < 3; i++) {
		pid_t child = CHECK_SYS(fork());
		if (child == 0) {
			CHECK_EQ(read(fd, text, 2), 2);
			CHECK_EQ(text[0], '0' + 2 * i);
			if (i == 2)
				CHECK_SYS(fcntl(fd, F_SETFL, 0));
			CHECK_SYS(close(fd));
			_exit(0);
		}
		CHECK_CHILD(child);
	}
	CHECK_EQ(lseek(copy, 0, SEEK_CUR), 6);
	CHECK_EQ(fcntl(copy, F_GETFL) & (O_APPEND | O_NONBLOCK), 0);
	CHECK_EQ(write(copy, "XY", 2), 2);
	CHECK_EQ(pread(other, text, 4, 5), 4);
	CHECK_MEM(text, "5XY8", 4);
	/* Offsets of positioned calls leave the shared one alone. */
	CHECK_EQ(pwrite(fd, "Z", 1, 0), 1);
	CHECK_EQ(lseek(copy, 0, SEEK_CUR), 8);
	return check_done();
}
