/* The futex call among processes: by a shared mapping, by two mappings of one file, by masks of bits. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

static long futex(volatile uint32_t *word, int operation, uint32_t value, const struct timespec *limit)
{
	return syscall(SYS_futex, word, operation, value, limit, NULL, 0);
}

/* Wakes until so many have been woken: they may not wait yet. */
static void wake(volatile uint32_t *word, int count)
{
	struct timespec delay = {0, 1000000};
	for (int woken = 0; woken < count;) {
		long n = CHECK_SYS(futex(word, FUTEX_WAKE, (uint32_t)(count - woken), NULL));
		CHECK(n >= 0 && n <= count - woken);
		woken += (int)n;
		nanosleep(&delay, NULL);
	}
}

static pid_t waiter(volatile uint32_t *word, int operation, int status)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		/* The value stays, so that only a wake-up ends it. */
		CHECK_SYS(futex(word, operation, 5, NULL));
		_exit(status);
	}
	return child;
}

int main(void)
{
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
	CHECK_SYS(ftruncate(fd, 8192));
	volatile uint32_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	volatile uint32_t *one = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	volatile uint32_t *two = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
	CHECK((void *)shared != MAP_FAILED && (void *)one != MAP_FAILED && (void *)two != MAP_FAILED);
	shared[0] = shared[1] = two[3] = 5;
	struct timespec limit = {0, 20000000};
	CHECK_ERRNO(futex(shared, FUTEX_WAIT, 4, NULL), EAGAIN);
	CHECK_ERRNO(futex(shared, FUTEX_WAIT, 5, &limit), ETIMEDOUT);
	CHECK_ERRNO(futex((volatile uint32_t *)((uintptr_t)shared + 1), FUTEX_WAKE, 1, NULL), EINVAL);
	CHECK_EQ(futex(shared, FUTEX_WAKE, INT_MAX, NULL), 0);

	pid_t pids[3];
	for (int i = 0; i < 3; i++)
		pids[i] = waiter(shared, FUTEX_WAIT, i);
	pid_t other = waiter(shared + 1, FUTEX_WAIT, 9);
	wake(shared, 3);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(check_reap(pids[i]), i << 8);
	/* The neighbouring word has its own waiters. */
	CHECK_EQ(waitpid(other, NULL, WNOHANG), 0);
	wake(shared + 1, 1);
	CHECK_EQ(check_reap(other), 9 << 8);

	/* A word of a file is the same word wherever it is mapped. */
	CHECK_EQ(one[1024 + 3], 5);
	other = waiter(two + 3, FUTEX_WAIT, 10);
	wake(one + 1024 + 3, 1);
	CHECK_EQ(check_reap(other), 10 << 8);
	/* Woken by the bits of their masks. */
	other = CHECK_SYS(fork());
	if (other == 0) {
		CHECK_SYS(syscall(SYS_futex, shared, FUTEX_WAIT_BITSET, 5, NULL, NULL, 6));
		_exit(11);
	}
	CHECK_EQ(syscall(SYS_futex, shared, FUTEX_WAKE_BITSET, 1, NULL, NULL, 1), 0);
	while (CHECK_SYS(syscall(SYS_futex, shared, FUTEX_WAKE_BITSET, 1, NULL, NULL, 12)) == 0)
		sched_yield();
	CHECK_EQ(check_reap(other), 11 << 8);
	return check_done();
}
