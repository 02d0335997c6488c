/* rename and renameat2: replacing, folders, into oneself, RENAME_NOREPLACE and RENAME_EXCHANGE, open files that go
 * along. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/stat.h>

static void make(const char *path, const char *text)
{
	int fd = CHECK_SYS(open(path, O_CREAT | O_EXCL | O_WRONLY, 0600));
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	CHECK_SYS(close(fd));
}

static void holds(const char *path, const char *want)
{
	char text[16] = "";
	int fd = CHECK_SYS(open(path, O_RDONLY));
	CHECK_SYS(read(fd, text, sizeof text - 1));
	CHECK_STR(text, want);
	CHECK_SYS(close(fd));
}

int main(void)
{
	char text[8] = "";
	struct stat a, b;
	make("one", "1");
	make("two", "2");
	CHECK_SYS(mkdir("empty", 0700));
	CHECK_SYS(mkdir("full", 0700));
	make("full/file", "f");
	int old = CHECK_SYS(open("two", O_RDONLY));
	CHECK_SYS(rename("one", "two"));
	CHECK_ERRNO(access("one", F_OK), ENOENT);
	holds("two", "1");
	CHECK_EQ(read(old, text, 8), 1);
	CHECK_EQ(text[0], '2');
	CHECK_SYS(fstat(old, &a));
	CHECK_EQ(a.st_nlink, 0);

	CHECK_ERRNO(rename("missing", "x"), ENOENT);
	CHECK_ERRNO(rename("two", "missing/x"), ENOENT);
	CHECK_ERRNO(rename("two", "empty"), EISDIR);
	CHECK_ERRNO(rename("empty", "two"), ENOTDIR);
	CHECK_ERRNO(rename("empty", "full"), ENOTEMPTY);
	CHECK_ERRNO(rename("full", "full/inside"), EINVAL);
	CHECK_ERRNO(rename("two", "x/"), ENOTDIR);
	CHECK_ERRNO(rename(".", "x"), EBUSY);
	CHECK_SYS(rename("full", "empty"));
	holds("empty/file", "f");
	/* Two names of one file: nothing happens. */
	CHECK_SYS(link("two", "twin"));
	CHECK_SYS(rename("two", "twin"));
	CHECK_SYS(access("two", F_OK));
	CHECK_SYS(unlink("twin"));
	/* A link is renamed itself. */
	CHECK_SYS(symlink("two", "link"));
	CHECK_SYS(rename("link", "moved"));
	CHECK_SYS(lstat("moved", &a));
	CHECK(S_ISLNK(a.st_mode));

	make("three", "3");
	CHECK_ERRNO(renameat2(AT_FDCWD, "three", AT_FDCWD, "two", RENAME_NOREPLACE), EEXIST);
	CHECK_SYS(renameat2(AT_FDCWD, "three", AT_FDCWD, "four", RENAME_NOREPLACE));
	CHECK_SYS(stat("four", &a));
	CHECK_SYS(renameat2(AT_FDCWD, "four", AT_FDCWD, "empty", RENAME_EXCHANGE));
	CHECK_SYS(stat("empty", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	holds("empty", "3");
	holds("four/file", "f");
	CHECK_ERRNO(renameat2(AT_FDCWD, "four", AT_FDCWD, "five", RENAME_EXCHANGE), ENOENT);
	CHECK_ERRNO(renameat2(AT_FDCWD, "four", AT_FDCWD, "two", RENAME_EXCHANGE | RENAME_NOREPLACE), EINVAL);
	int folder = CHECK_SYS(open("four", O_RDONLY));
	CHECK_SYS(renameat(folder, "file", AT_FDCWD, "out"));
	CHECK_SYS(rename("four", "five"));
	/* The open folder is known by its new name. */
	CHECK_SYS(renameat(AT_FDCWD, "out", folder, "in"));
	holds("five/in", "f");
	return check_done();
}
