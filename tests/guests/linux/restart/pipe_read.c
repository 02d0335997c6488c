/* read and write of a pipe: restarted with SA_RESTART, EINTR without, and the part that was done counts. */
#define _GNU_SOURCE
#include "ticks.h"
#include <fcntl.h>

static int ends[2];
static char buffer[65536];

static void feed(void)
{
	if (write(ends[1], "fed", 3) != 3)
		_exit(9);
}

static void drain(void)
{
	static char taken[16384];
	if (read(ends[0], taken, sizeof taken) != (ssize_t)sizeof taken)
		_exit(9);
}

static void fill(void)
{
	CHECK_EQ(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	while (write(ends[1], buffer, 4096) > 0)
		;
	CHECK_EQ(fcntl(ends[1], F_SETFL, 0), 0);
}

int main(void)
{
	CHECK_EQ(pipe(ends), 0);
	INTERRUPTED(0, read(ends[0], buffer, sizeof buffer));
	RESTARTED(read(ends[0], buffer, sizeof buffer), 3, feed);
	CHECK_MEM(buffer, "fed", 3);

	fill();
	INTERRUPTED(0, write(ends[1], buffer, 4096));
	RESTARTED(write(ends[1], buffer, 4096), 4096, drain);
	/* A write of which a part went through returns that part, with SA_RESTART as well. */
	fill();
	drain();
	ticks_start(SA_RESTART, 0, NULL);
	CHECK_EQ(write(ends[1], buffer, sizeof buffer), 16384);
	ticks_stop();
	CHECK(ticks >= 1);
	return check_done();
}
