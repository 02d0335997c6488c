// qemu: no, user mode lacks process_vm_readv
/* process_vm_readv and writev on oneself: gather and scatter, a short count where a page is missing, EFAULT, ESRCH. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>
#include <sys/uio.h>

int main(void)
{
	char *map = CHECK_SYS(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), out[64] = {0};
	CHECK_EQ(munmap(map + 4096, 4096), 0);
	memcpy(map, "hello, world", 12);
	struct iovec remote[2] = {{map + 7, 5}, {map, 5}}, local[2] = {{out, 3}, {out + 10, 40}};
	CHECK_EQ(process_vm_readv(getpid(), local, 2, remote, 2, 0), 10);
	CHECK_MEM(out, "wor", 3);
	CHECK_MEM(out + 10, "ldhello", 8);
	/* The second piece is not there: what the first gave counts. */
	remote[1].iov_base = map + 4096;
	CHECK_EQ(process_vm_readv(getpid(), local, 2, remote, 2, 0), 5);
	CHECK_ERRNO(process_vm_readv(getpid(), local, 2, remote + 1, 1, 0), EFAULT);
	local[0].iov_base = map + 20;
	remote[0].iov_base = out + 10;
	CHECK_EQ(process_vm_writev(getpid(), remote, 1, local, 1, 0), 3);
	CHECK_MEM(map + 20, "ldh", 4);
	CHECK_ERRNO(process_vm_readv(0x3ffffff0, local, 1, remote, 1, 0), ESRCH);
	CHECK_ERRNO(process_vm_readv(getpid(), local, 1, remote, 1, 1), EINVAL);
	CHECK_ERRNO(process_vm_readv(getpid(), (struct iovec *)8, 1, remote, 1, 0), EFAULT);
	return check_done();
}
