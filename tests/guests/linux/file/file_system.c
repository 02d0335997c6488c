/* statfs and fstatfs: kinds of file systems, sizes that make sense; statvfs agrees; mknod of a FIFO and a socket;
 * sync. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

int main(void)
{
	struct statfs a, b;
	struct statvfs v;
	struct stat stat_;
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600)), ends[2];
	memset(&a, 0x55, sizeof a);
	CHECK_SYS(statfs(".", &a));
	CHECK_SYS(fstatfs(fd, &b));
	CHECK_EQ(a.f_type, b.f_type);
	CHECK_EQ(a.f_bsize, b.f_bsize);
	CHECK_EQ(a.f_blocks, b.f_blocks);
	CHECK_EQ(a.f_namelen, 255);
	CHECK(a.f_bsize >= 512 && a.f_blocks > 0 && a.f_bfree <= a.f_blocks && a.f_bavail <= a.f_bfree);
	CHECK_SYS(statvfs(".", &v));
	CHECK_EQ(v.f_blocks, a.f_blocks);
	CHECK_EQ(v.f_namemax, 255);
	CHECK_SYS(statfs("/proc/self", &a));
	CHECK_EQ(a.f_type, PROC_SUPER_MAGIC);
	CHECK_SYS(pipe(ends));
	CHECK_SYS(fstatfs(ends[0], &a));
	CHECK_EQ(a.f_type, PIPEFS_MAGIC);
	CHECK_ERRNO(statfs("missing", &a), ENOENT);
	CHECK_ERRNO(fstatfs(999, &a), EBADF);

	umask(0);
	CHECK_SYS(mknod("fifo", S_IFIFO | 0620, 0));
	CHECK_SYS(stat("fifo", &stat_));
	CHECK_EQ(stat_.st_mode, S_IFIFO | 0620);
	CHECK_SYS(mknodat(AT_FDCWD, "sock", S_IFSOCK | 0600, 0));
	CHECK_SYS(stat("sock", &stat_));
	CHECK_EQ(stat_.st_mode, S_IFSOCK | 0600);
	CHECK_SYS(mknod("plain", S_IFREG | 0640, 0));
	CHECK_SYS(mknod("implied", 0604, 0));
	CHECK_SYS(stat("implied", &stat_));
	CHECK_EQ(stat_.st_mode, S_IFREG | 0604);
	CHECK_ERRNO(mknod("plain", S_IFREG | 0640, 0), EEXIST);
	CHECK_ERRNO(mknod("folder", S_IFDIR | 0700, 0), EPERM);
	CHECK_ERRNO(mknod("odd", 0170000, 0), EINVAL);

	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_SYS(fsync(fd));
	CHECK_SYS(fdatasync(fd));
	CHECK_ERRNO(fsync(ends[1]), EINVAL);
	CHECK_ERRNO(fsync(999), EBADF);
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0);
	CHECK_EQ(posix_fadvise(fd, 0, 0, 99), EINVAL);
	CHECK_EQ(posix_fadvise(ends[0], 0, 0, POSIX_FADV_NORMAL), ESPIPE);
	return check_done();
}
