/* Thread-local memory: a new thread starts from the initial image, aligned, and its changes are its own. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>

struct line {
	char text[64];
} __attribute__((aligned(64)));

static __thread int counted = 1234;
static __thread struct line line = {"initial"};
static __thread long zeroed[50];
static __thread const char *pointer = "pointed";
static int *main_counted;

static void initial(void)
{
	CHECK_EQ(counted, 1234);
	CHECK_STR(line.text, "initial");
	CHECK_EQ((uintptr_t)&line % 64, 0);
	CHECK_STR(pointer, "pointed");
	for (int i = 0; i < 50; i++)
		CHECK_EQ(zeroed[i], 0);
}

static void *work(void *argument)
{
	initial();
	CHECK(&counted != main_counted);
	CHECK_EQ(*main_counted, 99);
	counted = (int)(long)argument;
	memset(zeroed, 0x55, sizeof zeroed);
	strcpy(line.text, "changed by a thread");
	pointer = NULL;
	return &counted == main_counted ? NULL : (void *)1;
}

int main(void)
{
	initial();
	main_counted = &counted;
	counted = 99;
	strcpy(line.text, "changed by main");
	/* One after the other, so that a stack with its TLS is used again. */
	for (long i = 0; i < 4; i++) {
		pthread_t thread;
		void *result;
		CHECK_EQ(pthread_create(&thread, NULL, work, (void *)i), 0);
		CHECK_EQ(pthread_join(thread, &result), 0);
		CHECK_EQ(result, 1);
	}
	CHECK_EQ(counted, 99);
	CHECK_STR(line.text, "changed by main");
	CHECK_STR(pointer, "pointed");
	CHECK_EQ(zeroed[7], 0);
	return check_done();
}
