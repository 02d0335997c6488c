// qemu: no, user mode lacks set_robust_list
/* Robust mutexes: the next owner learns of the death of the last one, in a thread and across processes. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <sys/mman.h>

static pthread_mutex_t *mutex;

static void *die_with_it(void *argument)
{
	CHECK_EQ(pthread_mutex_lock(mutex), 0);
	return argument;
}

static void *wait_for_it(void *argument)
{
	CHECK_EQ(pthread_mutex_lock(mutex), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(mutex), 0);
	CHECK_EQ(pthread_mutex_unlock(mutex), 0);
	return argument;
}

static void in_thread(void *(*function)(void *))
{
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, function, NULL), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

int main(void)
{
	pthread_mutexattr_t attr;
	mutex = CHECK_SYS(mmap(NULL, sizeof *mutex, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	CHECK_EQ(pthread_mutexattr_init(&attr), 0);
	CHECK_EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
	CHECK_EQ(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_mutex_init(mutex, &attr), 0);

	in_thread(die_with_it);
	CHECK_EQ(pthread_mutex_trylock(mutex), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(mutex), 0);
	CHECK_EQ(pthread_mutex_consistent(mutex), EINVAL);
	CHECK_EQ(pthread_mutex_unlock(mutex), 0);

	/* A process that is killed while others wait. */
	int ready[2];
	CHECK_EQ(pipe(ready), 0);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(pthread_mutex_lock(mutex), 0);
		CHECK_EQ(write(ready[1], "x", 1), 1);
		usleep(30000);
		_exit(0);
	}
	char byte;
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	in_thread(wait_for_it);
	CHECK_CHILD(child);

	/* Not made consistent: lost for good. */
	in_thread(die_with_it);
	CHECK_EQ(pthread_mutex_lock(mutex), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_unlock(mutex), 0);
	CHECK_EQ(pthread_mutex_lock(mutex), ENOTRECOVERABLE);
	CHECK_EQ(pthread_mutex_trylock(mutex), ENOTRECOVERABLE);
	return check_done();
}
