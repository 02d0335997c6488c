/* Each way in which execve fails has its errno, and the program goes on as if nothing had been. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

static const char *volatile nowhere = (const char *)8;
static char *args[] = {"x", NULL};

static void make(const char *path, const char *text, mode_t mode)
{
	int fd = CHECK_SYS(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	CHECK_SYS(fchmod(fd, mode));
	CHECK_SYS(close(fd));
}

static int try(const char *path)
{
	return execve(path, args, args + 1);
}

int main(void)
{
	char name[300];
	int fd = CHECK_SYS(open(".", O_RDONLY | O_CLOEXEC));
	memset(name, 'n', sizeof name);
	name[sizeof name - 1] = 0;
	CHECK_SYS(mkdir("folder", 0755));
	CHECK_SYS(symlink("loop", "loop"));
	CHECK_SYS(symlink("nowhere", "dangling"));
	CHECK_SYS(mkfifo("fifo", 0755));
	make("not-executable", "#!/bin/sh\n", 0644);
	make("empty", "", 0755);
	make("text", "echo no interpreter line\n", 0755);
	make("short-elf", "\x7f" "ELF", 0755);
	make("no-interpreter", "#!\n", 0755);
	make("blank-interpreter", "#!   \t \nx", 0755);
	make("missing-interpreter", "#!/no/such/interpreter -x\n", 0755);
	make("bad-interpreter", "#!./not-executable\n", 0755);
	make("folder-interpreter", "#!./folder\n", 0755);
	make("own-interpreter", "#!./own-interpreter\n", 0755);

	CHECK_ERRNO(try("missing"), ENOENT);
	CHECK_ERRNO(try(""), ENOENT);
	CHECK_ERRNO(try("dangling"), ENOENT);
	CHECK_ERRNO(try("missing/program"), ENOENT);
	CHECK_ERRNO(try("text/program"), ENOTDIR);
	CHECK_ERRNO(try("text/"), ENOTDIR);
	CHECK_ERRNO(try("loop"), ELOOP);
	CHECK_ERRNO(try(name), ENAMETOOLONG);
	CHECK_ERRNO(try("folder"), EACCES);
	CHECK_ERRNO(try("fifo"), EACCES);
	CHECK_ERRNO(try("not-executable"), EACCES);
	CHECK_ERRNO(try("empty"), ENOEXEC);
	CHECK_ERRNO(try("text"), ENOEXEC);
	CHECK_ERRNO(try("short-elf"), ENOEXEC);
	CHECK_ERRNO(try("no-interpreter"), ENOEXEC);
	CHECK_ERRNO(try("blank-interpreter"), ENOEXEC);
	CHECK_ERRNO(try("missing-interpreter"), ENOENT);
	CHECK_ERRNO(try("bad-interpreter"), EACCES);
	CHECK_ERRNO(try("folder-interpreter"), EACCES);
	CHECK_ERRNO(try("own-interpreter"), ELOOP);
	CHECK_ERRNO(try(nowhere), EFAULT);
	/* A file that is open for writing is busy. */
	int writer = CHECK_SYS(open("text", O_WRONLY | O_CLOEXEC));
	CHECK_ERRNO(try("text"), ETXTBSY);
	CHECK_SYS(close(writer));
	/* Nothing was closed by the failures. */
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	return check_done();
}
