/* open: O_CREAT with O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW, the lowest number, and which error wins. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
	char text[16] = "";
	struct stat stat_;
	CHECK_ERRNO(open("file", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("missing/file", O_RDWR | O_CREAT, 0600), ENOENT);
	int fd = CHECK_SYS(open("file", O_RDWR | O_CREAT | O_EXCL, 0640));
	CHECK_ERRNO(open("file", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_ERRNO(open("file/below", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("file/", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERRNO(open(".", O_RDWR), EISDIR);
	CHECK_ERRNO(open(".", O_RDONLY | O_CREAT, 0600), EISDIR);
	CHECK_ERRNO(open("new/", O_RDWR | O_CREAT, 0600), EISDIR);

	CHECK_SYS(symlink("file", "link"));
	CHECK_SYS(symlink("created", "dangling"));
	CHECK_SYS(symlink("loop", "loop"));
	CHECK_ERRNO(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_ERRNO(open("loop", O_RDONLY), ELOOP);
	CHECK_ERRNO(open("dangling", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	/* Without O_EXCL the file at the end of the link is made. */
	CHECK_SYS(close(CHECK_SYS(open("dangling", O_RDWR | O_CREAT, 0600))));
	CHECK_SYS(lstat("created", &stat_));
	CHECK(S_ISREG(stat_.st_mode));

	int appender = CHECK_SYS(open("link", O_RDWR | O_APPEND));
	CHECK_EQ(lseek(appender, 0, SEEK_CUR), 0);
	CHECK_EQ(lseek(appender, 2, SEEK_SET), 2);
	CHECK_EQ(write(appender, "AB", 2), 2);
	CHECK_EQ(lseek(appender, 0, SEEK_CUR), 12);
	/* On Linux a positioned write appends too. */
	CHECK_EQ(pwrite(appender, "C", 1, 0), 1);
	CHECK_EQ(pread(fd, text, sizeof text, 0), 13);
	CHECK_MEM(text, "0123456789ABC", 13);

	int reader = CHECK_SYS(open("file", O_RDONLY)), writer = CHECK_SYS(open("file", O_WRONLY | O_TRUNC));
	CHECK_EQ(read(reader, text, 1), 0);
	CHECK_ERRNO(write(reader, "x", 1), EBADF);
	CHECK_ERRNO(read(writer, text, 1), EBADF);
	CHECK_EQ(fcntl(writer, F_GETFL) & (O_ACCMODE | O_TRUNC | O_CREAT | O_APPEND), O_WRONLY);
	CHECK_EQ(fcntl(appender, F_GETFL) & (O_ACCMODE | O_APPEND), O_RDWR | O_APPEND);
	/* A hole is left when writing behind the end. */
	CHECK_EQ(pwrite(writer, "z", 1, 5), 1);
	CHECK_EQ(read(reader, text, sizeof text), 6);
	CHECK_MEM(text, "\0\0\0\0\0z", 6);
	CHECK_SYS(close(reader));
	CHECK_EQ(CHECK_SYS(open("file", O_RDONLY | O_CLOEXEC)), reader);
	CHECK_EQ(fcntl(reader, F_GETFD), FD_CLOEXEC);
	return check_done();
}
