// qemu: no, exec without binfmt
/* exec by a thread that is not the first: the others vanish, the caller takes over the number of the process. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <sys/syscall.h>

extern char **environ;
static pthread_barrier_t barrier;

static void *waits(void *unused)
{
	pthread_barrier_wait(&barrier);
	for (;;)
		pause();
	return unused;
}

static void *spins(void *unused)
{
	pthread_barrier_wait(&barrier);
	for (volatile int i = 0;; i = i + 1)
		;
	return unused;
}

static void *execs(void *unused)
{
	char number[16];
	pthread_barrier_wait(&barrier);
	snprintf(number, sizeof number, "%d", getpid());
	CHECK(syscall(SYS_gettid) != getpid());
	/* A failure leaves all threads alive. */
	CHECK_ERRNO(execve("./missing", (char *[]){"x", NULL}, environ), ENOENT);
	execve("/proc/self/exe", (char *[]){"exe", number, NULL}, environ);
	CHECK(!"execve returned");
	return unused;
}

static void *adds(void *number)
{
	++*(int *)number;
	return number;
}

int main(int argc, char **argv)
{
	pthread_t threads[3];
	if (argc > 1) {
		char number[16];
		int value = 0;
		snprintf(number, sizeof number, "%d", getpid());
		CHECK_STR(argv[1], number);
		CHECK_EQ(syscall(SYS_gettid), getpid());
		CHECK_ERRNO(syscall(SYS_tgkill, getpid(), getpid() + 1, 0), ESRCH);
		CHECK_EQ(pthread_create(&threads[0], NULL, adds, &value), 0);
		CHECK_EQ(pthread_join(threads[0], NULL), 0);
		CHECK_EQ(value, 1);
		return 45;
	}
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		void *(*const bodies[])(void *) = {waits, spins, execs};
		CHECK_EQ(pthread_barrier_init(&barrier, NULL, 4), 0);
		for (int i = 0; i < 3; i++)
			CHECK_EQ(pthread_create(&threads[i], NULL, bodies[i], NULL), 0);
		pthread_barrier_wait(&barrier);
		for (;;)
			pause();
	}
	CHECK_EQ(check_reap(child), 45 << 8);
	return check_done();
}
