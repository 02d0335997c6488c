/* The timeouts of poll, ppoll, select and pselect: at least that long, not written back except by select, and
 * refused. */
#define _GNU_SOURCE
#include "../check.h"
#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>

static struct timespec start;

static void begin(void)
{
	CHECK_SYS(clock_gettime(CLOCK_MONOTONIC, &start));
}

static long elapsed_ms(void)
{
	struct timespec now;
	CHECK_SYS(clock_gettime(CLOCK_MONOTONIC, &now));
	return (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
}

int main(void)
{
	int ends[2];
	CHECK_SYS(pipe(ends));
	struct pollfd poller = {.fd = ends[0], .events = POLLIN};
	begin();
	CHECK_EQ(poll(&poller, 1, 30), 0);
	CHECK(elapsed_ms() >= 29);
	begin();
	CHECK_EQ(poll(NULL, 0, 30), 0);
	CHECK(elapsed_ms() >= 29);

	struct timespec wait = {0, 30000000};
	begin();
	CHECK_EQ(ppoll(&poller, 1, &wait, NULL), 0);
	CHECK(elapsed_ms() >= 29);
	CHECK_EQ(wait.tv_nsec, 30000000);

	fd_set set;
	struct timeval left = {0, 30000};
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	begin();
	CHECK_EQ(select(ends[0] + 1, &set, NULL, NULL, &left), 0);
	CHECK(elapsed_ms() >= 29);
	CHECK(!FD_ISSET(ends[0], &set));
	CHECK(left.tv_sec == 0 && left.tv_usec == 0);
	begin();
	CHECK_EQ(pselect(0, NULL, NULL, NULL, &wait, NULL), 0);
	CHECK(elapsed_ms() >= 29);
	CHECK_EQ(wait.tv_nsec, 30000000);

	/* What is ready at once leaves select's time nearly whole, but tells it in the same form. */
	CHECK_EQ(write(ends[1], "x", 1), 1);
	left = (struct timeval){1000, 0};
	FD_SET(ends[0], &set);
	CHECK_EQ(select(ends[0] + 1, &set, NULL, NULL, &left), 1);
	CHECK(left.tv_sec > 0 && left.tv_sec <= 1000 && left.tv_usec >= 0 && left.tv_usec < 1000000);
	CHECK_EQ(poll(&poller, 1, 0), 1);
	CHECK_EQ(poll(&poller, 1, -1), 1);
	CHECK_EQ(poll(&poller, 1, -1000), 1);

	/* The kernel's own calls, since the library might judge first. */
	long bad[2] = {0, 1000000000}, negative[2] = {-1, 0};
	CHECK_ERRNO(syscall(SYS_ppoll, &poller, 1, bad, NULL, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_ppoll, &poller, 1, negative, NULL, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_pselect6, 0, NULL, NULL, NULL, negative, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_pselect6, -1, NULL, NULL, NULL, NULL, NULL), EINVAL);
	sigset_t mask;
	sigemptyset(&mask);
	CHECK_ERRNO(syscall(SYS_ppoll, &poller, 1, NULL, &mask, 16), EINVAL);
	return check_done();
}
