/* What a process makes belongs to it: owner and group of a new file, folder, FIFO, link and memory file. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void owned(const struct stat *info)
{
	CHECK_EQ(info->st_uid, geteuid());
	CHECK_EQ(info->st_gid, getegid());
}

int main(void)
{
	struct stat info;
	int fd = CHECK_SYS(open("file", O_RDWR | O_CREAT | O_EXCL, 0600));
	CHECK_EQ(fstat(fd, &info), 0);
	owned(&info);
	CHECK_EQ(mkdir("folder", 0700), 0);
	CHECK_EQ(stat("folder", &info), 0);
	owned(&info);
	CHECK_EQ(mkfifo("fifo", 0600), 0);
	CHECK_EQ(stat("fifo", &info), 0);
	owned(&info);
	CHECK_EQ(symlink("file", "link"), 0);
	CHECK_EQ(lstat("link", &info), 0);
	owned(&info);
	CHECK_EQ(fstat(CHECK_SYS(memfd_create("memory", 0)), &info), 0);
	owned(&info);
	/* The owner may give it to itself and set its mode. */
	CHECK_EQ(fchown(fd, geteuid(), getegid()), 0);
	CHECK_EQ(fchmod(fd, 0640), 0);
	CHECK_EQ(fstat(fd, &info), 0);
	CHECK_EQ(info.st_mode, S_IFREG | 0640);
	return check_done();
}
