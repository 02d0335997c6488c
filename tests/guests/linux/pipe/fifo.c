/* FIFOs: open waits for the other side unless told not to; end of file, reopening, O_RDWR, and the errors of
 * mkfifo. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

int main(void)
{
	char text[16] = "";
	struct stat stat_;
	umask(022);
	CHECK_SYS(mkfifo("fifo", 0666));
	CHECK_SYS(stat("fifo", &stat_));
	CHECK_EQ(stat_.st_mode, S_IFIFO | 0644);
	CHECK_ERRNO(mkfifo("fifo", 0666), EEXIST);
	CHECK_ERRNO(mkfifo("missing/fifo", 0666), ENOENT);

	/* Without waiting: a writer needs a reader, a reader needs nobody. */
	CHECK_ERRNO(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	int reader = CHECK_SYS(open("fifo", O_RDONLY | O_NONBLOCK));
	CHECK_EQ(read(reader, text, 1), 0);
	struct pollfd poller = {.fd = reader, .events = POLLIN};
	CHECK_EQ(poll(&poller, 1, 0), 0);
	int writer = CHECK_SYS(open("fifo", O_WRONLY | O_NONBLOCK));
	CHECK_ERRNO(read(reader, text, 1), EAGAIN);
	CHECK_EQ(write(writer, "one", 3), 3);
	CHECK_SYS(close(writer));
	CHECK_EQ(poll(&poller, 1, 0), 1);
	CHECK_EQ(poller.revents, POLLIN | POLLHUP);
	CHECK_EQ(read(reader, text, sizeof text), 3);
	CHECK_EQ(read(reader, text, sizeof text), 0);
	/* A new writer makes it a living one again. */
	writer = CHECK_SYS(open("fifo", O_WRONLY));
	CHECK_ERRNO(read(reader, text, 1), EAGAIN);
	CHECK_SYS(close(writer));
	CHECK_SYS(close(reader));

	/* Waiting: each side comes out of open when the other has arrived. */
	for (int child_writes = 0; child_writes < 2; child_writes++) {
		pid_t child = CHECK_SYS(fork());
		if (child == 0) {
			int fd = CHECK_SYS(open("fifo", child_writes ? O_WRONLY : O_RDONLY));
			if (child_writes)
				CHECK_EQ(write(fd, "hello", 5), 5);
			else
				CHECK_EQ(read(fd, text, sizeof text), 5);
			_exit(0);
		}
		int fd = CHECK_SYS(open("fifo", child_writes ? O_RDONLY : O_WRONLY));
		if (child_writes) {
			CHECK_EQ(read(fd, text, sizeof text), 5);
			CHECK_MEM(text, "hello", 5);
			CHECK_EQ(read(fd, text, sizeof text), 0);
		} else {
			CHECK_EQ(write(fd, "hello", 5), 5);
		}
		CHECK_CHILD(child);
		CHECK_SYS(close(fd));
	}
	/* For both directions at once it opens alone and keeps its own bytes. */
	int both = CHECK_SYS(open("fifo", O_RDWR));
	CHECK_EQ(write(both, "self", 4), 4);
	CHECK_SYS(unlink("fifo"));
	CHECK_EQ(read(both, text, sizeof text), 4);
	CHECK_MEM(text, "self", 4);
	return check_done();
}
