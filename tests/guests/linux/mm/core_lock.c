/* mincore, mlock, munlock, mlockall: what is resident, holes are ENOMEM, arguments are checked, contents stay. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE };

int main(void)
{
	unsigned char vec[4] = {0xee, 0xee, 0xee, 0xee};
	char *map = CHECK_SYS(mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	map[0] = map[2 * PAGE] = 1;
	CHECK_EQ(mincore(map, 3 * PAGE, vec), 0);
	CHECK_EQ(vec[0] & 1, 1);
	CHECK_EQ(vec[2] & 1, 1);
	CHECK_EQ(vec[3], 0xee);
	CHECK_ERRNO(mincore(map + 1, PAGE, vec), EINVAL);
	CHECK_ERRNO(mincore(map, PAGE, (unsigned char *)8), EFAULT);
	CHECK_EQ(mlock(map, 2 * PAGE), 0);
	CHECK_EQ(mlock(map + 5, 10), 0);
	CHECK_EQ(mincore(map, 2 * PAGE, vec), 0);
	CHECK_EQ(vec[0] & vec[1] & 1, 1);
	CHECK_EQ(munlock(map, 2 * PAGE), 0);
	CHECK_EQ(munmap(map + 3 * PAGE, PAGE), 0);
	CHECK_ERRNO(mincore(map, 4 * PAGE, vec), ENOMEM);
	CHECK_ERRNO(mlock(map + 3 * PAGE, PAGE), ENOMEM);
	CHECK_ERRNO(munlock(map + 3 * PAGE, PAGE), ENOMEM);
	CHECK_ERRNO(mlockall(0), EINVAL);
	CHECK_ERRNO(mlockall(64), EINVAL);
	CHECK_EQ(munlockall(), 0);
	CHECK_EQ(map[2 * PAGE], 1);
	return check_done();
}
