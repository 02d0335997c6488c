/* Two mappings of one file in one process: a store through one shows in the other at once, whatever becomes of them. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE };

static char *a, *b;

static void *waker(void *unused)
{
	(void)unused;
	while (syscall(SYS_futex, b + 128, FUTEX_WAKE, 1, NULL, NULL, 0) == 0)
		usleep(1000);
	for (int i = 0; i < 10000; i++)
		__atomic_fetch_add((uint32_t *)(b + 256), 1, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(void)
{
	int fd = CHECK_SYS(memfd_create("twins", 0)), ends[2];
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);

	/* A ring: the page stands twice in a row. */
	char *ring = CHECK_SYS(mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK_EQ(mmap(ring, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0), ring);
	CHECK_EQ(mmap(ring + PAGE, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0), ring + PAGE);
	memcpy(ring + PAGE - 4, "12345678", 8);
	CHECK_MEM(ring, "5678", 4);
	CHECK_MEM(ring + 2 * PAGE - 4, "1234", 4);
	uint64_t word = 0x0807060504030201;
	memcpy(ring + PAGE - 3, &word, 8);
	CHECK_MEM(ring, "\4\5\6\7\10", 5);
	__atomic_fetch_add((uint32_t *)(ring + 64), 5, __ATOMIC_SEQ_CST);
	CHECK_EQ(*(uint32_t *)(ring + PAGE + 64), 5);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], "piped", 5), 5);
	CHECK_EQ(read(ends[0], ring + PAGE + 32, 5), 5);
	CHECK_MEM(ring + 32, "piped", 5);
	CHECK_EQ(munmap(ring, 2 * PAGE), 0);

	/* Two that overlap by a page only; each with its own rights. */
	a = CHECK_SYS(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0));
	b = CHECK_SYS(mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0));
	CHECK_MEM(b + 32, "piped", 5);
	CHECK_EQ(mprotect(a, PAGE, PROT_READ), 0);
	strcpy(b, "through b");
	CHECK_STR(a, "through b");
	CHECK_ERRNO(read(ends[0], a, 1), EFAULT);
	CHECK_EQ(mprotect(a, PAGE, RW), 0);

	/* Threads that use one word by two names. */
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, waker, NULL), 0);
	CHECK_EQ(syscall(SYS_futex, a + 128, FUTEX_WAIT, 0, NULL, NULL, 0), 0);
	for (int i = 0; i < 10000; i++)
		__atomic_fetch_add((uint32_t *)(a + 256), 1, __ATOMIC_SEQ_CST);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(*(uint32_t *)(a + 256), 20000);
	CHECK_EQ(*(uint32_t *)(b + 256), 20000);

	/* One moves, and is replaced. */
	char *to = CHECK_SYS(mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK_EQ(mremap(a, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	strcpy(to, "through to");
	CHECK_STR(b, "through to");
	CHECK_EQ(mmap(b, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), b);
	CHECK_EQ(b[0], 0);
	strcpy(b, "on its own");
	CHECK_STR(to, "through to");
	char *third = CHECK_SYS(mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0));
	CHECK_STR(third, "through to");
	third[PAGE] = 't';
	CHECK_EQ(b[PAGE], 't');

	/* A child has the same twins, and what it stores shows here at both. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		strcpy(third, "in the child");
		CHECK_STR(to, "in the child");
		b[PAGE] = 'c';
		CHECK_EQ(third[PAGE], 'c');
		CHECK_STR(b, "on its own");
		strcpy(b, "the child's own");
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_STR(third, "in the child");
	CHECK_STR(to, "in the child");
	CHECK_EQ(b[PAGE], 'c');
	CHECK_EQ(third[PAGE], 'c');
	CHECK_STR(b, "on its own");
	third[PAGE] = 'p';
	CHECK_EQ(b[PAGE], 'p');
	CHECK_EQ(munmap(to, PAGE), 0);
	CHECK_EQ(munmap(b, 2 * PAGE), 0);
	char bytes[1];
	CHECK_EQ(pread(fd, bytes, 1, PAGE), 1);
	CHECK_EQ(bytes[0], 'p');
	return check_done();
}
