/* 200 threads that live at the same time: distinct ids, distinct thread-local memory, and none is left at the end. */
#define _GNU_SOURCE
#include "../check.h"
#include <dirent.h>
#include <pthread.h>
#include <sched.h>

enum { THREADS = 200 };

static pthread_barrier_t barrier;
static pid_t tids[THREADS];
static int *places[THREADS];
static __thread int local = 41;

static void *work(void *argument)
{
	long id = (long)argument;
	CHECK_EQ(local, 41);
	local += (int)id;
	tids[id] = gettid();
	places[id] = &local;
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	CHECK_EQ(local, 41 + id);
	return NULL;
}

static int tasks(void)
{
	int n = 0;
	DIR *folder = opendir("/proc/self/task");
	CHECK(folder != NULL);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		n += entry->d_name[0] != '.';
	closedir(folder);
	return n;
}

int main(void)
{
	pthread_t threads[THREADS];
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	CHECK_EQ(pthread_attr_setstacksize(&attr, 262144), 0);
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, THREADS + 1), 0);
	for (long i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], &attr, work, (void *)i), 0);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++) {
		CHECK(tids[i] != getpid());
		CHECK_EQ(*places[i], 41 + i);
		for (int k = 0; k < i; k++)
			if (tids[i] == tids[k] || places[i] == places[k])
				check_fail(__FILE__, __LINE__, "expected threads %d and %d to differ", k, i);
	}
	CHECK(tasks() >= THREADS + 1);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(local, 41);
	return check_done();
}
