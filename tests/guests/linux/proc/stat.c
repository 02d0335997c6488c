// qemu: no, user mode leaves most numbers out
/* /proc/self/stat and statm: the numbers of the process at their places, also when the name has blanks and brackets. */
#define _GNU_SOURCE
#include "files.h"
#include <sys/mman.h>
#include <sys/prctl.h>

int main(void)
{
	CHECK_EQ(prctl(PR_SET_NAME, "a (b) c) d"), 0);
	char *text = file_text("/proc/self/stat", NULL);
	CHECK_EQ(atoi(text), getpid());
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	CHECK(open != NULL && close != NULL);
	CHECK_EQ(strncmp(open, "(a (b) c) d) ", 13), 0);
	char state;
	int ppid, group, session, tty, tpgid;
	unsigned flags;
	unsigned long minor, cminor, major, cmajor, utime, stime;
	long cutime, cstime, priority, nice, threads, zero;
	unsigned long long start;
	unsigned long size;
	CHECK_EQ(sscanf(close + 2, "%c %d %d %d %d %d %u %lu %lu %lu %lu %lu %lu %ld %ld %ld %ld %ld %ld %llu %lu", &state,
			&ppid, &group, &session, &tty, &tpgid, &flags, &minor, &cminor, &major, &cmajor, &utime, &stime, &cutime,
			&cstime, &priority, &nice, &threads, &zero, &start, &size),
		 21);
	CHECK_EQ(state, 'R');
	CHECK_EQ(ppid, getppid());
	CHECK_EQ(group, getpgrp());
	CHECK_EQ(session, getsid(0));
	CHECK_EQ(threads, 1);
	CHECK_EQ(zero, 0);
	CHECK_EQ(priority, 20 + nice);
	int fields = 0;
	for (char *at = close + 2; *at != 0; at++)
		fields += *at == ' ' || *at == '\n';
	CHECK_EQ(fields, 50);
	CHECK_EQ(strchr(close, '\n')[1], 0);

	unsigned long pages[7], before;
	CHECK_EQ(sscanf(file_text("/proc/self/statm", NULL), "%lu %lu %lu %lu %lu %lu %lu", pages, pages + 1, pages + 2,
			pages + 3, pages + 4, pages + 5, pages + 6),
		 7);
	CHECK(pages[0] >= pages[1]);
	CHECK_EQ(pages[4], 0);
	CHECK_EQ(pages[6], 0);
	before = pages[0];
	CHECK_SYS(mmap(NULL, 4096 * 5000, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK_EQ(sscanf(file_text("/proc/self/statm", NULL), "%lu", pages), 1);
	CHECK_EQ(pages[0] - before, 5000);
	return check_done();
}
