// qemu: no, exec without binfmt
/* Thirty execs in a row, then programs started from fork and from vfork; a pipe that exec closes tells the parent
 * of success. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>

extern char **environ;
enum { DEPTH = 30, STEPS = 10 };
static int dirty;

/* As Python's subprocess does it: the pipe ends without a byte if exec succeeded, and brings the errno if not. */
static int spawn(const char *path, char **args, pid_t *child)
{
	int ends[2], error = 0;
	CHECK_SYS(pipe2(ends, O_CLOEXEC));
	*child = CHECK_SYS(fork());
	if (*child == 0) {
		execve(path, args, environ);
		error = errno;
		CHECK_EQ(write(ends[1], &error, sizeof error), sizeof error);
		_exit(255);
	}
	CHECK_SYS(close(ends[1]));
	ssize_t length = CHECK_SYS(read(ends[0], &error, sizeof error));
	CHECK(length == 0 || length == sizeof error);
	CHECK_SYS(close(ends[0]));
	return error;
}

int main(int argc, char **argv)
{
	char number[16];
	pid_t child;
	if (argc > 2)
		_exit(atoi(argv[2]));
	int depth = argc > 1 ? atoi(argv[1]) : 0;
	/* The data of the program before this one are not seen. */
	CHECK_EQ(dirty, 0);
	dirty = depth + 1;
	if (depth < DEPTH) {
		snprintf(number, sizeof number, "%d", depth + 1);
		execve("/proc/self/exe", (char *[]){argv[0], number, NULL}, environ);
		CHECK(!"execve returned");
	}
	for (int i = 0; i < STEPS; i++) {
		snprintf(number, sizeof number, "%d", 50 + i);
		CHECK_EQ(spawn("/proc/self/exe", (char *[]){argv[0], "x", number, NULL}, &child), 0);
		CHECK_EQ(check_reap(child), (50 + i) << 8);
	}
	CHECK_EQ(spawn("./missing", argv, &child), ENOENT);
	CHECK_EQ(check_reap(child), 255 << 8);
	CHECK_EQ(spawn("/", argv, &child), EACCES);
	CHECK_EQ(check_reap(child), 255 << 8);
	for (int i = 0; i < STEPS; i++) {
		snprintf(number, sizeof number, "%d", 70 + i);
		child = vfork();
		if (child == 0) {
			execve("/proc/self/exe", (char *[]){argv[0], "x", number, NULL}, environ);
			_exit(255);
		}
		CHECK_EQ(check_reap(child), (70 + i) << 8);
	}
	return check_done();
}
