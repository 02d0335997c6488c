// qemu: no, exec without binfmt
/* posix_spawn of this program: file actions, attributes, and the errno of a program that cannot be run. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>

extern char **environ;

static int in_child(char **argv)
{
	sigset_t mask;
	char text[32] = "";
	CHECK_STR(argv[2], "two words");
	CHECK_STR(getenv("SPAWNED"), "yes");
	CHECK(getenv("HOME") == NULL);
	CHECK_EQ(getpgrp(), getpid());
	CHECK_SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
	CHECK_EQ(sigismember(&mask, SIGUSR1), 1);
	CHECK_EQ(sigismember(&mask, SIGUSR2), 0);
	CHECK(signal(SIGPIPE, SIG_DFL) == SIG_DFL);
	CHECK(signal(SIGHUP, SIG_DFL) == SIG_IGN);
	/* Descriptor 5 is a copy of the pipe, 6 was opened, 7 was closed. */
	CHECK_EQ(write(5, "from child", 10), 10);
	CHECK_EQ(read(6, text, sizeof text), 4);
	CHECK_STR(text, "file");
	CHECK_ERRNO(fcntl(7, F_GETFD), EBADF);
	return 21;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return in_child(argv);
	char *child_argv[] = {argv[0], "child", "two words", NULL}, *child_env[] = {"SPAWNED=yes", NULL}, text[32] = "";
	int ends[2];
	pid_t child = -1;
	CHECK_SYS(pipe2(ends, O_CLOEXEC));
	int fd = CHECK_SYS(open("spawn.txt", O_CREAT | O_WRONLY, 0600));
	CHECK_EQ(write(fd, "file", 4), 4);
	CHECK_EQ(dup2(fd, 7), 7);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);

	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t mask, defaults;
	posix_spawn_file_actions_init(&actions);
	CHECK_EQ(posix_spawn_file_actions_adddup2(&actions, ends[1], 5), 0);
	CHECK_EQ(posix_spawn_file_actions_addopen(&actions, 6, "spawn.txt", O_RDONLY, 0), 0);
	CHECK_EQ(posix_spawn_file_actions_addclose(&actions, 7), 0);
	posix_spawnattr_init(&attributes);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigmask(&attributes, &mask);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	CHECK_EQ(posix_spawn(&child, "/proc/self/exe", &actions, &attributes, child_argv, child_env), 0);
	int status = check_reap(child);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 21);
	CHECK_EQ(read(ends[0], text, sizeof text), 10);
	CHECK_STR(text, "from child");

	/* The errno of the child's failure is the result, and no child is left to wait for. */
	CHECK_EQ(posix_spawn(&child, "./missing", NULL, NULL, child_argv, environ), ENOENT);
	CHECK_EQ(posix_spawn(&child, "./spawn.txt", NULL, NULL, child_argv, environ), EACCES);
	CHECK_SYS(setenv("PATH", "./missing:.", 1));
	CHECK_EQ(posix_spawnp(&child, "no-such-program-here", NULL, NULL, child_argv, environ), ENOENT);
	posix_spawn_file_actions_adddup2(&actions, 999, 8);
	CHECK_EQ(posix_spawn(&child, "/proc/self/exe", &actions, NULL, child_argv, child_env), EBADF);
	CHECK_ERRNO(wait(NULL), ECHILD);
	return check_done();
}
