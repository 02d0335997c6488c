// qemu: no, user mode lacks process_vm_readv
/* process_vm_readv of a child: many pages in pieces, the end of a mapping, a child that has ended. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>

#define SIZE (3 << 20)

int main(void)
{
	int ready[2];
	char byte;
	unsigned *map = CHECK_SYS(mmap(NULL, SIZE + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	unsigned *copy = CHECK_SYS(mmap(NULL, SIZE + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK_SYS(munmap((char *)map + SIZE, 4096));
	CHECK_SYS(pipe(ready));
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		for (unsigned n = 0; n < SIZE / 4; n++)
			map[n] = n * 2654435761u;
		CHECK_EQ(write(ready[1], "x", 1), 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	struct iovec remote[2] = {{(char *)map + 100, SIZE / 2}, {(char *)map + 100 + SIZE / 2, SIZE / 2 - 100}};
	struct iovec local[3] = {{(char *)copy + 100, 4097}, {NULL, 0}, {(char *)copy + 4197, SIZE}};
	CHECK_EQ(process_vm_readv(child, local, 3, remote, 2, 0), SIZE - 100);
	for (unsigned n = 25; n < SIZE / 4; n++)
		CHECK_EQ(copy[n], n * 2654435761u);
	CHECK_EQ(map[25], 0);
	/* Up to the end of what there is. */
	remote[0] = (struct iovec){(char *)map + SIZE - 8, 4096};
	CHECK_EQ(process_vm_readv(child, local, 3, remote, 1, 0), 8);
	CHECK_EQ(copy[25], (SIZE / 4 - 2) * 2654435761u);
	remote[0].iov_base = (char *)map + SIZE;
	CHECK_ERRNO(process_vm_readv(child, local, 3, remote, 1, 0), EFAULT);
	CHECK_SYS(kill(child, SIGKILL));
	check_reap(child);
	CHECK_ERRNO(process_vm_readv(child, local, 3, remote, 1, 0), ESRCH);
	return check_done();
}
