/* pthread_exit of main: the process lives on until its last thread returns, and then ends with status 0. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <signal.h>

static pthread_t main_thread;
static int flushed_by_exit;

static void at_exit(void)
{
	CHECK_EQ(flushed_by_exit, 1);
	check_done();
}

static void *work(void *argument)
{
	void *result = NULL;
	CHECK_EQ((long)argument, 3);
	CHECK_EQ(pthread_join(main_thread, &result), 0);
	CHECK_EQ((long)result, 42);
	/* The process keeps its number although the thread that had it is gone. */
	CHECK(gettid() != getpid());
	CHECK_EQ(kill(getpid(), 0), 0);
	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		_exit(getppid() > 0 ? 0 : 1);
	CHECK_CHILD(child);
	flushed_by_exit = 1;
	return NULL;
}

int main(void)
{
	pthread_t thread;
	main_thread = pthread_self();
	CHECK_EQ(atexit(at_exit), 0);
	CHECK_EQ(pthread_create(&thread, NULL, work, (void *)3), 0);
	CHECK_EQ(pthread_detach(thread), 0);
	pthread_exit((void *)42);
}
