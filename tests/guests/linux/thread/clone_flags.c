/* clone with the flags of a thread: shared memory and process, both tid words written, the last one cleared and woken
 * at the exit of the thread. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>

static char stack[65536] __attribute__((aligned(16)));
static int parent_tid, child_tid, seen_tid, seen_pid, seen_word, proceed;

/* Runs on the TLS of main, so it must not fail in a call that sets errno. */
static int child(void *argument)
{
	while (!__atomic_load_n(&proceed, __ATOMIC_ACQUIRE))
		sched_yield();
	seen_tid = (int)syscall(SYS_gettid);
	seen_pid = (int)syscall(SYS_getpid);
	seen_word = child_tid;
	*(int *)argument = 77;
	syscall(SYS_exit, 0);
	return 0;
}

int main(void)
{
	int argument = 0;
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
		    CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
	int tid = CHECK_SYS(clone(child, stack + sizeof stack, flags, &argument, &parent_tid, NULL, &child_tid));
	CHECK_EQ(parent_tid, tid);
	CHECK(tid != getpid());
	__atomic_store_n(&proceed, 1, __ATOMIC_RELEASE);
	int word;
	while ((word = __atomic_load_n(&child_tid, __ATOMIC_ACQUIRE)) != 0 || !__atomic_load_n(&seen_tid, __ATOMIC_ACQUIRE))
		if (word != 0)
			syscall(SYS_futex, &child_tid, FUTEX_WAIT, word, NULL, NULL, 0);
	CHECK_EQ(seen_tid, tid);
	CHECK_EQ(seen_word, tid);
	CHECK_EQ(seen_pid, getpid());
	CHECK_EQ(argument, 77);
	CHECK_EQ(parent_tid, tid);
	/* A thread of the group is no child that could be waited for. */
	CHECK_ERRNO(waitpid(tid, NULL, __WALL), ECHILD);
	return check_done();
}
