// qemu: no, stat of the link finds user mode's own program
/* /proc/self/exe is the program itself for stat, open and access, a link for lstat, and cannot be written while it
 * runs. */
#define _GNU_SOURCE
#include "files.h"
#include <sys/stat.h>

int main(void)
{
	char link[4096];
	struct stat by_link, by_name, by_open;
	ssize_t n = CHECK_SYS(readlink("/proc/self/exe", link, sizeof link - 1));
	link[n] = 0;
	CHECK_EQ(stat("/proc/self/exe", &by_link), 0);
	CHECK_EQ(stat(link, &by_name), 0);
	CHECK_EQ(by_link.st_ino, by_name.st_ino);
	CHECK_EQ(by_link.st_dev, by_name.st_dev);
	CHECK_EQ(by_link.st_size, by_name.st_size);
	int fd = CHECK_SYS(open("/proc/self/exe", O_RDONLY));
	CHECK_EQ(fstat(fd, &by_open), 0);
	CHECK_EQ(by_open.st_ino, by_name.st_ino);
	CHECK_EQ(lstat("/proc/self/exe", &by_link), 0);
	CHECK(S_ISLNK(by_link.st_mode));
	CHECK_EQ(access("/proc/self/exe", X_OK), 0);
	CHECK_ERRNO(open("/proc/self/exe", O_RDONLY | O_NOFOLLOW), ELOOP);
	/* EACCES if the file is another user's. */
	CHECK(open("/proc/self/exe", O_WRONLY) == -1 && (errno == ETXTBSY || errno == EACCES));
	return check_done();
}
