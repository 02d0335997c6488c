/* mprotect splits a mapping: each page has its own rights, system calls respect them (EFAULT), and rights come back. */
#define _GNU_SOURCE
#include "../check.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE };

static sigjmp_buf back;

static void handler(int signo)
{
	(void)signo;
	siglongjmp(back, 1);
}

/* Whether a byte can be read (1) and written (2). */
static int rights(volatile char *at)
{
	volatile int can = 0;
	if (sigsetjmp(back, 1) == 0) {
		(void)*at;
		can |= 1;
	}
	if (sigsetjmp(back, 1) == 0) {
		*at = 3;
		can |= 2;
	}
	return can;
}

int main(void)
{
	int ends[2];
	CHECK_EQ(sigaction(SIGSEGV, &(struct sigaction){.sa_handler = handler}, NULL), 0);
	CHECK_EQ(pipe(ends), 0);
	char *map = CHECK_SYS(mmap(NULL, 6 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	memset(map, 1, 6 * PAGE);
	CHECK_EQ(mprotect(map + PAGE, PAGE, PROT_READ), 0);
	CHECK_EQ(mprotect(map + 3 * PAGE, PAGE, PROT_NONE), 0);
	CHECK_EQ(rights(map), 3);
	CHECK_EQ(rights(map + PAGE), 1);
	CHECK_EQ(rights(map + 2 * PAGE), 3);
	CHECK_EQ(rights(map + 3 * PAGE), 0);
	CHECK_EQ(rights(map + 4 * PAGE), 3);
	/* A length that is no whole page goes up to the next. */
	CHECK_EQ(mprotect(map + 4 * PAGE, PAGE + 1, PROT_READ), 0);
	CHECK_EQ(rights(map + 5 * PAGE), 1);
	/* System calls. */
	CHECK_EQ(write(ends[1], map + PAGE, 16), 16);
	CHECK_ERRNO(read(ends[0], map + PAGE, 16), EFAULT);
	CHECK_ERRNO(write(ends[1], map + 3 * PAGE, 16), EFAULT);
	CHECK_EQ(map[PAGE], 1);
	CHECK_EQ(mprotect(map, 6 * PAGE, RW), 0);
	CHECK_EQ(rights(map + 3 * PAGE), 3);
	CHECK_EQ(map[3 * PAGE + 1], 1);
	CHECK_EQ(map[PAGE + 1], 1);
	/* Partial unmapping in the middle leaves both sides. */
	CHECK_EQ(munmap(map + 2 * PAGE, 2 * PAGE), 0);
	CHECK_EQ(rights(map + PAGE), 3);
	CHECK_EQ(rights(map + 2 * PAGE), 0);
	CHECK_EQ(rights(map + 4 * PAGE - 1), 0);
	CHECK_EQ(rights(map + 4 * PAGE), 3);
	/* PROT_WRITE alone allows reading as well on arm64 and x86-64. */
	CHECK_EQ(mprotect(map, PAGE, PROT_WRITE), 0);
	CHECK_EQ(rights(map), 3);
	return check_done();
}
