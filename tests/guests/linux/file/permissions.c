/* chmod, umask, access and faccessat: mode bits as stored, what they forbid to whom is not root, and the errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/stat.h>

static mode_t mode_of(const char *path)
{
	struct stat stat_;
	CHECK_SYS(lstat(path, &stat_));
	return stat_.st_mode & 07777;
}

/* Root may all but run what nobody may run. */
#define DENIED(call)                                                                                                   \
	do {                                                                                                           \
		if (geteuid() == 0)                                                                                    \
			CHECK_SYS(call);                                                                               \
		else                                                                                                   \
			CHECK_ERRNO(call, EACCES);                                                                     \
	} while (0)

int main(void)
{
	umask(0);
	CHECK_EQ(umask(07027), 0);
	CHECK_EQ(umask(0027), 0027);
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0666));
	CHECK_EQ(mode_of("file"), 0640);
	CHECK_SYS(mkdir("folder", 0777));
	CHECK_EQ(mode_of("folder"), 0750);
	CHECK_SYS(mkfifo("fifo", 0777));
	CHECK_EQ(mode_of("fifo"), 0750);
	CHECK_SYS(symlink("file", "link"));
	/* A mode that forbids writing counts for the next open, not for this one. */
	int new = CHECK_SYS(open("new", O_CREAT | O_RDWR, 0400));
	CHECK_EQ(write(new, "x", 1), 1);
	DENIED(open("new", O_RDWR));

	CHECK_SYS(chmod("link", 0604));
	CHECK_EQ(mode_of("file"), 0604);
	CHECK_EQ(mode_of("link"), 0777);
	CHECK_SYS(fchmod(fd, 04711));
	CHECK_EQ(mode_of("file"), 04711);
	CHECK_SYS(fchmodat(AT_FDCWD, "file", 0100600, 0));
	CHECK_EQ(mode_of("file"), 0600);
	CHECK_SYS(chmod("folder", 01700));
	CHECK_EQ(mode_of("folder"), 01700);
	CHECK_ERRNO(chmod("missing", 0600), ENOENT);
	CHECK_ERRNO(fchmod(999, 0600), EBADF);

	CHECK_SYS(access("file", F_OK));
	CHECK_SYS(access("file", R_OK | W_OK));
	CHECK_ERRNO(access("file", X_OK), EACCES);
	CHECK_ERRNO(access("missing", F_OK), ENOENT);
	CHECK_ERRNO(access("file/x", F_OK), ENOTDIR);
	CHECK_ERRNO(access("file", 8), EINVAL);
	CHECK_SYS(access("folder", X_OK));
	CHECK_SYS(chmod("file", 0100));
	CHECK_SYS(access("file", X_OK));
	CHECK_SYS(faccessat(AT_FDCWD, "file", X_OK, AT_EACCESS));
	CHECK_SYS(chmod("file", 0));
	CHECK_SYS(access("file", F_OK));
	CHECK_ERRNO(access("file", X_OK), EACCES);
	DENIED(access("file", R_OK));
	DENIED(faccessat(AT_FDCWD, "file", W_OK, AT_EACCESS));
	CHECK_SYS(chmod("file", 0400));
	DENIED(truncate("file", 0));
	CHECK_SYS(close(CHECK_SYS(open("folder/inner", O_CREAT | O_RDWR, 0600))));
	CHECK_SYS(chmod("folder", 0600));
	DENIED(access("folder/inner", F_OK));
	CHECK_SYS(chmod("folder", 0500));
	DENIED(unlink("folder/inner"));
	CHECK_SYS(chmod("folder", 0700));
	/* A dangling link exists only for those who do not follow it. */
	CHECK_SYS(symlink("nowhere", "dangling"));
	CHECK_ERRNO(faccessat(AT_FDCWD, "dangling", F_OK, 0), ENOENT);
	CHECK_SYS(faccessat(AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
	return check_done();
}
