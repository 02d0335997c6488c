// qemu: no, exec without binfmt
/* A program that runs cannot be written to, and one that is open for writing, here or elsewhere, cannot be run. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

static void copy(const char *to)
{
	struct stat stat;
	int from = CHECK_SYS(open("/proc/self/exe", O_RDONLY)), fd = CHECK_SYS(open(to, O_WRONLY | O_CREAT | O_EXCL, 0755));
	CHECK_SYS(fstat(from, &stat));
	CHECK_EQ(sendfile(fd, from, NULL, (size_t)stat.st_size), stat.st_size);
	CHECK_SYS(close(fd));
	CHECK_SYS(close(from));
}

static int run(void)
{
	execl("copy", "copy", NULL);
	return errno;
}

static pid_t start(int *ready)
{
	int ends[2];
	char byte;
	CHECK_SYS(pipe(ends));
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(dup2(ends[1], 60), 60);
		execl("copy", "copy", "second", NULL);
		_exit(errno);
	}
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	*ready = ends[0];
	return child;
}

int main(int argc, char **argv)
{
	struct stat stat_of;
	int ready, go[2];
	(void)argv;
	if (argc > 1) {
		CHECK_EQ(write(60, "x", 1), 1);
		for (;;)
			pause();
	}
	CHECK_EQ(argc, 1);
	copy("copy");
	CHECK_SYS(stat("copy", &stat_of));
	pid_t child = start(&ready);
	CHECK_ERRNO(open("copy", O_WRONLY), ETXTBSY);
	CHECK_ERRNO(open("copy", O_RDWR), ETXTBSY);
	CHECK_ERRNO(open("copy", O_WRONLY | O_TRUNC), ETXTBSY);
	CHECK_ERRNO(open("copy", O_WRONLY | O_CREAT, 0600), ETXTBSY);
	CHECK_ERRNO(truncate("copy", 0), ETXTBSY);
	CHECK_ERRNO(open("copy", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_SYS(symlink("copy", "link"));
	CHECK_ERRNO(open("link", O_WRONLY), ETXTBSY);
	CHECK_ERRNO(open("link", O_WRONLY | O_NOFOLLOW), ELOOP);
	CHECK_SYS(close(CHECK_SYS(open("copy", O_RDONLY))));
	/* A child that it forks runs it as well, and what takes its name does not. */
	CHECK_SYS(rename("copy", "old"));
	copy("copy");
	CHECK_SYS(close(CHECK_SYS(open("copy", O_WRONLY))));
	CHECK_ERRNO(open("old", O_WRONLY), ETXTBSY);
	CHECK_SYS(kill(child, SIGKILL));
	check_reap(child);
	CHECK_SYS(close(CHECK_SYS(open("old", O_WRONLY))));
	CHECK_SYS(stat("old", &stat_of));
	CHECK(stat_of.st_size > 1000);
	/* A writer in another process. */
	CHECK_SYS(pipe(go));
	child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_SYS(open("copy", O_WRONLY));
		CHECK_EQ(write(go[1], "x", 1), 1);
		for (;;)
			pause();
	}
	char byte;
	CHECK_EQ(read(go[0], &byte, 1), 1);
	CHECK_EQ(run(), ETXTBSY);
	CHECK_SYS(kill(child, SIGKILL));
	check_reap(child);
	child = start(&ready);
	CHECK_SYS(kill(child, SIGKILL));
	check_reap(child);
	return check_done();
}
