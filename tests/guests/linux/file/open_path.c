/* O_PATH descriptors: good for *at calls and fstat, not for data; a link itself can be opened; names by
 * /proc/self/fd. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main(void)
{
	char text[16] = "", name[64];
	struct stat stat_;
	CHECK_SYS(mkdir("folder", 0700));
	CHECK_SYS(symlink("target", "folder/link"));
	int file = CHECK_SYS(open("folder/file", O_RDWR | O_CREAT, 0600));
	CHECK_EQ(write(file, "data", 4), 4);

	int path = CHECK_SYS(open("folder/file", O_PATH | O_CLOEXEC)), folder = CHECK_SYS(open("folder", O_PATH));
	CHECK_EQ(fcntl(path, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(path, F_GETFL) & O_PATH, O_PATH);
	CHECK_ERRNO(read(path, text, 1), EBADF);
	CHECK_ERRNO(write(path, text, 1), EBADF);
	CHECK_ERRNO(lseek(path, 0, SEEK_SET), EBADF);
	CHECK_ERRNO(ftruncate(path, 0), EBADF);
	CHECK_ERRNO(fchmod(path, 0600), EBADF);
	CHECK_ERRNO(fcntl(path, F_SETFL, O_APPEND), EBADF);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, path, 0) == MAP_FAILED);
	CHECK_SYS(fstat(path, &stat_));
	CHECK_EQ(stat_.st_size, 4);
	int copy = CHECK_SYS(dup(path));
	CHECK_SYS(close(copy));

	/* It opens again for data through the file system of descriptors. */
	snprintf(name, sizeof name, "/proc/self/fd/%d", path);
	int again = CHECK_SYS(open(name, O_RDWR));
	CHECK_EQ(read(again, text, sizeof text), 4);
	CHECK_STR(text, "data");

	CHECK_SYS(close(CHECK_SYS(openat(folder, "file", O_RDONLY))));
	CHECK_ERRNO(openat(path, "file", O_RDONLY), ENOTDIR);
	CHECK_SYS(fchdir(folder));
	CHECK_SYS(stat("file", &stat_));
	CHECK_SYS(fstatat(folder, "", &stat_, AT_EMPTY_PATH));
	CHECK(S_ISDIR(stat_.st_mode));

	int link = CHECK_SYS(openat(folder, "link", O_PATH | O_NOFOLLOW));
	CHECK_SYS(fstat(link, &stat_));
	CHECK(S_ISLNK(stat_.st_mode));
	memset(text, 0, sizeof text);
	CHECK_EQ(readlinkat(link, "", text, sizeof text), 6);
	CHECK_STR(text, "target");
	CHECK_ERRNO(openat(folder, "link", O_PATH), ENOENT);
	/* Linked under a further name by its descriptor. */
	CHECK_SYS(linkat(AT_FDCWD, name, folder, "second", AT_SYMLINK_FOLLOW));
	CHECK_SYS(fstat(path, &stat_));
	CHECK_EQ(stat_.st_nlink, 2);
	return check_done();
}
