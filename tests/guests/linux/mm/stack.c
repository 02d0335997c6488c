/* The stack of the main thread grows by being used, up to its limit, in steps of any size, also by system calls. */
#define _GNU_SOURCE
#include "../check.h"
#include <alloca.h>
#include <fcntl.h>
#include <sys/resource.h>

__attribute__((noinline)) static long deeper(int n)
{
	volatile char room[8192];
	room[0] = (char)n;
	room[8191] = 1;
	return n == 0 ? 0 : deeper(n - 1) + room[8191];
}

__attribute__((noinline)) static void jump_down(size_t size)
{
	volatile char *room = alloca(size);
	/* The lowest byte first: nothing between was touched. */
	room[0] = 7;
	CHECK_EQ(room[0], 7);
	for (size_t at = 4096; at < size; at += 4096)
		CHECK_EQ(room[at], 0);
}

__attribute__((noinline)) static void by_system_call(size_t size)
{
	char *room = alloca(size);
	int fd = CHECK_SYS(open("/dev/zero", O_RDONLY));
	CHECK_EQ(read(fd, room, size), size);
	CHECK_EQ(room[0] | room[size - 1], 0);
}

int main(void)
{
	struct rlimit limit;
	CHECK_EQ(getrlimit(RLIMIT_STACK, &limit), 0);
	CHECK(limit.rlim_cur >= 8u << 20);
	jump_down(600000);
	CHECK_EQ(deeper(250), 250);
	by_system_call(3000000);
	jump_down(100);
	CHECK_EQ(deeper(700), 700);
	return check_done();
}
