/* membarrier: what it announces works, a private command needs its registration, flags are refused. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>

static long membarrier(int command, unsigned flags)
{
	return syscall(SYS_membarrier, command, flags, 0);
}

static volatile int stop;

static void *spin(void *argument)
{
	while (!stop)
		;
	return argument;
}

int main(void)
{
	long commands = CHECK_SYS(membarrier(MEMBARRIER_CMD_QUERY, 0));
	CHECK(commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED);
	CHECK(commands & MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	CHECK_ERRNO(membarrier(MEMBARRIER_CMD_QUERY, 1), EINVAL);
	CHECK_ERRNO(membarrier(1 << 30, 0), EINVAL);
	CHECK_ERRNO(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0), EPERM);
	CHECK_EQ(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0), 0);
	CHECK_EQ(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0), 0);
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, spin, NULL), 0);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0), 0);
	stop = 1;
	CHECK_EQ(pthread_join(thread, NULL), 0);
	return check_done();
}
