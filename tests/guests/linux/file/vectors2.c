// qemu: no, it lacks preadv2 and pwritev2
/* preadv2 and pwritev2: an offset of -1 is the current one, RWF_APPEND, RWF_DSYNC, and unknown flags. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/uio.h>

int main(void)
{
	char a[4] = "", b[8] = "";
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600)), ends[2];
	struct iovec out[] = {{"one", 3}, {"two!", 4}}, in[] = {{a, 3}, {b, 7}};
	CHECK_EQ(pwritev2(fd, out, 2, -1, 0), 7);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 7);
	CHECK_EQ(pwritev2(fd, out, 1, 20, 0), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 7);
	CHECK_EQ(pwritev2(fd, out, 2, 0, RWF_APPEND), 7);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 7);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 30);
	CHECK_EQ(preadv2(fd, in, 2, 23, 0), 7);
	CHECK_STR(a, "one");
	CHECK_STR(b, "two!");
	CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
	CHECK_EQ(preadv2(fd, in, 1, -1, 0), 3);
	CHECK_STR(a, "two");
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 6);
	CHECK_EQ(pwritev2(fd, out, 1, 0, RWF_DSYNC), 3);
	CHECK_EQ(pwritev2(fd, out, 1, 0, RWF_SYNC), 3);
	CHECK_ERRNO(preadv2(fd, in, 1, 0, 0x40000000), EOPNOTSUPP);
	CHECK_ERRNO(preadv2(fd, in, 1, -2, 0), EINVAL);
	/* A pipe has no offset but the current one. */
	CHECK_SYS(pipe(ends));
	CHECK_EQ(pwritev2(ends[1], out, 2, -1, 0), 7);
	CHECK_ERRNO(pwritev2(ends[1], out, 2, 0, 0), ESPIPE);
	CHECK_EQ(preadv2(ends[0], in, 2, -1, 0), 7);
	CHECK_ERRNO(preadv2(ends[0], in, 1, -1, RWF_NOWAIT), EAGAIN);
	return check_done();
}
