/* readv, writev, preadv and pwritev: order, short results, offsets, limits. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/uio.h>

int main(void)
{
	volatile int less = -1, more = IOV_MAX + 1;
	char a[4] = "", b[8] = "", c[16] = "";
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600)), ends[2];
	struct iovec out[] = {{"one", 3}, {"", 0}, {"fourth", 6}, {"!", 1}};
	struct iovec in[] = {{a, 3}, {NULL, 0}, {b, 5}, {c, 16}};
	CHECK_EQ(writev(fd, out, 4), 10);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_EQ(preadv(fd, in, 4, 0), 10);
	CHECK_STR(a, "one");
	CHECK_STR(b, "fourt");
	CHECK_STR(c, "h!");
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_EQ(readv(fd, in, 4), 0);
	CHECK_EQ(pwritev(fd, out + 2, 2, 20), 7);
	CHECK_EQ(preadv(fd, in, 4, 19), 8);
	CHECK_MEM(a, "\0fo", 3);
	CHECK_MEM(b, "urth!", 5);
	CHECK_EQ(pread(fd, c, 16, 25), 2);
	CHECK_EQ(pread(fd, c, 16, 27), 0);
	CHECK_EQ(pread(fd, c, 16, 1000), 0);
	CHECK_ERRNO(pread(fd, c, 16, -1), EINVAL);
	CHECK_ERRNO(pwrite(fd, c, 16, -1), EINVAL);

	CHECK_EQ(writev(fd, out, 0), 0);
	CHECK_ERRNO(writev(fd, out, less), EINVAL);
	CHECK_ERRNO(writev(fd, out, more), EINVAL);
	struct iovec bad = {(void *)8, 4};
	CHECK_ERRNO(writev(fd, &bad, 1), EFAULT);
	struct iovec huge = {c, (size_t)-1};
	CHECK_ERRNO(writev(fd, &huge, 1), EINVAL);
	static struct iovec most[IOV_MAX];
	for (int i = 0; i < IOV_MAX; i++)
		most[i] = (struct iovec){"m", 1};
	CHECK_SYS(ftruncate(fd, 0));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(writev(fd, most, IOV_MAX), IOV_MAX);

	CHECK_SYS(pipe2(ends, O_NONBLOCK));
	CHECK_EQ(writev(ends[1], out, 4), 10);
	CHECK_ERRNO(pwritev(ends[1], out, 1, 0), ESPIPE);
	CHECK_EQ(readv(ends[0], in, 3), 8);
	CHECK_EQ(readv(ends[0], in, 3), 2);
	CHECK_MEM(a, "h!", 2);
	CHECK_ERRNO(readv(ends[0], in, 3), EAGAIN);
	return check_done();
}
