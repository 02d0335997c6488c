// qemu: no, another process is user mode itself
/* What /proc tells of another process while it waits, runs and is stopped: its files, links and descriptors. */
#define _GNU_SOURCE
#include "files.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static pid_t child;

static const char *at(const char *name)
{
	static char path[128];
	snprintf(path, sizeof path, "/proc/%d/%s", child, name);
	return path;
}

static void leads(const char *name, const char *want)
{
	char target[4096];
	ssize_t n = CHECK_SYS(readlink(at(name), target, sizeof target - 1));
	target[n] = 0;
	CHECK_STR(target, want);
}

static int has(const char *path, const char *entry)
{
	int found = 0;
	DIR *dir = opendir(path);
	CHECK(dir != NULL);
	for (struct dirent *d; (d = readdir(dir)) != NULL;)
		found += strcmp(d->d_name, entry) == 0;
	closedir(dir);
	return found;
}

static void becomes(char state)
{
	for (int n = 0;; n++) {
		const char *text = file_field(file_text(at("status"), NULL), "State");
		if (text[0] == state)
			return;
		CHECK(n < 5000);
		usleep(1000);
	}
}

int main(int argc, char **argv)
{
	char here[4096], exe[4096], text[64];
	int ready[2], go[2];
	CHECK_EQ(argc, 1);
	CHECK_SYS(mkdir("folder", 0700));
	CHECK(getcwd(here, sizeof here) != NULL);
	exe[CHECK_SYS(readlink("/proc/self/exe", exe, sizeof exe - 1))] = 0;
	CHECK_SYS(pipe(ready));
	CHECK_SYS(pipe(go));
	child = CHECK_SYS(fork());
	if (child == 0) {
		char *map = CHECK_SYS(mmap((void *)0x12340000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		CHECK_SYS(prctl(PR_SET_NAME, "a (b) c"));
		CHECK_SYS(chdir("folder"));
		CHECK_EQ(dup2(CHECK_SYS(open("file", O_RDWR | O_CREAT, 0600)), 77), 77);
		CHECK_EQ(write(77, "words", 5), 5);
		CHECK_EQ(write(ready[1], map, 1), 1);
		CHECK_EQ(read(go[0], text, 1), 1);
		for (;;)
			;
	}
	CHECK_EQ(read(ready[0], text, 1), 1);
	/* While it waits. */
	becomes('S');
	CHECK_STR(file_text(at("comm"), NULL), "a (b) c\n");
	CHECK_EQ(atoi(file_text(at("stat"), NULL)), child);
	CHECK(strstr(file_text(at("stat"), NULL), " (a (b) c) S ") != NULL);
	CHECK_EQ(atoi(file_field(file_text(at("status"), NULL), "PPid")), getpid());
	CHECK_STR(file_text(at("cmdline"), NULL), argv[0]);
	CHECK(strstr(file_text(at("maps"), NULL), "12340000-12341000 r--p ") != NULL);
	CHECK(strstr(file_text("/proc/self/maps", NULL), "12340000-12341000 r--p ") == NULL);
	leads("exe", exe);
	leads("root", "/");
	strcat(here, "/folder");
	leads("cwd", here);
	strcat(here, "/file");
	leads("fd/77", here);
	CHECK_ERRNO(readlink(at("fd/78"), text, sizeof text), ENOENT);
	CHECK(has(at("fd"), "77") && !has(at("fd"), "78") && has(at(""), "status"));
	snprintf(text, sizeof text, "%d", child);
	CHECK(has(at("task"), text) && has("/proc", text));
	/* Through its links. */
	CHECK_STR(file_text(at("cwd/file"), NULL), "words");
	CHECK_STR(file_text(at("fd/77"), NULL), "words");
	struct stat one, other;
	CHECK_SYS(stat(at("exe"), &one));
	CHECK_SYS(stat("/proc/self/exe", &other));
	CHECK_EQ(one.st_ino, other.st_ino);
	CHECK_SYS(stat(at("fd"), &one));
	CHECK(S_ISDIR(one.st_mode));
	CHECK_SYS(lstat(at("cwd"), &one));
	CHECK(S_ISLNK(one.st_mode));
	CHECK_ERRNO(open(at("nothing"), O_RDONLY), ENOENT);
	CHECK_EQ(access(at("stat"), R_OK), 0);
	/* While it runs, is stopped, and is no more. */
	CHECK_EQ(write(go[1], "x", 1), 1);
	becomes('R');
	CHECK_SYS(kill(child, SIGSTOP));
	becomes('T');
	CHECK_STR(file_text(at("comm"), NULL), "a (b) c\n");
	CHECK_SYS(kill(child, SIGCONT));
	becomes('R');
	CHECK_SYS(kill(child, SIGKILL));
	becomes('Z');
	CHECK_STR(file_text(at("comm"), NULL), "a (b) c\n");
	CHECK_STR(file_text(at("cmdline"), NULL), "");
	CHECK_ERRNO(readlink(at("exe"), text, sizeof text), ENOENT);
	check_reap(child);
	CHECK_ERRNO(open(at("stat"), O_RDONLY), ENOENT);
	return check_done();
}
