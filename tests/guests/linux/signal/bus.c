/* SIGBUS: a page of a mapping that lies wholly behind the end of its file; the rest of its last page reads as zero. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static sigjmp_buf back;
static volatile int code;
static char *volatile address;

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)context;
	code = signo == SIGBUS ? info->si_code : -signo;
	address = info->si_addr;
	siglongjmp(back, 1);
}

static int try_read(volatile char *at)
{
	code = 0;
	return sigsetjmp(back, 1) == 0 ? *at : -1;
}

static int try_write(volatile char *at, char value)
{
	code = 0;
	return sigsetjmp(back, 1) == 0 ? (*at = value) : -1;
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	CHECK_EQ(sigaction(SIGBUS, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	int fd = CHECK_SYS(open("bus", O_RDWR | O_CREAT | O_TRUNC, 0600));
	CHECK_EQ(write(fd, "begin", 5), 5);
	for (int shared = 0; shared < 2; shared++) {
		char *map = CHECK_SYS(mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, shared ? MAP_SHARED : MAP_PRIVATE, fd, 0));
		CHECK_EQ(try_read(map + 4), 'n');
		CHECK_EQ(try_read(map + 5), 0);
		CHECK_EQ(try_read(map + 4095), 0);
		CHECK_EQ(code, 0);
		CHECK_EQ(try_read(map + 4096 + 9), -1);
		CHECK_EQ(code, BUS_ADRERR);
		CHECK_EQ(address, map + 4096 + 9);
		CHECK_EQ(try_write(map + 8192, 1), -1);
		CHECK_EQ(code, BUS_ADRERR);
		CHECK_EQ(address, map + 8192);
		/* The file grows under the mapping, and shrinks again. */
		CHECK_EQ(ftruncate(fd, 4096 + 100), 0);
		CHECK_EQ(try_read(map + 4096 + 9), 0);
		CHECK_EQ(try_write(map + 4096 + 10, 7), 7);
		CHECK_EQ(try_read(map + 8192), -1);
		CHECK_EQ(ftruncate(fd, 5), 0);
		CHECK_EQ(try_read(map + 4096 + 10), -1);
		CHECK_EQ(code, BUS_ADRERR);
		CHECK_EQ(munmap(map, 3 * 4096), 0);
	}
	return check_done();
}
