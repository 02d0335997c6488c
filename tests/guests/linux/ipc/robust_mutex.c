// qemu: no, it does not release the robust mutexes of a process that ends
/* A robust mutex whose holder dies, by exit or by a signal: EOWNERDEAD, made consistent or never usable again. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

static struct shared {
	pthread_mutex_t mutex;
	int held;
} *shared;

static pid_t dies_holding(int signal)
{
	int ends[2];
	char byte;
	CHECK_SYS(pipe(ends));
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(pthread_mutex_lock(&shared->mutex), 0);
		shared->held++;
		CHECK_EQ(write(ends[1], "h", 1), 1);
		if (signal == 0)
			_exit(0);
		for (;;)
			pause();
	}
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	if (signal != 0)
		CHECK_SYS(kill(child, signal));
	close(ends[0]);
	close(ends[1]);
	return child;
}

int main(void)
{
	pthread_mutexattr_t kind;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	CHECK_EQ(pthread_mutexattr_init(&kind), 0);
	CHECK_EQ(pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST), 0);
	CHECK_EQ(pthread_mutex_init(&shared->mutex, &kind), 0);

	/* We wait for the lock while its holder dies, or come when it is dead: the answer is the same. */
	static const int signals[] = {0, SIGKILL, SIGTERM};
	for (int i = 0; i < 3; i++) {
		pid_t child = dies_holding(signals[i]);
		CHECK_EQ(pthread_mutex_lock(&shared->mutex), EOWNERDEAD);
		CHECK_EQ(check_reap(child), signals[i]);
		CHECK_EQ(shared->held, i + 1);
		CHECK_EQ(pthread_mutex_consistent(&shared->mutex), 0);
		CHECK_EQ(pthread_mutex_unlock(&shared->mutex), 0);
		CHECK_EQ(pthread_mutex_lock(&shared->mutex), 0);
		CHECK_EQ(pthread_mutex_unlock(&shared->mutex), 0);
	}
	pid_t child = dies_holding(SIGKILL);
	CHECK_EQ(check_reap(child), SIGKILL);
	CHECK_EQ(pthread_mutex_trylock(&shared->mutex), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_unlock(&shared->mutex), 0);
	CHECK_EQ(pthread_mutex_lock(&shared->mutex), ENOTRECOVERABLE);
	CHECK_EQ(pthread_mutex_trylock(&shared->mutex), ENOTRECOVERABLE);
	return check_done();
}
