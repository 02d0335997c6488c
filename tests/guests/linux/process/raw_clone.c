// qemu: no, it refuses an exit signal other than SIGCHLD
/* clone as a fork: the exit signal, CLONE_PARENT_SETTID, __WALL and __WCLONE, and combinations that are refused. */
#define _GNU_SOURCE
#include "../check.h"
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

static volatile sig_atomic_t usr1, chld;

static void on_usr1(int number) { (void)number; usr1++; }
static void on_chld(int number) { (void)number; chld++; }

/* The order of the last two arguments differs between machines, and so both are the same word. */
static pid_t raw(unsigned long flags, void *id)
{
	return (pid_t)syscall(SYS_clone, flags, NULL, id, NULL, NULL);
}

int main(void)
{
	sigset_t block, none;
	pid_t id = -1;
	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	CHECK_SYS(sigprocmask(SIG_BLOCK, &block, NULL));
	signal(SIGUSR1, on_usr1);
	signal(SIGCHLD, on_chld);

	pid_t child = CHECK_SYS(raw(SIGUSR1 | CLONE_PARENT_SETTID, &id));
	if (child == 0)
		_exit(6);
	CHECK_EQ(id, child);
	/* A child whose end is told by another signal than SIGCHLD is no child for a plain wait. */
	while (usr1 == 0)
		sigsuspend(&none);
	CHECK_ERRNO(waitpid(child, NULL, WNOHANG), ECHILD);
	int status;
	CHECK_EQ(waitpid(child, &status, __WALL), child);
	CHECK_EQ(status, 6 << 8);
	CHECK_EQ(chld, 0);

	/* No signal at all, and __WCLONE finds it. */
	child = CHECK_SYS(raw(0, NULL));
	if (child == 0)
		_exit(7);
	CHECK_EQ(waitpid(child, &status, __WCLONE), child);
	CHECK_EQ(status, 7 << 8);
	CHECK_EQ(chld, 0);

	CHECK_ERRNO(raw(CLONE_SIGHAND | SIGCHLD, NULL), EINVAL);
	CHECK_ERRNO(raw(CLONE_THREAD | SIGCHLD, NULL), EINVAL);
	CHECK_ERRNO(raw(CLONE_FS | CLONE_NEWNS | SIGCHLD, NULL), EINVAL);
	return check_done();
}
