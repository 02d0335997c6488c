/* poll over several descriptors: the count, entries twice, negative ones between, more than 64 and more than the
 * limit. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>

enum { PIPES = 120 };
static struct pollfd *volatile nowhere = (struct pollfd *)8;

int main(void)
{
	static struct pollfd pollers[PIPES + 3];
	int ends[PIPES][2];
	char byte;
	for (int i = 0; i < PIPES; i++) {
		CHECK_SYS(pipe(ends[i]));
		pollers[i].fd = i % 10 == 9 ? ~ends[i][0] : ends[i][0];
		pollers[i].events = POLLIN;
		pollers[i].revents = 0x55;
	}
	pollers[PIPES] = (struct pollfd){.fd = ends[3][0], .events = POLLIN};
	pollers[PIPES + 1] = (struct pollfd){.fd = ends[3][1], .events = POLLOUT};
	pollers[PIPES + 2] = (struct pollfd){.fd = 900, .events = POLLIN};
	CHECK_EQ(poll(pollers, PIPES, 0), 0);
	for (int i = 0; i < PIPES; i++)
		CHECK_EQ(pollers[i].revents, 0);
	for (int i = 0; i < PIPES; i += 3)
		CHECK_EQ(write(ends[i][1], "x", 1), 1);
	/* 40 have a byte, of which 9, 39, 69 and 99 are left out; then one twice, the writing end, and the bad one. */
	CHECK_EQ(poll(pollers, PIPES + 3, -1), 40 - 4 + 3);
	for (int i = 0; i < PIPES; i++)
		CHECK_EQ(pollers[i].revents, i % 3 == 0 && i % 10 != 9 ? POLLIN : 0);
	CHECK_EQ(pollers[PIPES].revents, POLLIN);
	CHECK_EQ(pollers[PIPES + 1].revents, POLLOUT);
	CHECK_EQ(pollers[PIPES + 2].revents, POLLNVAL);
	CHECK_EQ(read(ends[3][0], &byte, 1), 1);
	CHECK_EQ(poll(pollers, PIPES, 1000), 35);
	CHECK_EQ(pollers[3].revents, 0);

	/* More entries than descriptors may be open is refused. */
	struct rlimit limit;
	CHECK_SYS(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = PIPES;
	CHECK_SYS(setrlimit(RLIMIT_NOFILE, &limit));
	CHECK_ERRNO(poll(pollers, PIPES + 1, 0), EINVAL);
	CHECK_EQ(poll(pollers, PIPES, 0), 35);
	CHECK_EQ(poll(NULL, 0, 0), 0);
	CHECK_ERRNO(poll(nowhere, 1, 0), EFAULT);
	return check_done();
}
