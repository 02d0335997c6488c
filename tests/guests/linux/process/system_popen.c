// qemu: no, exec without binfmt
/* system and popen: their results with a shell and without one, and that system leaves signals as they were. */
#define _GNU_SOURCE
#include "../check.h"
#include <elf.h>
#include <fcntl.h>
#include <signal.h>

static volatile sig_atomic_t children;

static void on_child(int number)
{
	(void)number;
	children++;
}

static int machine_of(const char *path)
{
	Elf64_Ehdr header = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || read(fd, &header, sizeof header) != sizeof header)
		return -1;
	close(fd);
	return header.e_machine;
}

int main(void)
{
	/* A shell for another machine is a file that cannot be run. */
	int shell = machine_of("/bin/sh") == machine_of("/proc/self/exe");
	char text[64] = "";
	sigset_t mask;
	signal(SIGCHLD, on_child);
	CHECK_EQ(system("exit 7"), (shell ? 7 : 127) << 8);
	/* Linux keeps the signal of the shell pending although system has waited for it. */
	CHECK_EQ(children, 1);
	CHECK_EQ(system(NULL) != 0, shell);
	CHECK_SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
	CHECK_EQ(sigismember(&mask, SIGCHLD), 0);
	CHECK(signal(SIGINT, SIG_IGN) == SIG_DFL);
	CHECK(signal(SIGQUIT, SIG_DFL) == SIG_DFL);
	CHECK_EQ(system("kill -9 $$"), shell ? SIGKILL : 127 << 8);
	CHECK(signal(SIGINT, SIG_DFL) == SIG_IGN);

	if (!shell) {
		/* popen without a shell fails or yields 127, as libc has it. */
		CHECK_ERRNO(wait(NULL), ECHILD);
		return check_done();
	}
	FILE *out = popen("echo from popen; exit 5", "r");
	CHECK(out != NULL);
	CHECK_EQ(fread(text, 1, sizeof text - 1, out), shell ? 11 : 0);
	CHECK_STR(text, shell ? "from popen\n" : "");
	CHECK_EQ(pclose(out), (shell ? 5 : 127) << 8);

	FILE *in = popen("read line; test \"$line\" = hello", "w");
	CHECK(in != NULL);
	signal(SIGPIPE, SIG_IGN);
	fputs("hello\n", in);
	CHECK_EQ(pclose(in), shell ? 0 : 127 << 8);
	CHECK_ERRNO(wait(NULL), ECHILD);
	return check_done();
}
