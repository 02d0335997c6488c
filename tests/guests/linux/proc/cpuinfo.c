// qemu: no, user mode shows the host's file
/* arm64: /proc/cpuinfo lists the features that HWCAP promises, and the numbers of MIDR_EL1. */
#define _GNU_SOURCE
#include "files.h"
#include <sys/auxv.h>

static int has(const char *line, const char *word)
{
	size_t n = strlen(word);
	const char *end = strchr(line, '\n');
	for (const char *at = strstr(line, word); at != NULL && at < end; at = strstr(at + 1, word))
		if (at[-1] == ' ' && (at[n] == ' ' || at[n] == '\n'))
			return 1;
	return 0;
}

int main(void)
{
	static const char *const names[] = {"fp", "asimd", "evtstrm", "aes", "pmull", "sha1", "sha2", "crc32", "atomics",
					    "fphp", "asimdhp", "cpuid", "asimdrdm", "jscvt", "fcma", "lrcpc"};
	unsigned long hwcap = getauxval(AT_HWCAP), midr = 0;
	const char *text = file_text("/proc/cpuinfo", NULL), *line = file_field(text, "Features");
	CHECK(line != NULL);
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		CHECK_EQ(has(line - 1, names[i]), (int)(hwcap >> i & 1));
	CHECK(file_field(text, "BogoMIPS") != NULL);
	CHECK_EQ(atoi(file_field(text, "CPU architecture")), 8);
	if (hwcap >> 11 & 1) {
		__asm__("mrs %0, midr_el1" : "=r"(midr));
		CHECK_EQ(strtoul(file_field(text, "CPU implementer"), NULL, 16), midr >> 24 & 0xff);
		CHECK_EQ(strtoul(file_field(text, "CPU variant"), NULL, 16), midr >> 20 & 0xf);
		CHECK_EQ(strtoul(file_field(text, "CPU part"), NULL, 16), midr >> 4 & 0xfff);
		CHECK_EQ(strtoul(file_field(text, "CPU revision"), NULL, 10), midr & 0xf);
	}
	return check_done();
}
