// qemu: no, it makes vfork a fork and shares no memory
/* vfork: the child runs in the parent's memory while the parent waits for it to end; descriptors are its own. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

static volatile int shared, order;
static char stack[65536] __attribute__((aligned(16)));

static int in_clone(void *argument)
{
	*(volatile int *)argument = order++;
	shared = (int)syscall(SYS_getpid);
	struct timespec delay = {0, 20000000};
	nanosleep(&delay, NULL);
	close(0);
	order++;
	_exit(9);
}

int main(void)
{
	pid_t self = getpid();
	pid_t child = vfork();
	if (child == 0) {
		shared = 11;
		order++;
		struct timespec delay = {0, 20000000};
		nanosleep(&delay, NULL);
		if (getppid() == self && getpid() != self)
			order++;
		dup2(1, 77);
		_exit(8);
	}
	CHECK(child > 0);
	/* The parent did not run before the child had ended. */
	CHECK_EQ(shared, 11);
	CHECK_EQ(order, 2);
	CHECK_ERRNO(fcntl(77, F_GETFD), EBADF);
	CHECK_EQ(check_reap(child), 8 << 8);

	/* The same by clone with a stack of its own, as posix_spawn does. */
	int started = -1;
	child = CHECK_SYS(clone(in_clone, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &started));
	CHECK_EQ(started, 2);
	CHECK_EQ(order, 4);
	CHECK_EQ(shared, child);
	CHECK_SYS(fcntl(0, F_GETFD));
	CHECK_EQ(check_reap(child), 9 << 8);
	CHECK_EQ(getpid(), self);
	return check_done();
}
