/* A thread that overruns its stack faults in the guard below it; a handler on another stack can leave by a jump. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

static sigjmp_buf back;
static char *volatile fault;
static volatile int code;

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	fault = info->si_addr;
	code = info->si_code;
	siglongjmp(back, 1);
}

__attribute__((noinline)) static int deeper(int n)
{
	volatile char room[1024];
	room[0] = (char)n;
	room[1023] = 1;
	return n < 0 ? 0 : deeper(n + 1) + room[0];
}

static void *work(void *argument)
{
	static char alternate[65536];
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
	pthread_attr_t attr;
	void *low;
	size_t size, guard;
	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	CHECK_EQ(pthread_getattr_np(pthread_self(), &attr), 0);
	CHECK_EQ(pthread_attr_getstack(&attr, &low, &size), 0);
	CHECK_EQ(pthread_attr_getguardsize(&attr, &guard), 0);
	CHECK_EQ(guard, 8192);
	for (int i = 0; i < 2; i++) {
		if (sigsetjmp(back, 1) == 0)
			CHECK_EQ(deeper(0), -1);
		CHECK_EQ(code, SEGV_ACCERR);
		CHECK(fault < (char *)low && fault >= (char *)low - guard);
	}
	pthread_attr_destroy(&attr);
	return argument;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	CHECK_EQ(pthread_attr_init(&attr), 0);
	CHECK_EQ(pthread_attr_setstacksize(&attr, 262144), 0);
	CHECK_EQ(pthread_attr_setguardsize(&attr, 8192), 0);
	CHECK_EQ(pthread_create(&thread, &attr, work, NULL), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	return check_done();
}
