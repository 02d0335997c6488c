/* Shared futexes: one word at two addresses and in two processes is one queue; a private operation does not meet it. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static long op(uint32_t *word, int operation, uint32_t value)
{
	return syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

int main(void)
{
	int fd = CHECK_SYS(memfd_create("shared", 0));
	CHECK_EQ(ftruncate(fd, 4096), 0);
	uint32_t *one = CHECK_SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	uint32_t *other = CHECK_SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	CHECK(one != other);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(op(&one[0], FUTEX_WAIT, 0), 0);
		one[1] = 1;
		CHECK(op(&one[1], FUTEX_WAKE, 1) <= 1);
		_exit(0);
	}
	/* Repeated until the child waits, through the other mapping. */
	for (;;) {
		CHECK_EQ(op(&other[0], FUTEX_WAKE_PRIVATE, 1), 0);
		long n = CHECK_SYS(op(&other[0], FUTEX_WAKE, 1));
		if (n == 1)
			break;
		CHECK_EQ(n, 0);
		sched_yield();
	}
	while (__atomic_load_n(&other[1], __ATOMIC_ACQUIRE) == 0)
		CHECK(op(&other[1], FUTEX_WAIT, 0) == 0 || errno == EAGAIN);
	CHECK_EQ(other[1], 1);
	CHECK_CHILD(child);
	return check_done();
}
