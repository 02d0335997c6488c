/* MAP_PRIVATE of a file: writes stay in the mapping, later writes to the file show on pages that were not written. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(void)
{
	char page[PAGE];
	int fd = CHECK_SYS(open("file", O_RDWR | O_CREAT | O_TRUNC, 0600));
	for (int i = 0; i < 3; i++) {
		memset(page, 'a' + i, PAGE);
		CHECK_EQ(write(fd, page, PAGE), PAGE);
	}
	/* From the second page on; the descriptor is not needed any longer. */
	int other = CHECK_SYS(open("file", O_RDONLY));
	char *map = CHECK_SYS(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, other, PAGE));
	CHECK_EQ(close(other), 0);
	CHECK_EQ(map[0], 'b');
	CHECK_EQ(map[PAGE], 'c');
	map[1] = 'X';
	CHECK_EQ(pread(fd, page, PAGE, PAGE), PAGE);
	CHECK_EQ(page[1], 'b');
	/* A page of which there is a copy no longer follows the file. */
	CHECK_EQ(pwrite(fd, "ZZZ", 3, PAGE), 3);
	CHECK_EQ(map[0], 'b');
	CHECK_EQ(map[1], 'X');
	/* A fork copies the copies. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(map[1], 'X');
		map[1] = 'Y';
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_EQ(map[1], 'X');
	/* Thrown away, the file shows again. */
	CHECK_EQ(madvise(map, PAGE, MADV_DONTNEED), 0);
	CHECK_MEM(map, "ZZZb", 4);
	/* The system writes into the mapping like the program. */
	CHECK_EQ(pread(fd, map + PAGE, 2, 0), 2);
	CHECK_MEM(map + PAGE, "aac", 3);
	CHECK_EQ(pread(fd, page, 3, 2 * PAGE), 3);
	CHECK_MEM(page, "ccc", 3);
	CHECK_EQ(unlink("file"), 0);
	CHECK_EQ(map[3], 'b');
	return check_done();
}
