// args: one two --three=4
/* /proc/self/exe and cmdline tell how the process was started. */
#define _GNU_SOURCE
#include "files.h"

int main(int argc, char **argv)
{
	char link[4096];
	ssize_t n = CHECK_SYS(readlink("/proc/self/exe", link, sizeof link - 1));
	link[n] = 0;
	CHECK_EQ(link[0], '/');
	/* It is an ELF file for this machine, readable through the link. */
	unsigned char head[20];
	int fd = CHECK_SYS(open("/proc/self/exe", O_RDONLY));
	CHECK_EQ(read(fd, head, 20), 20);
	CHECK_MEM(head, "\177ELF\2", 5);
	CHECK_EQ(close(fd), 0);
	/* A short buffer is cut, not refused. */
	CHECK_EQ(readlink("/proc/self/exe", link, 3), 3);

	size_t length;
	const char *text = file_text("/proc/self/cmdline", &length), *at = text;
	for (int i = 0; i < argc; i++) {
		CHECK_STR(at, argv[i]);
		at += strlen(at) + 1;
	}
	CHECK_EQ(at - text, length);
	return check_done();
}
