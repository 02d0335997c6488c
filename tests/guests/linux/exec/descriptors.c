// qemu: no, exec without binfmt
/* Descriptors across exec: those marked close-on-exec are gone, the others keep number, offset and status flags. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>

extern char **environ;
enum { KEPT = 20, GONE = 40 };

static int in_second(void)
{
	char text[8] = "";
	for (int fd = GONE; fd < GONE + 7; fd++)
		CHECK_ERRNO(fcntl(fd, F_GETFD), EBADF);
	CHECK_EQ(fcntl(KEPT, F_GETFD), 0);
	CHECK_EQ(lseek(KEPT, 0, SEEK_CUR), 4);
	CHECK_EQ(fcntl(KEPT, F_GETFL) & (O_ACCMODE | O_APPEND), O_RDWR | O_APPEND);
	CHECK_EQ(read(KEPT, text, 4), 4);
	CHECK_STR(text, "tail");
	/* A copy made without the mark lives on although its original had the mark. */
	CHECK_EQ(read(KEPT + 1, text, 4), 4);
	CHECK_STR(text, "pipe");
	CHECK_EQ(fcntl(KEPT + 1, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	/* Its write end had the mark and was the last one. */
	CHECK_EQ(read(KEPT + 1, text, 4), 0);
	uint64_t value;
	CHECK_EQ(read(KEPT + 2, &value, sizeof value), sizeof value);
	CHECK_EQ(value, 33);
	/* The next free number is the lowest. */
	int low = CHECK_SYS(open("/dev/null", O_RDONLY));
	CHECK(low < KEPT);
	return check_done();
}

static void at(int number, int fd, int flags)
{
	CHECK_EQ(dup3(fd, number, flags), number);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return in_second();
	int ends[2];
	int file = CHECK_SYS(open("file", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
	CHECK_EQ(write(file, "headtail", 8), 8);
	CHECK_EQ(lseek(file, 4, SEEK_SET), 4);
	at(KEPT, file, 0);
	CHECK_SYS(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
	CHECK_EQ(write(ends[1], "pipe", 4), 4);
	at(KEPT + 1, ends[0], 0);
	at(KEPT + 2, CHECK_SYS(eventfd(33, EFD_CLOEXEC)), 0);

	at(GONE, file, O_CLOEXEC);
	at(GONE + 1, CHECK_SYS(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), O_CLOEXEC);
	at(GONE + 2, CHECK_SYS(epoll_create1(0)), 0);
	CHECK_SYS(fcntl(GONE + 2, F_SETFD, FD_CLOEXEC));
	CHECK_EQ(fcntl(file, F_DUPFD_CLOEXEC, GONE + 3), GONE + 3);
	at(GONE + 4, file, 0);
	at(GONE + 5, file, 0);
	at(GONE + 6, file, 0);
	/* CLOSE_RANGE_CLOEXEC */
	CHECK_SYS(syscall(SYS_close_range, GONE + 4, GONE + 6, 4));
	CHECK_SYS(fcntl(GONE + 5, F_GETFD));
	execve("/proc/self/exe", (char *[]){argv[0], "second", NULL}, environ);
	CHECK(!"execve returned");
}
