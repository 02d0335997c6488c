/* splice between pipes and files with offsets, tee without consuming, vmsplice from memory; and their errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/uio.h>

int main(void)
{
	int a[2], b[2];
	char text[32] = "";
	loff_t from = 2, to = 10;
	CHECK_SYS(pipe2(a, O_NONBLOCK));
	CHECK_SYS(pipe2(b, O_NONBLOCK));
	int in = CHECK_SYS(open("in", O_CREAT | O_RDWR, 0600)), out = CHECK_SYS(open("out", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(in, "0123456789", 10), 10);

	/* With an offset of its own the file's position stays. */
	CHECK_EQ(splice(in, &from, a[1], NULL, 5, 0), 5);
	CHECK_EQ(from, 7);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 10);
	CHECK_EQ(splice(in, NULL, a[1], NULL, 5, 0), 0);
	CHECK_EQ(tee(a[0], b[1], 3, 0), 3);
	CHECK_EQ(read(b[0], text, sizeof text), 3);
	CHECK_MEM(text, "234", 3);
	CHECK_EQ(tee(a[0], b[1], 100, 0), 5);
	CHECK_EQ(splice(a[0], NULL, out, &to, 4, 0), 4);
	CHECK_EQ(to, 14);
	CHECK_EQ(lseek(out, 0, SEEK_CUR), 0);
	CHECK_EQ(lseek(out, 0, SEEK_END), 14);
	CHECK_EQ(pread(out, text, sizeof text, 9), 5);
	CHECK_MEM(text, "\0" "2345", 5);
	CHECK_EQ(splice(b[0], NULL, out, NULL, 100, 0), 5);
	CHECK_EQ(lseek(out, 0, SEEK_CUR), 19);
	/* Pipe to pipe. */
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 100, SPLICE_F_MOVE), 1);
	CHECK_EQ(read(b[0], text, sizeof text), 1);
	CHECK_EQ(text[0], '6');

	struct iovec parts[] = {{"one ", 4}, {"two", 3}};
	CHECK_EQ(vmsplice(a[1], parts, 2, 0), 7);
	CHECK_EQ(read(a[0], text, sizeof text), 7);
	CHECK_MEM(text, "one two", 7);

	CHECK_ERRNO(splice(a[0], NULL, out, NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERRNO(tee(a[0], b[1], 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERRNO(splice(in, NULL, out, NULL, 1, 0), EINVAL);
	CHECK_ERRNO(splice(a[0], &from, out, NULL, 1, 0), ESPIPE);
	CHECK_ERRNO(tee(in, a[1], 1, 0), EINVAL);
	CHECK_ERRNO(splice(a[1], NULL, out, NULL, 1, 0), EBADF);
	CHECK_ERRNO(splice(999, NULL, a[1], NULL, 1, 0), EBADF);
	CHECK_SYS(fcntl(out, F_SETFL, O_APPEND));
	CHECK_EQ(write(a[1], "x", 1), 1);
	CHECK_ERRNO(splice(a[0], NULL, out, NULL, 1, 0), EINVAL);
	CHECK_SYS(close(a[1]));
	CHECK_EQ(read(a[0], text, sizeof text), 1);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 1, 0), 0);
	return check_done();
}
