/* Ends by a fatal signal, or reports one to a handler: argv[1] says how. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *volatile expected;

static void report(int signo, siginfo_t *info, void *context)
{
	(void)context;
	int known = info->si_addr == expected;
	printf("signal %d code %d at the %s address\n", signo, info->si_code, known ? "expected" : "WRONG");
	fflush(stdout);
	_exit(7);
}

static void handle(int signo)
{
	struct sigaction action;
	memset(&action, 0, sizeof action);
	action.sa_sigaction = report;
	action.sa_flags = SA_SIGINFO;
	sigaction(signo, &action, NULL);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "null";
	setvbuf(stdout, NULL, _IONBF, 0);
	puts(how);
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!strcmp(how, "handled-write")) {
		expected = page + 8;
		handle(SIGSEGV);
		*(volatile char *)(page + 8) = 1;
	} else if (!strcmp(how, "handled-unmapped")) {
		munmap(page, 4096);
		expected = page + 16;
		handle(SIGSEGV);
		*(volatile char *)(page + 16) = 1;
	} else if (!strcmp(how, "null")) {
		*(volatile int *)(uintptr_t)(argc - 2) = 1;
	} else if (!strcmp(how, "read-only")) {
		*(volatile char *)page = 1;
	} else if (!strcmp(how, "no-exec")) {
		((void (*)(void))(uintptr_t)page)();
	} else if (!strcmp(how, "undefined")) {
		__asm__ volatile(".inst 0x00000000");
	} else if (!strcmp(how, "brk")) {
		__asm__ volatile("brk #7");
	} else if (!strcmp(how, "abort")) {
		abort();
	} else if (!strcmp(how, "kill")) {
		kill(getpid(), SIGKILL);
	}
	puts("still here");
	return 0;
}
