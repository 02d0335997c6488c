/* O_APPEND among processes: no record is lost or torn, though each has opened the file for itself. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/uio.h>

enum { WRITERS = 4, RECORDS = 60, LENGTH = 100 };

int main(void)
{
	pid_t pids[WRITERS];
	char record[LENGTH];
	int counts[WRITERS] = {0};
	for (int w = 0; w < WRITERS; w++) {
		pids[w] = CHECK_SYS(fork());
		if (pids[w] != 0)
			continue;
		int fd = CHECK_SYS(open("log", O_WRONLY | O_CREAT | O_APPEND, 0600));
		memset(record, 'a' + w, sizeof record);
		record[LENGTH - 1] = '\n';
		for (int i = 0; i < RECORDS; i++) {
			struct iovec parts[2] = {{record, 30}, {record + 30, LENGTH - 30}};
			if (i % 2)
				CHECK_EQ(writev(fd, parts, 2), LENGTH);
			else
				CHECK_EQ(write(fd, record, LENGTH), LENGTH);
		}
		_exit(0);
	}
	for (int w = 0; w < WRITERS; w++)
		CHECK_CHILD(pids[w]);
	int fd = CHECK_SYS(open("log", O_RDONLY));
	CHECK_EQ(lseek(fd, 0, SEEK_END), WRITERS * RECORDS * LENGTH);
	for (int r = 0; r < WRITERS * RECORDS; r++) {
		CHECK_EQ(pread(fd, record, LENGTH, (off_t)r * LENGTH), LENGTH);
		for (int i = 1; i < LENGTH - 1; i++)
			CHECK(record[i] == record[0]);
		CHECK_EQ(record[LENGTH - 1], '\n');
		counts[record[0] - 'a']++;
	}
	for (int w = 0; w < WRITERS; w++)
		CHECK_EQ(counts[w], RECORDS);
	return check_done();
}
