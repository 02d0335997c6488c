/* lseek: every origin, holes and data, beyond the end, before the beginning, and files larger than 4 GiB without
 * data. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
	static char block[65536];
	char byte;
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 100);
	CHECK_EQ(read(fd, &byte, 1), 0);
	CHECK_EQ(lseek(fd, -30, SEEK_CUR), 70);
	CHECK_ERRNO(lseek(fd, -71, SEEK_CUR), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 70);
	CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERRNO(lseek(fd, 0, 77), EINVAL);
	CHECK_ERRNO(lseek(999, 0, SEEK_SET), EBADF);
	CHECK_ERRNO(lseek(fd, 0, SEEK_DATA), ENXIO);
	CHECK_ERRNO(lseek(fd, 0, SEEK_HOLE), ENXIO);

	/* 64 KiB of data between two holes of a mebibyte. */
	memset(block, 'd', sizeof block);
	CHECK_EQ(pwrite(fd, block, sizeof block, 1 << 20), sizeof block);
	CHECK_SYS(ftruncate(fd, 2 << 20));
	CHECK_EQ(lseek(fd, 0, SEEK_END), 2 << 20);
	off_t data = CHECK_SYS(lseek(fd, 0, SEEK_DATA));
	if (data == 0) {
		/* A file system that knows no holes calls all of it data. */
		CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 2 << 20);
	} else {
		CHECK_EQ(data, 1 << 20);
		CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
		CHECK_EQ(lseek(fd, data, SEEK_HOLE), (1 << 20) + 65536);
		CHECK_EQ(lseek(fd, data + 5000, SEEK_DATA), data + 5000);
		CHECK_EQ(lseek(fd, 5000, SEEK_HOLE), 5000);
		CHECK_ERRNO(lseek(fd, (1 << 20) + 65536, SEEK_DATA), ENXIO);
		struct stat stat_;
		CHECK_SYS(fstat(fd, &stat_));
		CHECK(stat_.st_blocks * 512 < 1 << 20);
	}
	CHECK_ERRNO(lseek(fd, 2 << 20, SEEK_HOLE), ENXIO);
	CHECK_ERRNO(lseek(fd, -1, SEEK_DATA), ENXIO);

	off_t far = (off_t)5 << 30;
	CHECK_EQ(lseek(fd, far, SEEK_SET), far);
	CHECK_EQ(write(fd, "f", 1), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_END), far + 1);
	CHECK_EQ(lseek(fd, -1, SEEK_END), far);
	CHECK_EQ(read(fd, &byte, 1), 1);
	CHECK_EQ(byte, 'f');
	CHECK_EQ(pread(fd, &byte, 1, far - 1), 1);
	CHECK_EQ(byte, 0);
	/* The sum leaves 63 bits. */
	CHECK_ERRNO(lseek(fd, INT64_MAX, SEEK_CUR), EINVAL);
	return check_done();
}
