/* sched_yield: threads that yield until they have seen each other's steps all get there. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <sched.h>

enum { THREADS = 5, STEPS = 60 };

static int steps[THREADS];

/* No thread goes on before all others have made its last step: without fairness this never ends. */
static void *work(void *argument)
{
	long id = (long)argument;
	for (int step = 1; step <= STEPS; step++) {
		__atomic_store_n(&steps[id], step, __ATOMIC_RELEASE);
		for (int i = 0; i < THREADS; i++)
			while (__atomic_load_n(&steps[i], __ATOMIC_ACQUIRE) < step)
				CHECK_EQ(sched_yield(), 0);
	}
	return argument;
}

int main(void)
{
	pthread_t threads[THREADS];
	for (long i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (long i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	for (long i = 0; i < THREADS; i++)
		CHECK_EQ(steps[i], STEPS);
	return check_done();
}
