/* SIGSEGV: MAPERR where nothing is mapped, ACCERR where the rights forbid it, and the exact address, for reads, writes,
 * jumps, and accesses that begin on a good page. */
#define _GNU_SOURCE
#include "../check.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static sigjmp_buf back;
static volatile int code, signo_seen;
static char *volatile address;

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)context;
	signo_seen = signo;
	code = info->si_code;
	address = info->si_addr;
	siglongjmp(back, 1);
}

static void reads(const volatile char *at) { (void)*at; }
static void reads8(const volatile char *at) { (void)*(const volatile uint64_t *)at; }
static void writes(const volatile char *at) { *(volatile char *)(uintptr_t)at = 1; }
static void writes8(const volatile char *at) { *(volatile uint64_t *)(uintptr_t)at = 1; }
static void jumps(const volatile char *at) { ((void (*)(void))(uintptr_t)at)(); }

static void faults(void (*access)(const volatile char *), char *at, int wanted, char *fault)
{
	code = -1;
	if (sigsetjmp(back, 1) == 0) {
		access(at);
		check_fail(__FILE__, __LINE__, "expected a fault with code %d", wanted);
	}
	CHECK_EQ(signo_seen, SIGSEGV);
	CHECK_EQ(code, wanted);
	CHECK_EQ(address, fault);
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	char *base = CHECK_SYS(mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	char *read_only = base, *none = base + 4096, *writable = base + 2 * 4096, *unmapped = base + 3 * 4096;
	CHECK_EQ(mprotect(read_only, 4096, PROT_READ), 0);
	CHECK_EQ(mprotect(none, 4096, PROT_NONE), 0);
	CHECK_EQ(munmap(unmapped, 4096), 0);
	reads(read_only);
	writes8(writable);
	faults(writes, read_only + 5, SEGV_ACCERR, read_only + 5);
	faults(writes8, read_only + 4088, SEGV_ACCERR, read_only + 4088);
	faults(reads, none + 4095, SEGV_ACCERR, none + 4095);
	faults(writes, none, SEGV_ACCERR, none);
	faults(reads, unmapped + 77, SEGV_MAPERR, unmapped + 77);
	faults(writes, unmapped, SEGV_MAPERR, unmapped);
	faults(reads, (char *)8, SEGV_MAPERR, (char *)8);
	faults(jumps, writable + 16, SEGV_ACCERR, writable + 16);
	faults(jumps, unmapped + 32, SEGV_MAPERR, unmapped + 32);
	faults(jumps, NULL, SEGV_MAPERR, NULL);
	/* The address is that of the first byte that is not there. */
	faults(reads8, writable + 4092, SEGV_MAPERR, unmapped);
	faults(writes8, read_only + 4092, SEGV_ACCERR, read_only + 4092);
	return check_done();
}
