/* Extended attributes of the user namespace: set, get, list, remove, creation and replacement flags, sizes, and
 * errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/xattr.h>

static int listed(const char *list, ssize_t length, const char *name)
{
	for (const char *at = list; at < list + length; at += strlen(at) + 1)
		if (strcmp(at, name) == 0)
			return 1;
	return 0;
}

int main(void)
{
	char value[64], list[256];
	int fd = CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600));
	if (fsetxattr(fd, "user.one", "1", 1, 0) == -1) {
		int error = errno;
		CHECK_EQ(error, EOPNOTSUPP);
		/* The file system has none. */
		return check_done();
	}
	CHECK_SYS(symlink("file", "link"));
	CHECK_EQ(getxattr("link", "user.one", NULL, 0), 1);
	CHECK_EQ(getxattr("file", "user.one", value, sizeof value), 1);
	CHECK_EQ(value[0], '1');
	CHECK_SYS(setxattr("file", "user.two", "bytes\0inside", 12, XATTR_CREATE));
	CHECK_EQ(fgetxattr(fd, "user.two", value, sizeof value), 12);
	CHECK_MEM(value, "bytes\0inside", 12);
	CHECK_ERRNO(getxattr("file", "user.two", value, 11), ERANGE);
	CHECK_ERRNO(setxattr("file", "user.two", "x", 1, XATTR_CREATE), EEXIST);
	CHECK_SYS(setxattr("file", "user.two", "short", 5, XATTR_REPLACE));
	CHECK_EQ(getxattr("file", "user.two", value, sizeof value), 5);
	CHECK_ERRNO(setxattr("file", "user.three", "x", 1, XATTR_REPLACE), ENODATA);
	CHECK_SYS(setxattr("file", "user.empty", NULL, 0, 0));
	CHECK_EQ(getxattr("file", "user.empty", value, sizeof value), 0);

	ssize_t length = CHECK_SYS(listxattr("file", list, sizeof list));
	CHECK(listed(list, length, "user.one") && listed(list, length, "user.two") && listed(list, length, "user.empty"));
	CHECK_EQ(flistxattr(fd, NULL, 0), length);
	CHECK_ERRNO(listxattr("file", list, 3), ERANGE);
	CHECK_SYS(removexattr("link", "user.one"));
	CHECK_ERRNO(removexattr("file", "user.one"), ENODATA);
	CHECK_ERRNO(fgetxattr(fd, "user.one", value, sizeof value), ENODATA);
	length = CHECK_SYS(listxattr("file", list, sizeof list));
	CHECK(!listed(list, length, "user.one"));
	/* Attributes of users are for files and folders, not for links. */
	CHECK_ERRNO(lsetxattr("link", "user.one", "1", 1, 0), EPERM);
	CHECK_ERRNO(setxattr("file", "user.", "1", 1, 0), EINVAL);
	CHECK_ERRNO(setxattr("file", "nonsense.name", "1", 1, 0), EOPNOTSUPP);
	CHECK_ERRNO(setxattr("file", "", "1", 1, 0), ERANGE);
	CHECK_ERRNO(setxattr("missing", "user.one", "1", 1, 0), ENOENT);
	CHECK_ERRNO(setxattr("file", "user.one", "1", 1, 4), EINVAL);
	return check_done();
}
