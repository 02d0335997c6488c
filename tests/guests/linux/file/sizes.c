/* truncate, ftruncate and fallocate: zeros where it grows, holes, KEEP_SIZE, punching, mappings that see it, the
 * errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

static off_t size_of(int fd)
{
	struct stat stat_;
	CHECK_SYS(fstat(fd, &stat_));
	return stat_.st_size;
}

int main(void)
{
	static char zeros[4096], text[4096];
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600)), reader = CHECK_SYS(open("file", O_RDONLY));
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_SYS(ftruncate(fd, 4));
	CHECK_EQ(size_of(fd), 4);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_SYS(truncate("file", 8));
	CHECK_EQ(pread(fd, text, 100, 0), 8);
	/* What was cut off does not come back. */
	CHECK_MEM(text, "0123\0\0\0\0", 8);
	CHECK_ERRNO(ftruncate(reader, 0), EINVAL);
	CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
	CHECK_ERRNO(truncate("missing", 0), ENOENT);
	CHECK_ERRNO(truncate(".", 0), EISDIR);

	CHECK_SYS(ftruncate(fd, 16384));
	memset(text, 'x', sizeof text);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pwrite(fd, text, 4096, i * 4096), 4096);
	char *map = mmap(NULL, 16384, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096) == 0) {
		CHECK_EQ(size_of(fd), 16384);
		CHECK_MEM(map + 4096, zeros, 4096);
		CHECK_EQ(map[4095], 'x');
		CHECK_EQ(map[8192], 'x');
		CHECK_EQ(pread(fd, text, 4096, 4096), 4096);
		CHECK_MEM(text, zeros, 4096);
	} else {
		CHECK_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096), EOPNOTSUPP);
	}
	/* A mapping sees the file shrink and grow: the rest of the last page becomes zero. */
	CHECK_SYS(ftruncate(fd, 12288 + 100));
	CHECK_EQ(map[12288 + 99], 'x');
	CHECK_EQ(map[12288 + 100], 0);

	CHECK_SYS(fallocate(fd, 0, 20000, 1000));
	CHECK_EQ(size_of(fd), 21000);
	CHECK_SYS(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 50000));
	CHECK_EQ(size_of(fd), 21000);
	CHECK_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, -1, 10), EINVAL);
	CHECK_ERRNO(fallocate(reader, 0, 0, 10), EBADF);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10), EOPNOTSUPP);
	int ends[2];
	CHECK_SYS(pipe(ends));
	CHECK_ERRNO(fallocate(ends[1], 0, 0, 10), ESPIPE);
	CHECK_EQ(posix_fallocate(fd, 30000, 10), 0);
	CHECK_EQ(size_of(fd), 30010);
	return check_done();
}
