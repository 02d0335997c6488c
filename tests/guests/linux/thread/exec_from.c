// qemu: no, user mode cannot execute an arm64 program without binfmt_misc
/* execve from a thread: all other threads are gone, the process number stays and is the thread's now. */
#define _GNU_SOURCE
#include "../check.h"
#include <dirent.h>
#include <pthread.h>
#include <signal.h>

static void *block(void *argument)
{
	for (;;)
		pause();
	return argument;
}

static void *spin(void *argument)
{
	for (volatile int forever = 1; forever;)
		;
	return argument;
}

static void *executes(void *argument)
{
	char pid[16];
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
	snprintf(pid, sizeof pid, "%d", getpid());
	char *argv[] = {"exec_from", pid, NULL}, *envp[] = {"ONLY=this", NULL};
	CHECK(gettid() != getpid());
	execve("/proc/self/exe", argv, envp);
	check_fail(__FILE__, __LINE__, "expected execve not to return, errno %d", errno);
	return argument;
}

static int after(const char *pid)
{
	extern char **environ;
	int tasks = 0;
	sigset_t mask;
	CHECK_EQ(getpid(), atoi(pid));
	CHECK_EQ(gettid(), getpid());
	CHECK_STR(environ[0], "ONLY=this");
	CHECK_EQ(environ[1], 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
	CHECK_EQ(sigismember(&mask, SIGUSR1), 1);
	DIR *folder = opendir("/proc/self/task");
	CHECK(folder != NULL);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		tasks += entry->d_name[0] != '.';
	CHECK_EQ(tasks, 1);
	return check_done();
}

int main(int argc, char **argv)
{
	pthread_t thread;
	if (argc > 1)
		return after(argv[1]);
	CHECK_EQ(pthread_create(&thread, NULL, block, NULL), 0);
	CHECK_EQ(pthread_create(&thread, NULL, spin, NULL), 0);
	CHECK_EQ(pthread_create(&thread, NULL, executes, NULL), 0);
	block(NULL);
	return 1;
}
