/* A signal for the process goes to a thread that does not block it; blocked by all it waits for the first that
 * unblocks it. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

static sem_t handled, ready, go;
static volatile pid_t handled_by;

static void handler(int signo)
{
	(void)signo;
	handled_by = gettid();
	sem_post(&handled);
}

static void mask(int how, int signo)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, signo);
	CHECK_EQ(pthread_sigmask(how, &set, NULL), 0);
}

static void *unblocked(void *argument)
{
	pid_t *tid = argument;
	mask(SIG_UNBLOCK, SIGUSR1);
	*tid = gettid();
	sem_post(&ready);
	while (sem_wait(&go) != 0)
		;
	mask(SIG_BLOCK, SIGUSR1);
	sem_post(&ready);
	while (sem_wait(&go) != 0)
		;
	mask(SIG_UNBLOCK, SIGUSR1);
	return NULL;
}

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) != 0)
		CHECK_EQ(errno, EINTR);
}

int main(void)
{
	pthread_t thread;
	pid_t tid = 0;
	sigset_t pending;
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	sem_init(&handled, 0, 0);
	sem_init(&ready, 0, 0);
	sem_init(&go, 0, 0);
	mask(SIG_BLOCK, SIGUSR1);
	CHECK_EQ(pthread_create(&thread, NULL, unblocked, &tid), 0);
	wait_for(&ready);
	for (int i = 0; i < 5; i++) {
		handled_by = 0;
		CHECK_EQ(kill(getpid(), SIGUSR1), 0);
		wait_for(&handled);
		CHECK_EQ(handled_by, tid);
	}
	sem_post(&go);
	wait_for(&ready);
	handled_by = 0;
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(sigpending(&pending), 0);
	CHECK_EQ(sigismember(&pending, SIGUSR1), 1);
	CHECK_EQ(handled_by, 0);
	sem_post(&go);
	wait_for(&handled);
	CHECK_EQ(handled_by, tid);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(sigpending(&pending), 0);
	CHECK_EQ(sigismember(&pending, SIGUSR1), 0);
	/* The only thread that is left gets it before kill returns. */
	mask(SIG_UNBLOCK, SIGUSR1);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(handled_by, getpid());
	return check_done();
}
