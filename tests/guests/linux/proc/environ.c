// qemu: no, user mode shows its own name and the host's order
/* /proc/self/environ: the first environment, one string after the other, whatever setenv does later; comm: the
 * name of the program. */
#define _GNU_SOURCE
#include "files.h"

extern char **environ;

static void same(char **entries)
{
	size_t length;
	const char *text = file_text("/proc/self/environ", &length), *at = text;
	for (char **entry = entries; *entry != NULL; entry++) {
		CHECK_STR(at, *entry);
		at += strlen(at) + 1;
	}
	CHECK_EQ(at - text, length);
}

int main(int argc, char **argv)
{
	size_t length;
	char **first = environ;
	same(first);
	CHECK_EQ(setenv("GUEST_ADDED", "value", 1), 0);
	CHECK_STR(getenv("GUEST_ADDED"), "value");
	same(first);
	const char *name = strrchr(argv[0], '/');
	name = name == NULL ? argv[0] : name + 1;
	const char *text = file_text("/proc/self/comm", &length);
	CHECK(length >= 2 && length <= 16);
	CHECK(strncmp(text, name, length - 1) == 0);
	CHECK_EQ(argc, 1);
	return check_done();
}
