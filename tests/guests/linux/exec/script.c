// qemu: no, exec without binfmt
/* Scripts: how the #! line becomes arguments, interpreters that are scripts, long lines, and the errors of
 * fexecve. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/stat.h>

extern char **environ;

static void make(const char *path, const char *text)
{
	int fd = CHECK_SYS(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	CHECK_SYS(fchmod(fd, 0755));
	CHECK_SYS(close(fd));
}

/* Runs the script with two arguments and compares the arguments that its interpreter finds, joined by bars. */
static void runs(const char *script, const char *want)
{
	int ends[2];
	char got[512] = "";
	CHECK_SYS(pipe2(ends, O_CLOEXEC));
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(dup2(ends[1], 1), 1);
		execve(script, (char *[]){"lost", "a b", "", NULL}, (char *[]){"INTERPRETER=1", NULL});
		_exit(errno);
	}
	CHECK_SYS(close(ends[1]));
	CHECK_CHILD(child);
	CHECK_SYS(read(ends[0], got, sizeof got - 1));
	CHECK_STR(got, want);
	CHECK_SYS(close(ends[0]));
}

static int status_of_descriptor(const char *script, int flags)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		int fd = CHECK_SYS(open(script, O_RDONLY | flags));
		CHECK_EQ(dup2(CHECK_SYS(open("/dev/null", O_WRONLY)), 1), 1);
		fexecve(fd, (char *[]){"x", NULL}, (char *[]){"INTERPRETER=1", NULL});
		_exit(errno);
	}
	return check_reap(child);
}

int main(int argc, char **argv)
{
	char exe[4096] = "", line[600];
	if (getenv("INTERPRETER") != NULL) {
		for (int i = 0; i < argc; i++)
			printf("%s|", argv[i]);
		return 0;
	}
	CHECK_SYS(readlink("/proc/self/exe", exe, sizeof exe - 1));
	CHECK_SYS(symlink(exe, "self"));
	make("plain", "#!./self\nignored\n");
	make("one", "#!./self -x\n");
	make("blanks", "#! \t ./self \t -x  y\t z \t \n");
	make("unended", "#!./self last");
	make("nested", "#!./one inner\n");
	runs("./plain", "./self|./plain|a b||");
	runs("plain", "./self|plain|a b||");
	runs("./one", "./self|-x|./one|a b||");
	runs("./blanks", "./self|-x  y\t z|./blanks|a b||");
	runs("./unended", "./self|last|./unended|a b||");
	runs("./nested", "./self|-x|./one|inner|./nested|a b||");

	/* Of the first line 255 bytes count: an argument is cut there, a path that does not end before is refused. */
	snprintf(line, sizeof line, "#!./self %0300d\n", 0);
	make("long", line);
	snprintf(line, sizeof line, "./self|%0246d|./long|a b||", 0);
	runs("./long", line);
	snprintf(line, sizeof line, "#!./%0300d\n", 0);
	make("long-path", line);
	CHECK_ERRNO(execve("./long-path", argv, environ), ENOEXEC);

	/* By descriptor the interpreter must be able to open /dev/fd/N, which close-on-exec would take away. */
	CHECK_EQ(status_of_descriptor("plain", 0), 0);
	CHECK_EQ(status_of_descriptor("plain", O_CLOEXEC), ENOENT << 8);
	return check_done();
}
