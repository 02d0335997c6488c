/* exit of a thread ends the thread, exit_group of any thread the process, whatever the others are doing. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <sys/syscall.h>

static volatile int spinning;

static void *spin(void *argument)
{
	for (;;)
		spinning = 1;
	return argument;
}

static void *block(void *argument)
{
	sleep(10);
	return argument;
}

static void *leave_process(void *argument)
{
	exit((int)(long)argument);
}

static void *leave_thread(void *argument)
{
	syscall(SYS_exit, (int)(long)argument);
	check_fail(__FILE__, __LINE__, "expected exit not to return");
}

static void *leave_group(void *argument)
{
	while (!spinning)
		;
	syscall(SYS_exit_group, (int)(long)argument);
	check_fail(__FILE__, __LINE__, "expected exit_group not to return");
}

static void start(void *(*function)(void *), long argument)
{
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, function, (void *)argument), 0);
}

static int status_of(void (*run)(void))
{
	pid_t pid = CHECK_SYS(fork());
	if (pid == 0) {
		run();
		sleep(10);
		_exit(99);
	}
	int status = check_reap(pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void thread_exits_process(void)
{
	start(spin, 0);
	start(block, 0);
	start(leave_process, 7);
}

static void thread_exits_alone(void)
{
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, leave_thread, (void *)3), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	_exit(5);
}

static void main_exits_alone(void)
{
	start(spin, 0);
	start(leave_group, 9);
	syscall(SYS_exit, 1);
}

static void main_returns_while_others_run(void)
{
	start(spin, 0);
	start(block, 0);
	exit(11);
}

int main(void)
{
	CHECK_EQ(status_of(thread_exits_process), 7);
	CHECK_EQ(status_of(thread_exits_alone), 5);
	CHECK_EQ(status_of(main_exits_alone), 9);
	CHECK_EQ(status_of(main_returns_while_others_run), 11);
	return check_done();
}
