/* A pipeline as a shell builds it: four processes, dup2 onto 0 and 1, a process group, ends in order of the data. */
#define _GNU_SOURCE
#include "../check.h"
#include <ctype.h>
#include <fcntl.h>

static void produce(void)
{
	for (int i = 0; i < 2000; i++)
		printf("line %d\n", i);
}

static void filter(void)
{
	char line[64];
	while (fgets(line, sizeof line, stdin) != NULL)
		if (strchr(line, '7') != NULL)
			fputs(line, stdout);
}

static void shout(void)
{
	for (int c; (c = getchar()) != EOF;)
		putchar(toupper(c));
}

static void count(void)
{
	char line[64], last[64] = "";
	int lines = 0;
	while (fgets(line, sizeof line, stdin) != NULL) {
		lines++;
		strcpy(last, line);
	}
	printf("%d %s", lines, last);
}

int main(void)
{
	void (*const stages[])(void) = {produce, filter, shout, count};
	pid_t pids[4];
	int from = CHECK_SYS(open("/dev/null", O_RDONLY)), ends[2];
	char text[64] = "";
	for (int i = 0; i < 4; i++) {
		CHECK_SYS(pipe(ends));
		pids[i] = CHECK_SYS(fork());
		if (pids[i] == 0) {
			CHECK_SYS(setpgid(0, i ? pids[0] : 0));
			CHECK_EQ(dup2(from, 0), 0);
			CHECK_EQ(dup2(ends[1], 1), 1);
			CHECK_SYS(close(from));
			CHECK_SYS(close(ends[0]));
			CHECK_SYS(close(ends[1]));
			stages[i]();
			exit(fflush(stdout) == 0 ? i : 99);
		}
		setpgid(pids[i], pids[0]);
		CHECK_SYS(close(from));
		CHECK_SYS(close(ends[1]));
		from = ends[0];
	}
	/* 0..1999 holds 2 * 271 numbers with a seven in it. */
	for (size_t got = 0, n = 1; n > 0; got += n)
		n = (size_t)CHECK_SYS(read(from, text + got, sizeof text - 1 - got));
	CHECK_STR(text, "542 LINE 1997\n");
	for (int n = 0; n < 4; n++) {
		int status, i;
		pid_t pid = CHECK_SYS(waitpid(-pids[0], &status, 0));
		for (i = 0; i < 4 && pids[i] != pid; i++)
			;
		CHECK_EQ(status, i << 8);
	}
	return check_done();
}
