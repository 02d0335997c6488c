// qemu: no, exec without binfmt
/* execveat: by a descriptor alone, relative to a folder, without following links, and its errors; fexecve. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int at(int fd, const char *path, int flags)
{
	return (int)syscall(SYS_execveat, fd, path, (char *[]){"x", "second", NULL}, (char *[]){NULL}, flags);
}

static int status_at(int fd, const char *path, int flags)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		at(fd, path, flags);
		_exit(errno);
	}
	return check_reap(child);
}

int main(int argc, char **argv)
{
	char exe[4096] = "", here[4096] = "";
	CHECK_SYS(readlink("/proc/self/exe", exe, sizeof exe - 1));
	if (argc > 1) {
		/* The program is the file, whichever way it was named. */
		const char *name = (const char *)getauxval(AT_EXECFN);
		CHECK_STR(argv[0], "x");
		CHECK(strncmp(name, "/dev/fd/", 8) == 0 || strcmp(name, "./link") == 0);
		CHECK(strcmp(strrchr(exe, '/'), "/link") != 0);
		return 46;
	}
	CHECK(getcwd(here, sizeof here) != NULL);
	CHECK_SYS(mkdir("folder", 0755));
	CHECK_SYS(symlink(exe, "folder/link"));
	CHECK_SYS(symlink(exe, "link"));
	int program = CHECK_SYS(open("/proc/self/exe", O_RDONLY)), path = CHECK_SYS(open("link", O_PATH));
	int folder = CHECK_SYS(open("folder", O_RDONLY | O_DIRECTORY)), closing = CHECK_SYS(dup3(program, 60, O_CLOEXEC));

	CHECK_EQ(status_at(program, "", AT_EMPTY_PATH), 46 << 8);
	CHECK_EQ(status_at(path, "", AT_EMPTY_PATH), 46 << 8);
	CHECK_EQ(status_at(closing, "", AT_EMPTY_PATH), 46 << 8);
	CHECK_EQ(status_at(folder, "link", 0), 46 << 8);
	CHECK_EQ(status_at(AT_FDCWD, "./link", 0), 46 << 8);
	CHECK_ERRNO(at(folder, "link", AT_SYMLINK_NOFOLLOW), ELOOP);
	CHECK_ERRNO(at(folder, "missing", 0), ENOENT);
	CHECK_ERRNO(at(program, "", 0), ENOENT);
	CHECK_ERRNO(at(program, "link", 0), ENOTDIR);
	CHECK_ERRNO(at(folder, "", AT_EMPTY_PATH), EACCES);
	CHECK_ERRNO(at(999, "link", 0), EBADF);
	CHECK_ERRNO(at(program, "", AT_EMPTY_PATH | 1), EINVAL);

	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		fexecve(program, (char *[]){"x", "second", NULL}, (char *[]){NULL});
		_exit(errno);
	}
	CHECK_EQ(check_reap(child), 46 << 8);
	return check_done();
}
