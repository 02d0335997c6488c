// qemu: no, exec without binfmt
/* What a process keeps across exec: number, parent, group, session, folder, umask, limits, locks, nice value,
 * children. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

extern char **environ;

static void describe(char *text, size_t length)
{
	struct rlimit files;
	char folder[4096] = "";
	mode_t mask = umask(0);
	umask(mask);
	CHECK_SYS(getrlimit(RLIMIT_NOFILE, &files));
	CHECK(getcwd(folder, sizeof folder) != NULL);
	snprintf(text, length, "%d %d %d %d %o %llu %d %u %s", getpid(), getppid(), getpgrp(), getsid(0), mask,
		 (unsigned long long)files.rlim_cur, getpriority(PRIO_PROCESS, 0), getuid(), folder);
}

static int in_second(char **argv)
{
	char now[5000];
	describe(now, sizeof now);
	CHECK_STR(now, argv[1]);
	/* The lock is ours still: another process meets it, and it bears our number. */
	pid_t self = getpid(), other = CHECK_SYS(fork());
	if (other == 0) {
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		CHECK_SYS(fcntl(70, F_GETLK, &lock));
		CHECK_EQ(lock.l_type, F_WRLCK);
		CHECK_EQ(lock.l_pid, self);
		_exit(0);
	}
	CHECK_CHILD(other);
	/* The child of the first program is the child of the second. */
	CHECK_EQ(check_reap(atoi(argv[2])), 17 << 8);
	CHECK_ERRNO(wait(NULL), ECHILD);
	int signal = -1;
	CHECK_SYS(prctl(PR_GET_PDEATHSIG, &signal));
	CHECK_EQ(signal, SIGUSR1);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	/* Mappings are gone, what they wrote to a file is there. */
	char text[8] = "";
	CHECK_EQ(pread(70, text, 6, 0), 6);
	CHECK_STR(text, "mapped");
	return 47;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return in_second(argv);
	pid_t outer = CHECK_SYS(fork());
	if (outer > 0) {
		CHECK_EQ(check_reap(outer), 47 << 8);
		return check_done();
	}
	static char before[5000], number[16];
	struct rlimit files = {100, 100};
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	CHECK_SYS(mkdir("sub", 0700));
	CHECK_SYS(chdir("sub"));
	CHECK_EQ(setsid(), getpid());
	umask(0137);
	CHECK_SYS(setpriority(PRIO_PROCESS, 0, 3));
	CHECK_SYS(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	CHECK_SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(dup2(CHECK_SYS(open("file", O_RDWR | O_CREAT, 0600)), 70), 70);
	CHECK_SYS(fcntl(70, F_SETLK, &lock));
	CHECK_SYS(ftruncate(70, 4096));
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 70, 0);
	CHECK(map != MAP_FAILED);
	strcpy(map, "mapped");
	CHECK_SYS(setrlimit(RLIMIT_NOFILE, &files));
	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		_exit(17);
	snprintf(number, sizeof number, "%d", child);
	describe(before, sizeof before);
	execve("/proc/self/exe", (char *[]){argv[0], before, number, NULL}, environ);
	CHECK(!"execve returned");
}
