/* Hard and symbolic links: counts, readlink's cutting, chains of forty, unlink and rmdir, files that live without
 * a name. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

int main(void)
{
	char text[64], name[16], target[16];
	struct stat stat_;
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
	CHECK_SYS(link("file", "hard"));
	CHECK_SYS(fstat(fd, &stat_));
	CHECK_EQ(stat_.st_nlink, 2);
	CHECK_ERRNO(link("file", "hard"), EEXIST);
	CHECK_ERRNO(link("missing", "x"), ENOENT);
	CHECK_SYS(mkdir("folder", 0700));
	CHECK_ERRNO(link("folder", "x"), EPERM);

	CHECK_SYS(symlink("some/where else", "soft"));
	memset(text, 'z', sizeof text);
	CHECK_EQ(readlink("soft", text, sizeof text), 15);
	CHECK_MEM(text, "some/where elsez", 16);
	memset(text, 'z', sizeof text);
	CHECK_EQ(readlink("soft", text, 4), 4);
	CHECK_MEM(text, "somez", 5);
	CHECK_ERRNO(readlink("file", text, sizeof text), EINVAL);
	CHECK_ERRNO(readlink("missing", text, sizeof text), ENOENT);
	CHECK_ERRNO(readlink("soft", text, 0), EINVAL);
	CHECK_ERRNO(symlink("x", "soft"), EEXIST);
	CHECK_ERRNO(symlink("", "empty"), ENOENT);
	/* link makes another name of the link itself, unless told to follow. */
	CHECK_SYS(link("soft", "soft2"));
	CHECK_SYS(lstat("soft2", &stat_));
	CHECK(S_ISLNK(stat_.st_mode));
	CHECK_EQ(stat_.st_nlink, 2);
	CHECK_ERRNO(linkat(AT_FDCWD, "soft", AT_FDCWD, "soft3", AT_SYMLINK_FOLLOW), ENOENT);

	/* Forty links are followed, not one more. */
	CHECK_SYS(symlink("file", "c00"));
	for (int i = 1; i <= 40; i++) {
		snprintf(name, sizeof name, "c%02d", i);
		snprintf(target, sizeof target, "c%02d", i - 1);
		CHECK_SYS(symlink(target, name));
	}
	CHECK_SYS(stat("c39", &stat_));
	CHECK_ERRNO(stat("c40", &stat_), ELOOP);

	CHECK_EQ(write(fd, "alive", 5), 5);
	CHECK_SYS(unlink("file"));
	CHECK_SYS(unlink("hard"));
	CHECK_SYS(fstat(fd, &stat_));
	CHECK_EQ(stat_.st_nlink, 0);
	CHECK_EQ(pread(fd, text, sizeof text, 0), 5);
	CHECK_MEM(text, "alive", 5);
	CHECK_ERRNO(unlink("file"), ENOENT);
	CHECK_ERRNO(unlink("folder"), EISDIR);
	CHECK_ERRNO(rmdir("soft"), ENOTDIR);
	CHECK_ERRNO(unlinkat(AT_FDCWD, "soft", AT_REMOVEDIR), ENOTDIR);
	CHECK_ERRNO(unlinkat(AT_FDCWD, "soft", 1), EINVAL);
	CHECK_SYS(close(CHECK_SYS(open("folder/x", O_CREAT | O_RDWR, 0600))));
	CHECK_ERRNO(rmdir("folder"), ENOTEMPTY);
	CHECK_ERRNO(rmdir("folder/."), EINVAL);
	CHECK_SYS(unlink("folder/x"));
	CHECK_SYS(unlinkat(AT_FDCWD, "folder", AT_REMOVEDIR));
	char longest[NAME_MAX + 2];
	memset(longest, 'n', sizeof longest);
	longest[NAME_MAX + 1] = 0;
	CHECK_ERRNO(mkdir(longest, 0700), ENAMETOOLONG);
	longest[NAME_MAX] = 0;
	CHECK_SYS(mkdir(longest, 0700));
	return check_done();
}
