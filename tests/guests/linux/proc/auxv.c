/* /proc/self/auxv, the vector behind the environment and getauxval agree; its entries say what they should. */
#define _GNU_SOURCE
#include "files.h"
#include <elf.h>
#include <sys/auxv.h>

extern char **environ;

int main(int argc, char **argv)
{
	size_t length;
	char **end = environ;
	(void)argc;
	while (*end != NULL)
		end++;
	const unsigned long *stack = (unsigned long *)(end + 1);
	const unsigned long *file = (unsigned long *)(void *)file_text("/proc/self/auxv", &length);
	CHECK_EQ(length % 16, 0);
	size_t n = 0;
	for (;; n++) {
		CHECK_EQ(file[2 * n], stack[2 * n]);
		CHECK_EQ(file[2 * n + 1], stack[2 * n + 1]);
		if (stack[2 * n] == AT_NULL)
			break;
#ifndef __aarch64__
		/* Elsewhere libc gives this entry a meaning of its own. */
		if (stack[2 * n] == AT_HWCAP)
			continue;
#endif
		CHECK_EQ(getauxval(stack[2 * n]), stack[2 * n + 1]);
	}
	CHECK(length >= (n + 1) * 16);
	CHECK_EQ(getauxval(AT_PAGESZ), sysconf(_SC_PAGESIZE));
	CHECK_EQ(getauxval(AT_CLKTCK), 100);
	CHECK_EQ(getauxval(AT_UID), getuid());
	CHECK_EQ(getauxval(AT_EUID), geteuid());
	CHECK_EQ(getauxval(AT_GID), getgid());
	CHECK_EQ(getauxval(AT_EGID), getegid());
	CHECK_EQ(getauxval(AT_SECURE), 0);
	CHECK_EQ(getauxval(AT_PHENT), sizeof(Elf64_Phdr));
	const Elf64_Phdr *header = (Elf64_Phdr *)getauxval(AT_PHDR);
	int loads = 0;
	for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
		loads += header[i].p_type == PT_LOAD;
	CHECK(loads >= 1);
	CHECK(getauxval(AT_ENTRY) != 0);
	CHECK(getauxval(AT_RANDOM) != 0);
	/* Sixteen random bytes, hardly all the same. */
	const unsigned char *random = (unsigned char *)getauxval(AT_RANDOM);
	int different = 0;
	for (int i = 1; i < 16; i++)
		different |= random[i] != random[0];
	CHECK(different);
	CHECK(argv[0] != NULL && getauxval(AT_EXECFN) != 0);
#ifdef __aarch64__
	CHECK_STR((char *)getauxval(AT_PLATFORM), "aarch64");
	/* FP and ASIMD are there on every arm64 Linux. */
	CHECK_EQ(getauxval(AT_HWCAP) & 3, 3);
#else
	CHECK_STR((char *)getauxval(AT_PLATFORM), "x86_64");
#endif
	errno = 0;
	CHECK_EQ(getauxval(0x7777), 0);
	CHECK_EQ(errno, ENOENT);
	return check_done();
}
