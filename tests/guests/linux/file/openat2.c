// qemu: no, it lacks openat2
/* openat2: RESOLVE_BENEATH, IN_ROOT, NO_SYMLINKS and NO_MAGICLINKS, flags that open forgives, and larger
 * structures. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int base;

static int at(const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
	int fd = (int)syscall(SYS_openat2, base, path, &how, sizeof how);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

int main(void)
{
	char outside[4200], here[4096];
	struct {
		struct open_how how;
		uint64_t more;
	} large = {.how = {.flags = O_RDONLY}};
	CHECK(getcwd(here, sizeof here) != NULL);
	snprintf(outside, sizeof outside, "%s/outside", here);
	CHECK_SYS(mkdir("base", 0700));
	CHECK_SYS(mkdir("base/sub", 0700));
	CHECK_SYS(close(CHECK_SYS(open("outside", O_CREAT | O_WRONLY, 0600))));
	CHECK_SYS(close(CHECK_SYS(open("base/file", O_CREAT | O_WRONLY, 0600))));
	CHECK_SYS(symlink("../file", "base/sub/inner"));
	CHECK_SYS(symlink("../../outside", "base/sub/outer"));
	CHECK_SYS(symlink(outside, "base/absolute"));
	CHECK_SYS(symlink("/file", "base/root"));
	base = CHECK_SYS(open("base", O_PATH | O_DIRECTORY));

	CHECK_SYS(at("sub/inner", O_RDONLY, 0, RESOLVE_BENEATH));
	CHECK_SYS(at("sub/../file", O_RDONLY, 0, RESOLVE_BENEATH));
	CHECK_SYS(at("sub/outer", O_RDONLY, 0, 0));
	CHECK_ERRNO(at("sub/outer", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	CHECK_ERRNO(at("../outside", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	CHECK_ERRNO(at("absolute", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	CHECK_ERRNO(at("/", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	/* As if the folder were the root. */
	CHECK_SYS(at("root", O_RDONLY, 0, RESOLVE_IN_ROOT));
	CHECK_SYS(at("/../../file", O_RDONLY, 0, RESOLVE_IN_ROOT));
	CHECK_ERRNO(at("sub/outer", O_RDONLY, 0, RESOLVE_IN_ROOT), ENOENT);
	CHECK_ERRNO(at("root", O_RDONLY, 0, 0), ENOENT);
	CHECK_ERRNO(at("sub/inner", O_RDONLY, 0, RESOLVE_NO_SYMLINKS), ELOOP);
	CHECK_SYS(at("file", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
	CHECK_ERRNO(at("/proc/self/exe", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS), ELOOP);
	CHECK_SYS(at("sub/inner", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS));
	CHECK_ERRNO(at("/proc/self/status", O_RDONLY, 0, RESOLVE_NO_XDEV), EXDEV);

	CHECK_ERRNO(at("file", O_RDONLY, 0600, 0), EINVAL);
	CHECK_ERRNO(at("file", 1ull << 40, 0, 0), EINVAL);
	CHECK_ERRNO(at("file", O_RDONLY, 0, 1ull << 40), EINVAL);
	CHECK_ERRNO(at("file", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT), EINVAL);
	CHECK_ERRNO(at("new", O_CREAT | O_RDWR, 010000, 0), EINVAL);
	CHECK_SYS(at("new", O_CREAT | O_RDWR | O_EXCL, 0600, RESOLVE_BENEATH));
	/* A larger structure is taken as long as what is unknown is zero. */
	CHECK_SYS(syscall(SYS_openat2, base, "file", &large, sizeof large));
	large.more = 1;
	CHECK_ERRNO(syscall(SYS_openat2, base, "file", &large, sizeof large), E2BIG);
	CHECK_ERRNO(syscall(SYS_openat2, base, "file", &large, 16), EINVAL);
	return check_done();
}
