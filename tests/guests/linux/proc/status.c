// qemu: no, user mode shows its own process
/* /proc/self/status: name, ids, threads and signal sets follow what the process does. */
#define _GNU_SOURCE
#include "files.h"
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static long field(const char *name, int base)
{
	const char *at = file_field(file_text("/proc/self/status", NULL), name);
	if (at == NULL)
		check_fail(__FILE__, __LINE__, "expected a line %s", name);
	return (long)strtoull(at, NULL, base);
}

static void *sleeps(void *argument)
{
	pthread_barrier_wait(argument);
	pthread_barrier_wait(argument);
	return NULL;
}

static void handler(int signo)
{
	(void)signo;
}

int main(void)
{
	sigset_t set;
	pthread_barrier_t barrier;
	pthread_t threads[3];
	CHECK_EQ(field("Pid", 10), getpid());
	CHECK_EQ(field("Tgid", 10), getpid());
	CHECK_EQ(field("PPid", 10), getppid());
	CHECK_EQ(field("Uid", 10), getuid());
	CHECK_EQ(field("Gid", 10), getgid());
	CHECK_EQ(field("TracerPid", 10), 0);
	CHECK_EQ(field("Threads", 10), 1);
	CHECK(field("VmSize", 10) > 0);
	CHECK(field("VmRSS", 10) > 0);
	CHECK_EQ(prctl(PR_SET_NAME, "renamed"), 0);
	CHECK_EQ(strncmp(file_field(file_text("/proc/self/status", NULL), "Name"), "renamed\n", 8), 0);
	umask(027);
	CHECK_EQ(field("Umask", 8), 027);

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGHUP);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(kill(getpid(), SIGHUP), 0);
	CHECK(signal(SIGUSR2, handler) != SIG_ERR);
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	CHECK_EQ(field("SigBlk", 16), 1l << (SIGUSR1 - 1) | 1l << (SIGHUP - 1));
	CHECK_EQ(field("SigPnd", 16), 1l << (SIGUSR1 - 1));
	CHECK_EQ(field("ShdPnd", 16), 1l << (SIGHUP - 1));
	CHECK_EQ(field("SigIgn", 16), 1l << (SIGPIPE - 1));
	CHECK_EQ(field("SigCgt", 16) & 0x7fffffff, 1l << (SIGUSR2 - 1));

	CHECK_EQ(pthread_barrier_init(&barrier, NULL, 4), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, sleeps, &barrier), 0);
	pthread_barrier_wait(&barrier);
	CHECK_EQ(field("Threads", 10), 4);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	return check_done();
}
