/* Writes of up to PIPE_BUF bytes are never mixed, and without blocking they happen whole or not at all. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>

enum { WRITERS = 4, RECORDS = 40 };

int main(void)
{
	static char record[PIPE_BUF], bulk[65536 + 100];
	int ends[2], counts[WRITERS] = {0}, waiting;
	pid_t pids[WRITERS];
	CHECK_EQ(PIPE_BUF, 4096);
	CHECK_SYS(pipe(ends));
	for (int w = 0; w < WRITERS; w++) {
		pids[w] = CHECK_SYS(fork());
		if (pids[w] == 0) {
			for (int i = 0; i < RECORDS; i++) {
				memset(record, 'a' + w, sizeof record);
				CHECK_EQ(write(ends[1], record, sizeof record), sizeof record);
			}
			_exit(0);
		}
	}
	CHECK_SYS(close(ends[1]));
	for (int r = 0; r < WRITERS * RECORDS; r++) {
		for (size_t got = 0; got < sizeof record;) {
			ssize_t n = CHECK_SYS(read(ends[0], record + got, sizeof record - got));
			CHECK(n > 0);
			got += (size_t)n;
		}
		for (size_t i = 1; i < sizeof record; i++)
			CHECK(record[i] == record[0]);
		counts[record[0] - 'a']++;
	}
	CHECK_EQ(read(ends[0], record, 1), 0);
	for (int w = 0; w < WRITERS; w++) {
		CHECK_EQ(counts[w], RECORDS);
		CHECK_CHILD(pids[w]);
	}

	/* A pipe that lacks room for all takes a long write in part, a short one not at all. */
	CHECK_SYS(pipe2(ends, O_NONBLOCK));
	int room = CHECK_SYS(fcntl(ends[1], F_GETPIPE_SZ));
	CHECK_EQ(room, 65536);
	CHECK_EQ(write(ends[1], bulk, sizeof bulk), room);
	CHECK_ERRNO(write(ends[1], bulk, 1), EAGAIN);
	CHECK_EQ(read(ends[0], bulk, 4096), 4096);
	CHECK_EQ(write(ends[1], bulk, 100), 100);
	CHECK_ERRNO(write(ends[1], bulk, PIPE_BUF), EAGAIN);
	CHECK_SYS(ioctl(ends[0], FIONREAD, &waiting));
	CHECK_EQ(waiting, room - 4096 + 100);
	CHECK_EQ(write(ends[1], bulk, 200), 200);
	return check_done();
}
