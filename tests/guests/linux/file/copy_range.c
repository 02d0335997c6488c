/* copy_file_range: offsets given or the files' own, the end of the input, overlapping ranges, and the errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>

int main(void)
{
	static char bulk[100000], back[sizeof bulk];
	for (size_t i = 0; i < sizeof bulk; i++)
		bulk[i] = (char)(i * 17 >> 6);
	int from = CHECK_SYS(open("from", O_CREAT | O_RDWR, 0600)), to = CHECK_SYS(open("to", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(from, bulk, sizeof bulk), sizeof bulk);
	off_t in = 1000, out = 5;
	CHECK_EQ(copy_file_range(from, &in, to, &out, 300, 0), 300);
	CHECK_EQ(in, 1300);
	CHECK_EQ(out, 305);
	CHECK_EQ(lseek(to, 0, SEEK_CUR), 0);
	CHECK_EQ(lseek(from, 0, SEEK_CUR), (off_t)sizeof bulk);
	CHECK_EQ(pread(to, back, sizeof back, 0), 305);
	CHECK_MEM(back, "\0\0\0\0\0", 5);
	CHECK_MEM(back + 5, bulk + 1000, 300);

	CHECK_EQ(copy_file_range(from, NULL, to, NULL, 10, 0), 0);
	CHECK_EQ(lseek(from, 0, SEEK_SET), 0);
	size_t total = 0;
	for (ssize_t n; (n = CHECK_SYS(copy_file_range(from, NULL, to, NULL, sizeof bulk * 2, 0))) > 0;)
		total += (size_t)n;
	CHECK_EQ(total, sizeof bulk);
	CHECK_EQ(lseek(to, 0, SEEK_CUR), (off_t)sizeof bulk);
	CHECK_EQ(pread(to, back, sizeof back, 0), (ssize_t)sizeof back);
	CHECK_MEM(back, bulk, sizeof bulk);

	/* Within a file, but not onto itself. */
	in = 0;
	out = 50000;
	CHECK_EQ(copy_file_range(to, &in, to, &out, 50000, 0), 50000);
	CHECK_EQ(pread(to, back, 50000, 50000), 50000);
	CHECK_MEM(back, bulk, 50000);
	in = 0;
	out = 100;
	CHECK_ERRNO(copy_file_range(to, &in, to, &out, 101, 0), EINVAL);
	CHECK_ERRNO(copy_file_range(from, &in, to, &out, 10, 1), EINVAL);
	int reader = CHECK_SYS(open("from", O_RDONLY)), folder = CHECK_SYS(open(".", O_RDONLY)), ends[2];
	CHECK_ERRNO(copy_file_range(from, NULL, reader, NULL, 10, 0), EBADF);
	CHECK_ERRNO(copy_file_range(folder, NULL, to, NULL, 10, 0), EISDIR);
	CHECK_SYS(pipe(ends));
	CHECK_ERRNO(copy_file_range(from, NULL, ends[1], NULL, 10, 0), EINVAL);
	int appender = CHECK_SYS(open("to", O_WRONLY | O_APPEND));
	CHECK_ERRNO(copy_file_range(from, NULL, appender, NULL, 10, 0), EBADF);
	return check_done();
}
