/* The working folder: chdir, fchdir, getcwd with little room and after rmdir, dots, each process its own. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static char here[4096];

static void is_at(const char *rest)
{
	char now[4096], want[4200];
	CHECK(getcwd(now, sizeof now) != NULL);
	snprintf(want, sizeof want, "%s%s", here, rest);
	CHECK_STR(now, want);
}

int main(void)
{
	char text[4096];
	struct stat a, b;
	CHECK(getcwd(here, sizeof here) != NULL);
	CHECK_EQ(here[0], '/');
	/* The call itself returns the length with its end. */
	CHECK_EQ(syscall(SYS_getcwd, text, sizeof text), strlen(here) + 1);
	CHECK_ERRNO(syscall(SYS_getcwd, text, strlen(here)), ERANGE);
	CHECK_EQ(syscall(SYS_getcwd, text, strlen(here) + 1), strlen(here) + 1);
	CHECK_SYS(mkdir("a", 0700));
	CHECK_SYS(mkdir("a/b", 0700));
	CHECK_SYS(symlink("a/b", "link"));
	int start = CHECK_SYS(open(".", O_RDONLY)), file = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
	CHECK_SYS(chdir("link"));
	is_at("/a/b");
	CHECK_SYS(chdir("./.././b//.."));
	is_at("/a");
	CHECK_ERRNO(chdir("missing"), ENOENT);
	CHECK_ERRNO(chdir("../file"), ENOTDIR);
	CHECK_ERRNO(chdir(""), ENOENT);
	CHECK_ERRNO(fchdir(file), ENOTDIR);
	CHECK_ERRNO(fchdir(999), EBADF);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		is_at("/a");
		CHECK_SYS(chdir("/"));
		CHECK(getcwd(text, sizeof text) != NULL);
		CHECK_STR(text, "/");
		CHECK_SYS(chdir(".."));
		CHECK(getcwd(text, sizeof text) != NULL);
		CHECK_STR(text, "/");
		_exit(0);
	}
	CHECK_CHILD(child);
	is_at("/a");
	/* Renamed under us: the name follows. */
	CHECK_SYS(rename("../a", "../c"));
	is_at("/c");

	CHECK_SYS(chdir("b"));
	CHECK_SYS(rmdir("../b"));
	CHECK_ERRNO(syscall(SYS_getcwd, text, sizeof text), ENOENT);
	CHECK_ERRNO(open("new", O_CREAT | O_RDWR, 0600), ENOENT);
	CHECK_ERRNO(mkdir("new", 0700), ENOENT);
	CHECK_SYS(stat(".", &a));
	CHECK_EQ(a.st_nlink, 0);
	CHECK_SYS(stat("..", &a));
	CHECK_SYS(fstatat(start, "c", &b, 0));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_SYS(fchdir(start));
	is_at("");
	CHECK_ERRNO(mkdir("c", 0700), EEXIST);
	CHECK_ERRNO(mkdir("file/x", 0700), ENOTDIR);
	CHECK_SYS(mkdirat(start, "d/", 0700));
	CHECK_ERRNO(rmdir("."), EINVAL);
	CHECK_ERRNO(rmdir("d/.."), ENOTEMPTY);
	CHECK_SYS(rmdir("d"));
	return check_done();
}
