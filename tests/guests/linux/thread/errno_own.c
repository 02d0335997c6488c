/* errno is a thread's own: failures of one thread never show in another, nor does a new thread inherit it. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>

static volatile int stop;
static int *main_errno;

static void *fails(void *argument)
{
	CHECK_EQ(errno, 0);
	CHECK(&errno != main_errno);
	while (!stop) {
		CHECK_EQ(open("no/such/file", O_RDONLY), -1);
		CHECK_EQ(errno, ENOENT);
		sched_yield();
		CHECK_EQ(errno, ENOENT);
	}
	return argument;
}

int main(void)
{
	pthread_t threads[3];
	main_errno = &errno;
	errno = EXDEV;
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, fails, NULL), 0);
	errno = EXDEV;
	for (int i = 0; i < 200; i++) {
		sched_yield();
		CHECK_EQ(errno, EXDEV);
	}
	CHECK_EQ(read(-1, NULL, 0), -1);
	CHECK_EQ(errno, EBADF);
	for (int i = 0; i < 200; i++) {
		sched_yield();
		CHECK_EQ(errno, EBADF);
	}
	stop = 1;
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	return check_done();
}
