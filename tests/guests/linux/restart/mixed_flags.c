/* Signals with SA_RESTART and without on one call: it goes on through the former and ends with EINTR by the latter. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <signal.h>

static int ends[2];
static volatile int restarts, others;
static pthread_t main_thread;
static volatile int stop;

static void with(int signo)
{
	(void)signo;
	restarts++;
}

static void without(int signo)
{
	(void)signo;
	others++;
}

static void *sender(void *argument)
{
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	while (!stop) {
		usleep(2000);
		/* The other kind only after many of the first, and alone: the first of two that come together decides. */
		pthread_kill(main_thread, restarts >= 5 ? SIGUSR2 : SIGUSR1);
	}
	return argument;
}

int main(void)
{
	char byte;
	pthread_t thread;
	main_thread = pthread_self();
	CHECK_EQ(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = with, .sa_flags = SA_RESTART}, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR2, &(struct sigaction){.sa_handler = without}, NULL), 0);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(pthread_create(&thread, NULL, sender, NULL), 0);
	CHECK_ERRNO(read(ends[0], &byte, 1), EINTR);
	CHECK(restarts >= 5);
	CHECK(others >= 1);
	stop = 1;
	CHECK_EQ(pthread_join(thread, NULL), 0);
	return check_done();
}
