/* After a fork the pages that were written before are shared with the parent: Shared_Dirty, not Private_Dirty. A
 * database server looks for that before it starts. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

/* Kilobytes of the row of the mapping at this address. */
static long row(void *at, const char *name)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	CHECK(smaps != NULL);
	char line[512];
	long size = -1;
	int inside = 0;
	while (size < 0 && fgets(line, sizeof line, smaps)) {
		unsigned long from, to;
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = from <= (unsigned long)at && (unsigned long)at < to;
		else if (inside && !strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), ": %ld kB", &size);
	}
	fclose(smaps);
	return size;
}

int main(void)
{
	char *guard = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(guard != MAP_FAILED);
	char *page = guard + 4096;
	CHECK_SYS(mprotect(page, 4096, PROT_READ | PROT_WRITE));
	*(volatile char *)page = 1;
	CHECK_EQ(row(page, "Private_Dirty"), 4);
	CHECK_EQ(row(page, "Shared_Dirty"), 0);
	pid_t child = fork();
	CHECK_SYS(child);
	if (!child) {
		CHECK_EQ(row(page, "Shared_Dirty"), 4);
		CHECK_EQ(row(page, "Private_Dirty"), 0);
		_exit(0);
	}
	int status;
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	puts("ok");
	return 0;
}
