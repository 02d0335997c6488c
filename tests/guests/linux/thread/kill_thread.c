/* pthread_kill: the handler runs on the thread that is named, once per signal, and interrupts its blocking call. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

enum { THREADS = 4 };

static sem_t handled, stop[THREADS];
static __thread volatile int mine;
static __thread long number;
static volatile int wrong;
static pid_t tids[THREADS];

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)context;
	mine++;
	if (signo != SIGUSR1 || info->si_code != SI_TKILL || info->si_pid != getpid() || gettid() != tids[number])
		wrong = 1;
	sem_post(&handled);
}

static void *work(void *argument)
{
	number = (long)argument;
	tids[number] = gettid();
	sem_post(&handled);
	while (sem_wait(&stop[number]) != 0)
		CHECK_EQ(errno, EINTR);
	return (void *)(long)mine;
}

int main(void)
{
	pthread_t threads[THREADS];
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	sem_init(&handled, 0, 0);
	for (long i = 0; i < THREADS; i++) {
		sem_init(&stop[i], 0, 0);
		CHECK_EQ(pthread_create(&threads[i], NULL, work, (void *)i), 0);
		CHECK_EQ(sem_wait(&handled), 0);
	}
	for (int i = 0; i < THREADS; i++)
		for (int k = 0; k <= i; k++) {
			CHECK_EQ(pthread_kill(threads[i], SIGUSR1), 0);
			CHECK_EQ(sem_wait(&handled), 0);
		}
	CHECK_EQ(pthread_kill(threads[0], 0), 0);
	CHECK_EQ(pthread_kill(threads[0], 65), EINVAL);
	for (int i = 0; i < THREADS; i++) {
		void *count;
		sem_post(&stop[i]);
		CHECK_EQ(pthread_join(threads[i], &count), 0);
		CHECK_EQ((long)count, i + 1);
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(mine, 0);
	return check_done();
}
