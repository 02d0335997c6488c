/* eventfd: a counter that read empties or, as a semaphore, decrements; limits, blocking, poll states and short
 * buffers. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

static short state(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN | POLLOUT};
	CHECK_SYS(poll(&poller, 1, 0));
	return poller.revents;
}

static void *adds(void *fd)
{
	uint64_t one = 1;
	for (int i = 0; i < 100; i++)
		CHECK_EQ(write(*(int *)fd, &one, 8), 8);
	return NULL;
}

int main(void)
{
	uint64_t value = 0, most = UINT64_MAX - 1, all = UINT64_MAX, one = 1;
	CHECK_ERRNO(eventfd(0, 0x4), EINVAL);
	int fd = CHECK_SYS(eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_EQ(state(fd), POLLIN | POLLOUT);
	CHECK_ERRNO(read(fd, &value, 7), EINVAL);
	CHECK_ERRNO(write(fd, &one, 7), EINVAL);
	CHECK_EQ(write(fd, &one, 8), 8);
	CHECK_EQ(read(fd, &value, 8), 8);
	CHECK_EQ(value, 4);
	CHECK_ERRNO(read(fd, &value, 8), EAGAIN);
	CHECK_EQ(state(fd), POLLOUT);
	/* The largest count is 2^64 - 2; all ones is no number to add. */
	CHECK_ERRNO(write(fd, &all, 8), EINVAL);
	CHECK_EQ(write(fd, &most, 8), 8);
	CHECK_EQ(state(fd), POLLIN);
	CHECK_ERRNO(write(fd, &one, 8), EAGAIN);
	uint64_t zero = 0;
	CHECK_EQ(write(fd, &zero, 8), 8);
	char large[16] = "";
	CHECK_EQ(read(fd, large, sizeof large), 8);
	CHECK_MEM(large, &most, 8);

	int semaphore = CHECK_SYS(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(state(semaphore) & POLLIN, POLLIN);
		CHECK_EQ(read(semaphore, &value, 8), 8);
		CHECK_EQ(value, 1);
	}
	CHECK_ERRNO(read(semaphore, &value, 8), EAGAIN);

	/* A blocking reader sees every addition of four threads. */
	pthread_t threads[4];
	int blocking = CHECK_SYS(eventfd(0, 0));
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, adds, &blocking), 0);
	for (uint64_t sum = 0; sum < 400; sum += value) {
		CHECK_EQ(read(blocking, &value, 8), 8);
		CHECK(value > 0 && sum + value <= 400);
	}
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(state(blocking), POLLOUT);
	return check_done();
}
