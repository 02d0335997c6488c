/* O_TMPFILE: a file without a name, which linkat can give it once; with O_EXCL never. */
#define _GNU_SOURCE
#include "../check.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static int entries(void)
{
	int count = 0;
	DIR *folder = opendir("folder");
	CHECK(folder != NULL);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

int main(void)
{
	char name[64], text[16] = "";
	struct stat stat_;
	umask(027);
	CHECK_SYS(mkdir("folder", 0700));
	int fd = open("folder", O_TMPFILE | O_RDWR, 0666);
	if (fd == -1 && errno == EOPNOTSUPP)
		/* The file system has none. */
		return check_done();
	CHECK(fd != -1);
	CHECK_EQ(entries(), 0);
	CHECK_SYS(fstat(fd, &stat_));
	CHECK_EQ(stat_.st_nlink, 0);
	CHECK_EQ(stat_.st_mode, S_IFREG | 0640);
	CHECK_EQ(write(fd, "unnamed", 7), 7);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	CHECK_SYS(linkat(AT_FDCWD, name, AT_FDCWD, "folder/named", AT_SYMLINK_FOLLOW));
	CHECK_EQ(entries(), 1);
	CHECK_SYS(fstat(fd, &stat_));
	CHECK_EQ(stat_.st_nlink, 1);
	int again = CHECK_SYS(open("folder/named", O_RDONLY));
	CHECK_EQ(read(again, text, sizeof text), 7);
	CHECK_STR(text, "unnamed");

	int sealed = CHECK_SYS(open("folder", O_TMPFILE | O_RDWR | O_EXCL, 0600));
	snprintf(name, sizeof name, "/proc/self/fd/%d", sealed);
	CHECK_ERRNO(linkat(AT_FDCWD, name, AT_FDCWD, "folder/other", AT_SYMLINK_FOLLOW), ENOENT);
	CHECK_ERRNO(open("folder", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	CHECK_ERRNO(open("missing", O_TMPFILE | O_RDWR, 0600), ENOENT);
	CHECK_ERRNO(open("folder/named", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
	CHECK_EQ(entries(), 1);
	return check_done();
}
