/* abort ends by SIGABRT whatever was done about it: handled, ignored or blocked. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <signal.h>

static int ends[2];

static void handler(int signo)
{
	(void)signo;
	if (write(ends[1], "h", 1) != 1)
		_exit(1);
}

static void *aborts(void *argument)
{
	(void)argument;
	abort();
}

static void dies(int how)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		sigset_t set;
		pthread_t thread;
		sigemptyset(&set);
		sigaddset(&set, SIGABRT);
		if (how == 1)
			signal(SIGABRT, handler);
		if (how == 2)
			signal(SIGABRT, SIG_IGN);
		if (how == 3)
			sigprocmask(SIG_BLOCK, &set, NULL);
		if (how == 4 && pthread_create(&thread, NULL, aborts, NULL) == 0)
			sleep(10);
		abort();
	}
	int status = check_reap(child);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGABRT);
}

int main(void)
{
	char bytes[4];
	CHECK_EQ(pipe(ends), 0);
	for (int how = 0; how < 5; how++)
		dies(how);
	/* The handler ran once. */
	close(ends[1]);
	CHECK_EQ(read(ends[0], bytes, sizeof bytes), 1);
	return check_done();
}
