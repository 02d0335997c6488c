/* Reads CLOCK_MONOTONIC by libc for argv[1] seconds (default 5); prints how many readings it took, and ends with
 * status 1 if one of them was earlier than the one before. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 5;
	struct timespec first, last, at;
	long readings = 1, backwards = 0;
	clock_gettime(CLOCK_MONOTONIC, &first);
	last = first;
	do {
		clock_gettime(CLOCK_MONOTONIC, &at);
		readings++;
		backwards += at.tv_sec < last.tv_sec || (at.tv_sec == last.tv_sec && at.tv_nsec < last.tv_nsec);
		last = at;
	} while ((double)(at.tv_sec - first.tv_sec) + (double)(at.tv_nsec - first.tv_nsec) / 1e9 < seconds);
	printf("%ld\n", readings);
	return backwards != 0;
}
