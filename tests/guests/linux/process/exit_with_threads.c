/* exit_group, a deadly signal and the end of main take all threads along; pthread_exit of main does not. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>

static pthread_barrier_t barrier;
static int held[2];

static void *sleeps(void *unused)
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

static void *reads(void *unused)
{
	char byte;
	pthread_barrier_wait(&barrier);
	if (read(held[0], &byte, 1) >= 0)
		_exit(90);
	return unused;
}

static void *exits_group(void *unused)
{
	pthread_barrier_wait(&barrier);
	syscall(SYS_exit_group, 41);
	return unused;
}

static void *kills(void *unused)
{
	pthread_barrier_wait(&barrier);
	raise(SIGTERM);
	return unused;
}

static void *outlives_main(void *main_thread)
{
	pthread_barrier_wait(&barrier);
	CHECK_EQ(pthread_join(*(pthread_t *)main_thread, NULL), 0);
	exit(43);
}

static int status_with(void *(*last)(void *), int main_leaves)
{
	pid_t child = CHECK_SYS(fork());
	if (child > 0)
		return check_reap(child);
	void *(*const bodies[])(void *) = {sleeps, spins, reads, last};
	static pthread_t self, threads[4];
	self = pthread_self();
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, last ? 5 : 4), 0);
	for (int i = 0; i < (last ? 4 : 3); i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, bodies[i], &self), 0);
	pthread_barrier_wait(&barrier);
	if (last == NULL)
		exit(40);
	if (main_leaves)
		pthread_exit(NULL);
	for (;;)
		pause();
}

int main(void)
{
	CHECK_SYS(pipe(held));
	CHECK_EQ(status_with(NULL, 0), 40 << 8);
	CHECK_EQ(status_with(exits_group, 0), 41 << 8);
	CHECK_EQ(status_with(kills, 0), SIGTERM);
	CHECK_EQ(status_with(outlives_main, 1), 43 << 8);
	/* Nobody of them holds the pipe any longer. */
	char byte;
	close(held[1]);
	CHECK_EQ(read(held[0], &byte, 1), 0);
	return check_done();
}
