/* FUTEX_WAIT: another value is EAGAIN at once, bad addresses and unknown operations have their errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

static uint32_t words[2] = {5, 6};

static long futex(void *word, int op, uint32_t value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op, value, timeout, NULL, 0);
}

int main(void)
{
	struct timespec zero = {0, 0}, bad = {0, 1000000000}, negative = {-1, 0};
	int kinds[2] = {0, FUTEX_PRIVATE_FLAG};
	char *page = CHECK_SYS(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK_EQ(munmap(page + 4096, 4096), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_ERRNO(futex(words, FUTEX_WAIT | kinds[i], 4, NULL), EAGAIN);
		CHECK_ERRNO(futex(words, FUTEX_WAIT | kinds[i], 5, &zero), ETIMEDOUT);
		CHECK_ERRNO(futex(words, FUTEX_WAIT | kinds[i], 4, &bad), EINVAL);
		CHECK_ERRNO(futex(words, FUTEX_WAIT | kinds[i], 4, &negative), EINVAL);
		CHECK_ERRNO(futex((char *)words + 1, FUTEX_WAIT | kinds[i], 5, &zero), EINVAL);
		CHECK_ERRNO(futex((char *)words + 2, FUTEX_WAKE | kinds[i], 1, NULL), EINVAL);
		CHECK_ERRNO(futex(page + 4096, FUTEX_WAIT | kinds[i], 0, &zero), EFAULT);
		CHECK_ERRNO(futex(words, FUTEX_WAIT | kinds[i], 5, (struct timespec *)(page + 4096)), EFAULT);
		CHECK_EQ(futex(words, FUTEX_WAKE | kinds[i], 1, NULL), 0);
	}
	/* A private wake does not look at memory, a shared one needs the page. */
	CHECK_EQ(futex(page + 4096, FUTEX_WAKE_PRIVATE, 1, NULL), 0);
	CHECK_ERRNO(futex(page + 4096, FUTEX_WAKE, 1, NULL), EFAULT);
	CHECK_ERRNO(futex(words, 99, 0, NULL), ENOSYS);
	CHECK_EQ(words[0], 5);
	CHECK_EQ(words[1], 6);
	return check_done();
}
