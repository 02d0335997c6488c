// qemu: no, user mode names no heap
/* /proc/self/maps: sorted lines that do not overlap, [heap] and [stack] at the right place, rights and names follow
 * mmap, mprotect and munmap. */
#define _GNU_SOURCE
#include "files.h"
#include <sys/mman.h>

struct line {
	unsigned long start, end, offset, inode;
	char rights[8];
	char name[512];
};

/* Finds the line of an address; checks the form and the order of all lines. */
static int find(const void *address, struct line *found)
{
	unsigned long last = 0;
	int hits = 0;
	for (char *at = file_text("/proc/self/maps", NULL); *at != 0;) {
		struct line line = {0};
		unsigned major, minor;
		int used = 0;
		char *end = strchr(at, '\n');
		CHECK(end != NULL);
		*end = 0;
		CHECK_EQ(sscanf(at, "%lx-%lx %7s %lx %x:%x %lu%n", &line.start, &line.end, line.rights, &line.offset, &major,
				&minor, &line.inode, &used),
			 7);
		snprintf(line.name, sizeof line.name, "%s", at + used + strspn(at + used, " "));
		CHECK(line.start < line.end && line.start >= last);
		CHECK_EQ((line.start | line.end) & 4095, 0);
		CHECK_EQ(strlen(line.rights), 4);
		last = line.end;
		if ((uintptr_t)address >= line.start && (uintptr_t)address < line.end) {
			*found = line;
			hits++;
		}
		at = end + 1;
	}
	return hits;
}

int main(void)
{
	struct line line;
	int local, fd = CHECK_SYS(open("mapped file", O_RDWR | O_CREAT | O_TRUNC, 0600));
	CHECK_EQ(find(&local, &line), 1);
	CHECK_STR(line.name, "[stack]");
	CHECK_STR(line.rights, "rw-p");
	char *heap = sbrk(0);
	CHECK(sbrk(8192) != (void *)-1);
	CHECK_EQ(find(heap, &line), 1);
	CHECK_STR(line.name, "[heap]");
	CHECK_EQ(find((void *)(uintptr_t)main, &line), 1);
	CHECK_STR(line.rights, "r-xp");
	CHECK_EQ(line.name[0], '/');

	CHECK_EQ(ftruncate(fd, 16384), 0);
	char *map = CHECK_SYS(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096));
	CHECK_EQ(find(map, &line), 1);
	CHECK_STR(line.rights, "rw-s");
	CHECK_EQ(line.offset, 4096);
	CHECK(line.inode != 0);
	CHECK(strstr(line.name, "/mapped file") != NULL);
	CHECK_EQ(mprotect(map + 4096, 4096, PROT_READ), 0);
	CHECK_EQ(find(map + 4096, &line), 1);
	CHECK_STR(line.rights, "r--s");
	CHECK_EQ(line.start, map + 4096);
	CHECK_EQ(line.offset, 8192);
	CHECK_EQ(find(map, &line), 1);
	CHECK_EQ(line.end, map + 4096);
	CHECK_EQ(munmap(map, 8192), 0);
	CHECK_EQ(find(map, &line), 0);
	map = CHECK_SYS(mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK_EQ(find(map, &line), 1);
	CHECK_STR(line.rights, "---p");
	return check_done();
}
