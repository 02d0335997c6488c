/* Writes code, runs it, writes it anew at the same place and runs it again, as a JIT does: by mprotect, and where
 * argv[1] is "rwx" in a page that is writable and executable at once. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	int rwx = argc > 1 && !strcmp(argv[1], "rwx");
	uint32_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | (rwx ? PROT_EXEC : 0),
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code == MAP_FAILED)
		return 1;
	uint64_t sum = 0;
	for (uint32_t i = 0; i < 3000; i++) {
		if (!rwx && mprotect(code, 4096, PROT_READ | PROT_WRITE) != 0)
			return 2;
		code[0] = 0xd2800000 | (i << 5); /* mov x0, #i */
		code[1] = i % 2 ? 0xd65f03c0 : 0x91000400; /* ret, or add x0, x0, #1 */
		code[2] = 0xd65f03c0;
		__builtin___clear_cache((char *)code, (char *)(code + 3));
		if (!rwx && mprotect(code, 4096, PROT_READ | PROT_EXEC) != 0)
			return 3;
		sum = sum * 31 + ((uint64_t(*)(void))(uintptr_t)code)();
	}
	printf("%016lx\n", sum);
	return 0;
}
