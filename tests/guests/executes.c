/* Executes the program that its first argument names, in its own process; says so, to be larger than that. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	printf("%s executes %s, %d arguments\n", argv[0], argv[1], argc - 2);
	fflush(stdout);
	execv(argv[1], argv + 1);
	perror(argv[1]);
	return 3;
}
