/* MAP_SHARED of a file: mapping, read and write see the same bytes at once, in all mappings and processes, and msync
 * keeps them. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/mman.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE };

int main(void)
{
	char bytes[8];
	int fd = CHECK_SYS(open("file", O_RDWR | O_CREAT | O_TRUNC, 0600));
	CHECK_EQ(ftruncate(fd, 2 * PAGE + 10), 0);
	char *map = CHECK_SYS(mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0));
	char *second = CHECK_SYS(mmap(NULL, PAGE, RW, MAP_SHARED, fd, PAGE));
	memcpy(map + PAGE + 100, "mapped", 6);
	CHECK_EQ(pread(fd, bytes, 6, PAGE + 100), 6);
	CHECK_MEM(bytes, "mapped", 6);
	CHECK_MEM(second + 100, "mapped", 6);
	CHECK_EQ(pwrite(fd, "WRIT", 4, PAGE + 100), 4);
	CHECK_MEM(map + PAGE + 100, "WRITed", 6);
	second[101] = '!';
	CHECK_EQ(map[PAGE + 101], '!');
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(map[PAGE + 101], '!');
		map[5] = 'c';
		CHECK_EQ(pwrite(fd, "d", 1, 6), 1);
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_MEM(map + 5, "cd", 2);
	CHECK_EQ(msync(map, 3 * PAGE, MS_SYNC), 0);
	/* Bytes behind the end of the file are not written to it. */
	map[2 * PAGE + 9] = 'e';
	map[2 * PAGE + 10] = 'f';
	CHECK_EQ(munmap(map, 3 * PAGE), 0);
	CHECK_EQ(close(fd), 0);
	fd = CHECK_SYS(open("file", O_RDONLY));
	CHECK_EQ(lseek(fd, 0, SEEK_END), 2 * PAGE + 10);
	CHECK_EQ(pread(fd, bytes, 8, 2 * PAGE + 9), 1);
	CHECK_EQ(bytes[0], 'e');
	CHECK_EQ(pread(fd, bytes, 6, PAGE + 100), 6);
	CHECK_MEM(bytes, "W!ITed", 6);
	return check_done();
}
