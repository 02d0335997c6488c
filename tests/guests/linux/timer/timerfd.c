/* timerfd: relative, absolute and repeated, the count of expirations, readiness, EAGAIN, what is left, and errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>

static long long now(clockid_t clock)
{
	struct timespec at;
	CHECK_EQ(clock_gettime(clock, &at), 0);
	return at.tv_sec * 1000000000ll + at.tv_nsec;
}

int main(void)
{
	uint64_t count = 99;
	struct itimerspec spec = {{0, 0}, {0, 20000000}}, left, off = {{0, 0}, {0, 0}};
	int fd = CHECK_SYS(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	CHECK_ERRNO(read(fd, &count, 8), EAGAIN);
	CHECK_EQ(poll(&poller, 1, 0), 0);
	long long start = now(CLOCK_MONOTONIC);
	CHECK_EQ(timerfd_settime(fd, 0, &spec, NULL), 0);
	CHECK_EQ(poll(&poller, 1, -1), 1);
	CHECK_EQ(poller.revents, POLLIN);
	CHECK(now(CLOCK_MONOTONIC) - start >= 20000000);
	CHECK_ERRNO(read(fd, &count, 7), EINVAL);
	CHECK_EQ(read(fd, &count, 8), 8);
	CHECK_EQ(count, 1);
	CHECK_ERRNO(read(fd, &count, 8), EAGAIN);
	CHECK_EQ(timerfd_gettime(fd, &left), 0);
	CHECK_EQ(left.it_value.tv_nsec + left.it_value.tv_sec, 0);

	/* Repeated: the read takes all that have passed. */
	spec = (struct itimerspec){{0, 3000000}, {0, 3000000}};
	start = now(CLOCK_MONOTONIC);
	CHECK_EQ(timerfd_settime(fd, 0, &spec, NULL), 0);
	usleep(40000);
	CHECK_EQ(read(fd, &count, 8), 8);
	CHECK(count >= 13);
	CHECK((long long)count <= (now(CLOCK_MONOTONIC) - start) / 3000000);
	CHECK_EQ(timerfd_gettime(fd, &left), 0);
	CHECK_EQ(left.it_interval.tv_nsec, 3000000);
	/* Setting it forgets what was not read. */
	usleep(5000);
	CHECK_EQ(timerfd_settime(fd, 0, &off, &left), 0);
	CHECK_EQ(left.it_interval.tv_nsec, 3000000);
	CHECK_ERRNO(read(fd, &count, 8), EAGAIN);

	int real = CHECK_SYS(timerfd_create(CLOCK_REALTIME, 0));
	long long until = now(CLOCK_REALTIME) + 20000000;
	spec = (struct itimerspec){{0, 0}, {until / 1000000000, until % 1000000000}};
	CHECK_EQ(timerfd_settime(real, TFD_TIMER_ABSTIME, &spec, NULL), 0);
	CHECK_EQ(read(real, &count, 8), 8);
	CHECK_EQ(count, 1);
	CHECK(now(CLOCK_REALTIME) >= until);
	CHECK_EQ(timerfd_settime(real, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL), 0);
	CHECK_EQ(read(real, &count, 8), 8);

	CHECK_ERRNO(timerfd_create(99, 0), EINVAL);
	CHECK_ERRNO(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	CHECK_ERRNO(timerfd_settime(0x7fff, 0, &spec, NULL), EBADF);
	CHECK_ERRNO(timerfd_gettime(1, &left), EINVAL);
	spec.it_value.tv_nsec = 1000000000;
	CHECK_ERRNO(timerfd_settime(fd, 0, &spec, NULL), EINVAL);
	CHECK_ERRNO(timerfd_settime(fd, 77, &off, NULL), EINVAL);
	CHECK_ERRNO(write(fd, &count, 8), EINVAL);
	return check_done();
}
