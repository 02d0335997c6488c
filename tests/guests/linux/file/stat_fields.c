/* stat, lstat, fstatat and statx agree on size, type, mode, links, blocks and times; and the errors of their
 * flags. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>

static void agree(int fd, const char *path, int flags)
{
	struct stat a;
	struct statx b;
	memset(&b, 0x55, sizeof b);
	CHECK_SYS(fstatat(fd, path, &a, flags));
	CHECK_SYS(statx(fd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &b));
	CHECK_EQ(b.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	CHECK_EQ(b.stx_mode, a.st_mode);
	CHECK_EQ(b.stx_size, a.st_size);
	CHECK_EQ(b.stx_nlink, a.st_nlink);
	CHECK_EQ(b.stx_ino, a.st_ino);
	CHECK_EQ(b.stx_uid, a.st_uid);
	CHECK_EQ(b.stx_gid, a.st_gid);
	CHECK_EQ(b.stx_blocks, a.st_blocks);
	CHECK_EQ(b.stx_blksize, a.st_blksize);
	CHECK_EQ(makedev(b.stx_dev_major, b.stx_dev_minor), a.st_dev);
	CHECK_EQ(makedev(b.stx_rdev_major, b.stx_rdev_minor), a.st_rdev);
	CHECK_EQ(b.stx_mtime.tv_sec, a.st_mtim.tv_sec);
	CHECK_EQ(b.stx_mtime.tv_nsec, a.st_mtim.tv_nsec);
	CHECK_EQ(b.stx_ctime.tv_nsec, a.st_ctim.tv_nsec);
	CHECK_EQ(b.stx_atime.tv_sec, a.st_atim.tv_sec);
}

int main(void)
{
	struct stat a, b;
	struct statx x;
	umask(0);
	CHECK_SYS(mkdir("folder", 0751));
	int fd = CHECK_SYS(open("folder/file", O_CREAT | O_RDWR, 0642));
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_SYS(symlink("file", "folder/link"));
	int folder = CHECK_SYS(open("folder", O_RDONLY));

	CHECK_SYS(stat("folder/link", &a));
	CHECK_SYS(fstat(fd, &b));
	CHECK_MEM(&a, &b, sizeof a);
	CHECK_EQ(a.st_mode, S_IFREG | 0642);
	CHECK_EQ(a.st_size, 10);
	CHECK_EQ(a.st_nlink, 1);
	CHECK_EQ(a.st_uid, geteuid());
	CHECK(a.st_ino != 0 && a.st_blksize >= 512);
	CHECK_SYS(lstat("folder/link", &b));
	CHECK_EQ(b.st_mode, S_IFLNK | 0777);
	CHECK_EQ(b.st_size, 4);
	CHECK_SYS(stat("folder", &b));
	CHECK_EQ(b.st_mode, S_IFDIR | 0751);
	CHECK_EQ(b.st_dev, a.st_dev);
	CHECK_SYS(fchmod(fd, 06755));
	CHECK_SYS(fstat(fd, &a));
	CHECK_EQ(a.st_mode, S_IFREG | 06755);

	agree(AT_FDCWD, "folder/link", 0);
	agree(AT_FDCWD, "folder/link", AT_SYMLINK_NOFOLLOW);
	agree(folder, "file", 0);
	agree(fd, "", AT_EMPTY_PATH);
	agree(folder, "", AT_EMPTY_PATH);
	agree(AT_FDCWD, "", AT_EMPTY_PATH);
	agree(AT_FDCWD, "/dev/null", 0);
	CHECK_SYS(stat("/dev/null", &a));
	CHECK(S_ISCHR(a.st_mode));
	CHECK_EQ(a.st_rdev, makedev(1, 3));

	CHECK_ERRNO(fstatat(AT_FDCWD, "", &a, 0), ENOENT);
	CHECK_ERRNO(fstatat(fd, "x", &a, 0), ENOTDIR);
	CHECK_ERRNO(fstatat(999, "x", &a, 0), EBADF);
	CHECK_ERRNO(fstatat(folder, "file", &a, 0x40000000), EINVAL);
	CHECK_ERRNO(statx(folder, "file", 0, 0x80000000u, &x), EINVAL);
	CHECK_ERRNO(statx(folder, "file", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, STATX_SIZE, &x), EINVAL);
	CHECK_ERRNO(statx(folder, "missing", 0, STATX_SIZE, &x), ENOENT);
	return check_done();
}
