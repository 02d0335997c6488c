/* The signal mask is a thread's: a new thread inherits it, changes stay its own, and what is sent to the thread is
 * pending there only. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <signal.h>

static pthread_barrier_t barrier;
static volatile int handled_on;

static void handler(int signo)
{
	(void)signo;
	handled_on = gettid();
}

static void *work(void *argument)
{
	(void)argument;
	sigset_t mask, pending;
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
	CHECK_EQ(sigismember(&mask, SIGUSR1), 1);
	CHECK_EQ(sigismember(&mask, SIGUSR2), 0);
	sigaddset(&mask, SIGUSR2);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
	/* Pending signals are not inherited. */
	CHECK_EQ(sigpending(&pending), 0);
	CHECK_EQ(sigismember(&pending, SIGUSR1), 0);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	CHECK_EQ(sigpending(&pending), 0);
	CHECK_EQ(sigismember(&pending, SIGUSR2), 1);
	CHECK_EQ(handled_on, 0);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &mask, NULL), 0);
	CHECK_EQ(handled_on, gettid());
	return NULL;
}

int main(void)
{
	pthread_t thread;
	sigset_t mask, pending;
	struct sigaction action = {.sa_handler = handler};
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR2, &action, NULL), 0);
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, 2), 0);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &mask, NULL), 0);
	CHECK_EQ(pthread_kill(pthread_self(), SIGUSR1), 0);
	CHECK_EQ(pthread_create(&thread, NULL, work, NULL), 0);
	pthread_barrier_wait(&barrier);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
	CHECK_EQ(sigismember(&mask, SIGUSR2), 0);
	CHECK_EQ(pthread_kill(thread, SIGUSR2), 0);
	CHECK_EQ(sigpending(&pending), 0);
	CHECK_EQ(sigismember(&pending, SIGUSR1), 1);
	CHECK_EQ(sigismember(&pending, SIGUSR2), 0);
	pthread_barrier_wait(&barrier);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(pthread_sigmask(77, &mask, NULL), EINVAL);
	sigdelset(&mask, SIGUSR1);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
	CHECK_EQ(handled_on, getpid());
	return check_done();
}
