/* atexit functions run in reverse order, in a child as well, and not after _exit; stdio flushes what each side
 * holds. */
#define _GNU_SOURCE
#include "../check.h"

static int ends[2];

static void note(const char *letter)
{
	if (write(ends[1], letter, 1) != 1)
		_exit(90);
}

static void first(void) { note("1"); }
static void second(void) { note("2"); }
static void only_child(void) { note("c"); }

static void expect(const char *want)
{
	char got[16] = "";
	CHECK_EQ(read(ends[0], got, sizeof got - 1), strlen(want));
	CHECK_STR(got, want);
}

int main(void)
{
	CHECK_SYS(pipe(ends));
	CHECK_EQ(atexit(first), 0);
	CHECK_EQ(atexit(second), 0);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(atexit(only_child), 0);
		exit(3);
	}
	CHECK_EQ(check_reap(child), 3 << 8);
	expect("c21");

	child = CHECK_SYS(fork());
	if (child == 0)
		_exit(4);
	CHECK_EQ(check_reap(child), 4 << 8);
	note(".");
	expect(".");

	/* What is buffered at the fork is written by each side that exits properly. */
	FILE *file = fopen("buffered.txt", "w");
	CHECK(file != NULL);
	CHECK_EQ(fputs("x", file), 1);
	for (int i = 0; i < 2; i++) {
		child = CHECK_SYS(fork());
		if (child == 0) {
			if (i == 0)
				exit(0);
			_exit(0);
		}
		CHECK_CHILD(child);
	}
	expect("21");
	CHECK_EQ(fclose(file), 0);
	char text[8] = "";
	file = fopen("buffered.txt", "r");
	CHECK(file != NULL);
	CHECK_EQ(fread(text, 1, sizeof text - 1, file), 2);
	CHECK_STR(text, "xx");
	return check_done();
}
