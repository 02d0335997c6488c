/* /proc/self/fd is read in small pieces while the descriptors in it are closed: nothing is missed and nothing comes
 * twice. So do programs that close all but a few before execve. */
#define _GNU_SOURCE
#include "../check.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

#define COUNT 40

int main(void)
{
	/* Room for two or three entries; a whole struct is longer. */
	static char buffer[sizeof(struct dirent64)] __attribute__((aligned(8)));
	int last = -1, seen = 0;
	closefrom(3);
	for (int n = 0; n < COUNT; n++)
		CHECK_SYS(open("/dev/null", O_RDONLY));
	int directory = CHECK_SYS(open("/proc/self/fd", O_RDONLY | O_DIRECTORY));
	long got;
	while ((got = CHECK_SYS(syscall(SYS_getdents64, directory, buffer, 64))) > 0) {
		for (long at = 0; at < got; at += ((struct dirent64 *)(buffer + at))->d_reclen) {
			const char *name = ((struct dirent64 *)(buffer + at))->d_name;
			if (name[0] == '.')
				continue;
			int fd = atoi(name);
			CHECK(fd > last);
			last = fd;
			seen++;
			if (fd > 2 && fd != directory)
				CHECK_SYS(close(fd));
		}
	}
	CHECK_EQ(seen, 3 + COUNT + 1);
	for (int fd = 3; fd < 3 + COUNT; fd++)
		CHECK_ERRNO(fcntl(fd, F_GETFD), EBADF);

	/* From the start again, and from where an entry said the next would be. */
	CHECK_SYS(lseek(directory, 0, SEEK_SET));
	DIR *opened = fdopendir(directory);
	CHECK(opened != NULL);
	long place = 0;
	seen = 0;
	for (struct dirent *entry; (entry = readdir(opened)) != NULL; seen++)
		if (strcmp(entry->d_name, "1") == 0)
			place = telldir(opened);
	CHECK_EQ(seen, 2 + 3 + 1);
	seekdir(opened, place);
	CHECK_STR(readdir(opened)->d_name, "2");
	return check_done();
}
