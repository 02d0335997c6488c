/* utimensat and futimens: to the nanosecond, UTIME_NOW and UTIME_OMIT, links themselves, and who else moves the
 * times. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <utime.h>

static struct stat now;

static void times_are(const char *path, time_t access, long access_nanos, time_t change, long change_nanos)
{
	CHECK_SYS(lstat(path, &now));
	CHECK_EQ(now.st_atim.tv_sec, access);
	CHECK_EQ(now.st_atim.tv_nsec, access_nanos);
	CHECK_EQ(now.st_mtim.tv_sec, change);
	CHECK_EQ(now.st_mtim.tv_nsec, change_nanos);
}

int main(void)
{
	struct timespec both[2] = {{1000000000, 123456789}, {1234567890, 987654321}};
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
	CHECK_SYS(symlink("file", "link"));
	CHECK_SYS(lstat("link", &now));
	struct timespec of_link = now.st_mtim;
	CHECK_SYS(utimensat(AT_FDCWD, "link", both, 0));
	times_are("file", 1000000000, 123456789, 1234567890, 987654321);
	CHECK_SYS(lstat("link", &now));
	CHECK(now.st_mtim.tv_sec == of_link.tv_sec && now.st_mtim.tv_nsec == of_link.tv_nsec);
	both[0].tv_nsec = UTIME_OMIT;
	both[1] = (struct timespec){5, 6};
	CHECK_SYS(futimens(fd, both));
	times_are("file", 1000000000, 123456789, 5, 6);
	both[0] = (struct timespec){7, 8};
	CHECK_SYS(utimensat(AT_FDCWD, "link", both, AT_SYMLINK_NOFOLLOW));
	times_are("link", 7, 8, 5, 6);
	times_are("file", 1000000000, 123456789, 5, 6);

	/* The clock of the files may be a tick behind. */
	struct timespec before;
	CHECK_SYS(clock_gettime(CLOCK_REALTIME_COARSE, &before));
	both[0].tv_nsec = UTIME_NOW;
	both[1].tv_nsec = UTIME_OMIT;
	CHECK_SYS(futimens(fd, both));
	CHECK_SYS(fstat(fd, &now));
	CHECK(now.st_atim.tv_sec >= before.tv_sec);
	CHECK_EQ(now.st_mtim.tv_sec, 5);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_SYS(fstat(fd, &now));
	CHECK(now.st_mtim.tv_sec >= before.tv_sec);
	CHECK(now.st_ctim.tv_sec >= before.tv_sec);

	struct timeval old[2] = {{11, 12}, {13, 14}};
	CHECK_SYS(utimes("file", old));
	times_are("file", 11, 12000, 13, 14000);
	struct utimbuf older = {15, 16};
	CHECK_SYS(utime("file", &older));
	times_are("file", 15, 0, 16, 0);
	/* A change of the mode leaves both, a change of the length does not. */
	CHECK_SYS(fchmod(fd, 0640));
	times_are("file", 15, 0, 16, 0);
	CHECK_SYS(ftruncate(fd, 100));
	CHECK_SYS(fstat(fd, &now));
	CHECK(now.st_mtim.tv_sec >= before.tv_sec);
	CHECK_SYS(utimensat(AT_FDCWD, "file", NULL, 0));

	both[0] = (struct timespec){0, 1000000000};
	CHECK_ERRNO(utimensat(AT_FDCWD, "file", both, 0), EINVAL);
	both[0] = (struct timespec){0, 0};
	both[1] = (struct timespec){0, -1};
	CHECK_ERRNO(futimens(fd, both), EINVAL);
	both[1].tv_nsec = 0;
	CHECK_ERRNO(utimensat(AT_FDCWD, "missing", both, 0), ENOENT);
	CHECK_ERRNO(utimensat(AT_FDCWD, "file", both, 1), EINVAL);
	CHECK_ERRNO(futimens(999, both), EBADF);
	both[0].tv_nsec = both[1].tv_nsec = UTIME_OMIT;
	CHECK_SYS(utimensat(AT_FDCWD, "file", both, 0));
	return check_done();
}
