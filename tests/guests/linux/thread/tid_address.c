/* set_tid_address: returns the id of the thread; the word last given is cleared and its waiter woken at exit. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>

static int first = 11, second = 22;
static sem_t ready, go;

static void *work(void *argument)
{
	(void)argument;
	CHECK_EQ(syscall(SYS_set_tid_address, &first), gettid());
	CHECK_EQ(syscall(SYS_set_tid_address, &second), gettid());
	CHECK_EQ(second, 22);
	sem_post(&ready);
	sem_wait(&go);
	syscall(SYS_exit, 0);
	return NULL;
}

int main(void)
{
	pthread_t thread;
	sem_init(&ready, 0, 0);
	sem_init(&go, 0, 0);
	CHECK_EQ(pthread_create(&thread, NULL, work, NULL), 0);
	CHECK_EQ(pthread_detach(thread), 0);
	CHECK_EQ(sem_wait(&ready), 0);
	sem_post(&go);
	int word;
	while ((word = __atomic_load_n(&second, __ATOMIC_ACQUIRE)) != 0) {
		CHECK_EQ(word, 22);
		syscall(SYS_futex, &second, FUTEX_WAIT, 22, NULL, NULL, 0);
	}
	CHECK_EQ(first, 11);
	return check_done();
}
