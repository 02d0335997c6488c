// qemu: no, exec without binfmt
/* A process that shares memory executes another program and lives on: the others can use the memory meanwhile, and
 * have what it stored before. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	if (argc > 1) {
		/* Tells that it runs, and waits for the end of its input. */
		char byte = 'r';
		CHECK_EQ(write(3, &byte, 1), 1);
		CHECK_EQ(read(4, &byte, 1), 0);
		return 0;
	}
	volatile int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	int running[2], end[2];
	CHECK_SYS(pipe(running));
	CHECK_SYS(pipe(end));
	pid_t child = fork();
	CHECK_SYS(child);
	if (!child) {
		shared[0] = 7;
		int write_end = fcntl(running[1], F_DUPFD, 10), read_end = fcntl(end[0], F_DUPFD, 10);
		CHECK_SYS(dup2(write_end, 3));
		CHECK_SYS(dup2(read_end, 4));
		closefrom(5);
		char *args[] = { argv[0], "again", NULL };
		execv("/proc/self/exe", args);
		_exit(9);
	}
	close(running[1]);
	close(end[0]);
	char byte;
	CHECK_EQ(read(running[0], &byte, 1), 1);
	CHECK_EQ(shared[0], 7);
	for (int n = 0; n < 1000; n++) {
		shared[1] += n;
		if (n % 100 == 0)
			CHECK_SYS(poll(NULL, 0, 1));
	}
	CHECK_EQ(shared[1], 499500);
	close(end[1]);
	int status;
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	puts("ok");
	return 0;
}
