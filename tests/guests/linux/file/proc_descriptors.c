/* /dev/fd and /proc/self/fd: names of files, pipes and deleted files, opening anew, the list, and /dev/stdin. */
#define _GNU_SOURCE
#include "../check.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char *name_of(int fd)
{
	static char text[4200];
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = CHECK_SYS(readlink(link, text, sizeof text - 1));
	text[length] = 0;
	return text;
}

int main(void)
{
	char here[4096], want[4200], path[64], text[16] = "";
	int ends[2], seen = 0;
	struct stat a, b;
	CHECK(getcwd(here, sizeof here) != NULL);
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
	snprintf(want, sizeof want, "%s/file", here);
	CHECK_STR(name_of(fd), want);
	CHECK_STR(name_of(CHECK_SYS(open("/dev/null", O_RDONLY))), "/dev/null");
	CHECK_EQ(write(fd, "content", 7), 7);

	/* A file that is opened anew has an offset of its own. */
	snprintf(path, sizeof path, "/dev/fd/%d", fd);
	int again = CHECK_SYS(open(path, O_RDONLY));
	CHECK_EQ(read(again, text, sizeof text), 7);
	CHECK_STR(text, "content");
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 7);
	CHECK_SYS(rename("file", "moved"));
	snprintf(want, sizeof want, "%s/moved", here);
	CHECK_STR(name_of(fd), want);
	CHECK_SYS(unlink("moved"));
	strcat(want, " (deleted)");
	CHECK_STR(name_of(fd), want);
	/* Without a name it still opens by its descriptor. */
	again = CHECK_SYS(open(path, O_RDWR));
	CHECK_SYS(fstat(again, &a));
	CHECK_SYS(stat(path, &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(a.st_nlink, 0);

	CHECK_SYS(pipe(ends));
	CHECK_SYS(fstat(ends[0], &a));
	snprintf(want, sizeof want, "pipe:[%lu]", (unsigned long)a.st_ino);
	CHECK_STR(name_of(ends[0]), want);
	snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
	int writer = CHECK_SYS(open(path, O_WRONLY));
	CHECK_EQ(write(writer, "p", 1), 1);
	CHECK_EQ(read(ends[0], text, sizeof text), 1);

	CHECK_EQ(dup2(ends[0], 0), 0);
	int in = CHECK_SYS(open("/dev/stdin", O_RDONLY));
	CHECK_EQ(write(ends[1], "q", 1), 1);
	CHECK_EQ(read(in, text, sizeof text), 1);
	CHECK_EQ(text[0], 'q');
	CHECK_SYS(lstat("/proc/self/fd/0", &a));
	CHECK_EQ(a.st_mode, S_IFLNK | 0500);
	DIR *list = opendir("/proc/self/fd");
	CHECK(list != NULL);
	for (struct dirent *entry; (entry = readdir(list)) != NULL;)
		seen += atoi(entry->d_name) == fd || atoi(entry->d_name) == ends[0];
	CHECK_EQ(seen, 2);
	closedir(list);
	CHECK_SYS(close(again));
	snprintf(path, sizeof path, "/dev/fd/%d", again);
	CHECK_ERRNO(open(path, O_RDONLY), ENOENT);
	return check_done();
}
