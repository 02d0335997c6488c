// qemu: no, exec without binfmt
/* Thousands of arguments pass; a string of 128 KiB, or more in total than the stack allows, is E2BIG and harmless. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/resource.h>

extern char **environ;
enum { COUNT = 5000, LONGEST = 131072 };

static int in_second(int argc, char **argv)
{
	char want[32];
	CHECK_EQ(argc, COUNT);
	for (int i = 1; i < COUNT - 1; i++) {
		snprintf(want, sizeof want, "argument %d", i);
		CHECK_STR(argv[i], want);
	}
	CHECK_EQ(strlen(argv[COUNT - 1]), LONGEST - 1);
	CHECK(environ[0] == NULL);
	return check_done();
}

int main(int argc, char **argv)
{
	static char *args[COUNT + 1], texts[COUNT][32], *none[] = {NULL};
	if (argc > 1)
		return in_second(argc, argv);
	char *large = malloc(LONGEST + 1);
	memset(large, 'y', LONGEST);
	large[LONGEST] = 0;
	/* A string may have 32 pages with its end. */
	char *one[] = {"x", large, NULL}, *just_env[] = {large, NULL};
	CHECK_EQ(sysconf(_SC_PAGESIZE), 4096);
	CHECK_ERRNO(execve("/proc/self/exe", one, none), E2BIG);
	CHECK_ERRNO(execve("/proc/self/exe", none, just_env), E2BIG);

	/* In total a quarter of the limit of the stack. */
	struct rlimit stack = {2 << 20, RLIM_INFINITY};
	CHECK_SYS(getrlimit(RLIMIT_STACK, &stack));
	stack.rlim_cur = 2 << 20;
	CHECK_SYS(setrlimit(RLIMIT_STACK, &stack));
	large[LONGEST - 1] = 0;
	for (int i = 0; i < 5; i++)
		args[i] = large;
	CHECK_ERRNO(execve("/proc/self/exe", args, none), E2BIG);

	for (int i = 0; i < COUNT - 1; i++) {
		snprintf(texts[i], sizeof texts[i], "argument %d", i);
		args[i] = texts[i];
	}
	args[COUNT - 1] = large;
	execve("/proc/self/exe", args, none);
	CHECK(!"execve returned");
}
