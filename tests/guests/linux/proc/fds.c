/* /proc/self/fd and fdinfo: a link for each open descriptor, with a name for those that have no path; reopened through
 * the link; position and flags. */
#define _GNU_SOURCE
#include "files.h"
#include <dirent.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static char *link_of(int fd)
{
	static char text[4096];
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	ssize_t n = CHECK_SYS(readlink(path, text, sizeof text - 1));
	text[n] = 0;
	return text;
}

int main(void)
{
	int ends[2], seen[64] = {0};
	char here[4096], bytes[8] = {0};
	int fd = CHECK_SYS(open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	int events = CHECK_SYS(eventfd(3, 0)), epoll = CHECK_SYS(epoll_create1(0));
	int sock = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_EQ(pipe(ends), 0);
	CHECK(getcwd(here, sizeof here - 8) != NULL);
	strcat(here, "/file");
	CHECK_STR(link_of(fd), here);
	CHECK_EQ(strncmp(link_of(ends[0]), "pipe:[", 6), 0);
	CHECK_EQ(strncmp(link_of(sock), "socket:[", 8), 0);
	CHECK_STR(link_of(events), "anon_inode:[eventfd]");
	CHECK_STR(link_of(epoll), "anon_inode:[eventpoll]");
	DIR *folder = opendir("/proc/self/fd");
	CHECK(folder != NULL);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		if (entry->d_name[0] != '.') {
			CHECK_EQ(entry->d_type, DT_LNK);
			if (atoi(entry->d_name) < 64)
				seen[atoi(entry->d_name)]++;
		}
	CHECK_EQ(seen[dirfd(folder)], 1);
	for (int i = 0; i < 64; i++)
		CHECK_EQ(seen[i], fcntl(i, F_GETFD) != -1);
	closedir(folder);

	CHECK_EQ(write(fd, "abcdef", 6), 6);
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
	char *info = file_text(path, NULL);
	CHECK_EQ(atoi(file_field(info, "pos")), 6);
	CHECK_EQ(strtol(file_field(info, "flags"), NULL, 8) & (O_ACCMODE | O_CLOEXEC), O_RDWR | O_CLOEXEC);
	/* A new opening of the file, with its own position; and of the pipe. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	int again = CHECK_SYS(open(path, O_RDONLY));
	CHECK_EQ(read(again, bytes, 3), 3);
	CHECK_STR(bytes, "abc");
	CHECK_EQ(unlink("file"), 0);
	strcat(here, " (deleted)");
	CHECK_STR(link_of(fd), here);
	snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
	int writer = CHECK_SYS(open(path, O_WRONLY));
	CHECK_EQ(write(writer, "p", 1), 1);
	CHECK_EQ(read(ends[0], bytes, 8), 1);
	CHECK_ERRNO(open("/proc/self/fd/63", O_RDONLY), ENOENT);
	return check_done();
}
