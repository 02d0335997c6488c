/* /proc/self/limits, mounts, mountinfo, cgroup, cwd, root, task, and the same process by its number. */
#define _GNU_SOURCE
#include "files.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void same(const char *one, const char *other)
{
	struct stat first, second;
	CHECK_EQ(stat(one, &first), 0);
	CHECK_EQ(stat(other, &second), 0);
	CHECK_EQ(first.st_ino, second.st_ino);
}

int main(void)
{
	struct rlimit limit;
	char path[64], link[4096], here[4096], want[64];
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 123;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	char *text = file_text("/proc/self/limits", NULL);
	CHECK_EQ(strncmp(text, "Limit                     Soft Limit           Hard Limit           Units     \n", 79), 0);
	char *line = strstr(text, "\nMax open files            ");
	CHECK(line != NULL);
	CHECK_EQ(atoi(line + 27), 123);
	CHECK(strstr(text, "\nMax stack size ") != NULL);

	CHECK(strstr(file_text("/proc/self/mounts", NULL), " /proc proc ") != NULL);
	CHECK(strstr(file_text("/proc/mounts", NULL), " / ") != NULL);
	CHECK(strstr(file_text("/proc/self/mountinfo", NULL), " - ") != NULL);
	CHECK(strchr(file_text("/proc/self/cgroup", NULL), ':') != NULL);
	ssize_t n = CHECK_SYS(readlink("/proc/self/cwd", link, sizeof link - 1));
	link[n] = 0;
	CHECK(getcwd(here, sizeof here) != NULL);
	CHECK_STR(link, here);
	n = CHECK_SYS(readlink("/proc/self/root", link, sizeof link - 1));
	link[n] = 0;
	CHECK_STR(link, "/");
	n = CHECK_SYS(readlink("/proc/self", link, sizeof link - 1));
	link[n] = 0;
	snprintf(want, sizeof want, "%d", getpid());
	CHECK_STR(link, want);
	n = CHECK_SYS(readlink("/proc/thread-self", link, sizeof link - 1));
	link[n] = 0;
	snprintf(want, sizeof want, "%d/task/%d", getpid(), gettid());
	CHECK_STR(link, want);
	snprintf(path, sizeof path, "/proc/%d/status", getpid());
	same(path, "/proc/self/status");
	CHECK_EQ(atoi(file_field(file_text(path, NULL), "Pid")), getpid());
	snprintf(path, sizeof path, "/proc/self/task/%d/status", gettid());
	CHECK_EQ(atoi(file_field(file_text(path, NULL), "Pid")), gettid());
	CHECK_ERRNO(open("/proc/1073741823/status", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("/proc/self/nothing", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("/proc/self/status", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERRNO(mkdir("/proc/self/x", 0700), ENOENT);
	/* A child is there until it is reaped. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		_exit((int)sleep(10));
	snprintf(path, sizeof path, "/proc/%d/stat", child);
	CHECK_EQ(atoi(file_text(path, NULL)), child);
	CHECK_EQ(kill(child, SIGKILL), 0);
	siginfo_t info;
	CHECK_EQ(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	CHECK(strstr(file_text(path, NULL), ") Z ") != NULL);
	check_reap(child);
	CHECK_ERRNO(open(path, O_RDONLY), ENOENT);
	return check_done();
}
