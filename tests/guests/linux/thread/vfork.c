// qemu: no, user mode makes an ordinary fork of it
/* vfork and clone with CLONE_VM | CLONE_VFORK, as posix_spawn uses it: the parent waits for the child's end and shares
 * its memory, but not its descriptors. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <time.h>

static char stack[65536] __attribute__((aligned(16)));
static volatile int shared, done;
extern char **environ;

static int child(void *argument)
{
	struct timespec a_while = {0, 30000000};
	nanosleep(&a_while, NULL);
	shared = *(int *)argument;
	close(0);
	done = 1;
	_exit(13);
}

int main(int argc, char **argv)
{
	int status, value = 77;
	if (argc > 1)
		return argc == 2 && strcmp(argv[1], "spawned") == 0 ? 23 : 24;
	pid_t pid = CHECK_SYS(clone(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &value));
	CHECK_EQ(done, 1);
	CHECK_EQ(shared, 77);
	status = check_reap(pid);
	CHECK_EQ(WEXITSTATUS(status), 13);
	CHECK(fcntl(0, F_GETFD) != -1);

	char *arguments[] = {argv[0], "spawned", NULL};
	CHECK_EQ(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, arguments, environ), 0);
	status = check_reap(pid);
	CHECK_EQ(WEXITSTATUS(status), 23);
	CHECK_EQ(posix_spawn(&pid, "no such program", NULL, NULL, arguments, environ), ENOENT);
	CHECK_ERRNO(waitpid(-1, &status, 0), ECHILD);
	return check_done();
}
