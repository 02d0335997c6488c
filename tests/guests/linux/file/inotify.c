/* inotify: names and masks in order, both halves of a move share a cookie, one-shot, removal, joined events, short
 * buffers. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/inotify.h>
#include <sys/stat.h>

static int in;
static char buffer[4096] __attribute__((aligned(8)));
static ssize_t have, at;

static struct inotify_event *next(void)
{
	if (at == have) {
		have = CHECK_SYS(read(in, buffer, sizeof buffer));
		at = 0;
	}
	struct inotify_event *event = (struct inotify_event *)(buffer + at);
	CHECK_EQ(event->len % 16, 0);
	at += (ssize_t)(sizeof *event + event->len);
	CHECK(at <= have);
	return event;
}

static uint32_t expect(int watch, uint32_t mask, const char *name)
{
	struct inotify_event *event = next();
	CHECK_EQ(event->wd, watch);
	CHECK_EQ(event->mask, mask);
	if (name == NULL)
		CHECK_EQ(event->len, 0);
	else
		CHECK_STR(event->name, name);
	return event->cookie;
}

int main(void)
{
	in = CHECK_SYS(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
	CHECK_EQ(fcntl(in, F_GETFD), FD_CLOEXEC);
	CHECK_SYS(mkdir("folder", 0700));
	int watch = CHECK_SYS(inotify_add_watch(in, "folder", IN_ALL_EVENTS & ~(IN_ACCESS | IN_ATTRIB)));
	CHECK_EQ(watch, 1);
	CHECK_ERRNO(read(in, buffer, sizeof buffer), EAGAIN);

	int fd = CHECK_SYS(open("folder/file", O_CREAT | O_WRONLY, 0600));
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(write(fd, "y", 1), 1);
	CHECK_SYS(close(fd));
	CHECK_SYS(rename("folder/file", "folder/name of more than sixteen bytes"));
	CHECK_SYS(mkdir("folder/sub", 0700));
	CHECK_SYS(rmdir("folder/sub"));
	CHECK_SYS(rename("folder/name of more than sixteen bytes", "outside"));
	CHECK_EQ(expect(watch, IN_CREATE, "file"), 0);
	expect(watch, IN_OPEN, "file");
	/* The second write is joined to the first. */
	expect(watch, IN_MODIFY, "file");
	expect(watch, IN_CLOSE_WRITE, "file");
	uint32_t cookie = expect(watch, IN_MOVED_FROM, "file");
	CHECK(cookie != 0);
	CHECK_EQ(expect(watch, IN_MOVED_TO, "name of more than sixteen bytes"), cookie);
	expect(watch, IN_CREATE | IN_ISDIR, "sub");
	expect(watch, IN_DELETE | IN_ISDIR, "sub");
	CHECK(expect(watch, IN_MOVED_FROM, "name of more than sixteen bytes") != cookie);
	CHECK_ERRNO(read(in, buffer, sizeof buffer), EAGAIN);

	/* The same file again is the same watch; a file's events have no name. */
	CHECK_EQ(inotify_add_watch(in, "folder", IN_CREATE), watch);
	int second = CHECK_SYS(inotify_add_watch(in, "outside", IN_MODIFY | IN_DELETE_SELF | IN_ONESHOT));
	CHECK(second != watch);
	fd = CHECK_SYS(open("outside", O_WRONLY));
	CHECK_EQ(write(fd, "z", 1), 1);
	expect(second, IN_MODIFY, NULL);
	expect(second, IN_IGNORED, NULL);
	CHECK_ERRNO(inotify_rm_watch(in, second), EINVAL);
	second = CHECK_SYS(inotify_add_watch(in, "outside", IN_ATTRIB | IN_DELETE_SELF));
	CHECK_SYS(unlink("outside"));
	expect(second, IN_ATTRIB, NULL);
	CHECK_SYS(close(fd));
	expect(second, IN_DELETE_SELF, NULL);
	expect(second, IN_IGNORED, NULL);

	/* Less room than the next event needs. */
	CHECK_SYS(close(CHECK_SYS(open("folder/file", O_CREAT | O_WRONLY, 0600))));
	CHECK_ERRNO(read(in, buffer, sizeof(struct inotify_event)), EINVAL);
	expect(watch, IN_CREATE, "file");
	CHECK_SYS(inotify_rm_watch(in, watch));
	expect(watch, IN_IGNORED, NULL);
	CHECK_ERRNO(inotify_add_watch(in, "missing", IN_CREATE), ENOENT);
	CHECK_ERRNO(inotify_add_watch(in, "folder", 0), EINVAL);
	CHECK_ERRNO(inotify_add_watch(in, "folder/file", IN_CREATE | IN_ONLYDIR), ENOTDIR);
	CHECK_ERRNO(inotify_rm_watch(in, 99), EINVAL);
	CHECK_ERRNO(inotify_init1(1), EINVAL);
	return check_done();
}
