/* CPU affinity: the raw call returns the bytes it wrote, sizes are checked, a thread inherits its creator's set. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

static cpu_set_t one;

static void *work(void *argument)
{
	cpu_set_t set;
	CHECK_EQ(pthread_getaffinity_np(pthread_self(), sizeof set, &set), 0);
	CHECK(CPU_EQUAL(&set, &one));
	return argument;
}

int main(void)
{
	unsigned long words[128];
	memset(words, 0xff, sizeof words);
	long n = CHECK_SYS(syscall(SYS_sched_getaffinity, 0, sizeof words, words));
	CHECK(n >= 8 && n % 8 == 0 && (size_t)n < sizeof words);
	CHECK(words[0] != 0);
	CHECK_EQ(words[n / 8], -1);
	CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 7, words), EINVAL);
	CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 0, words), EINVAL);
	CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, sizeof words, NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0x3fffffff, sizeof words, words), ESRCH);

	cpu_set_t set, empty;
	CHECK_EQ(sched_getaffinity(0, sizeof set, &set), 0);
	CHECK(CPU_COUNT(&set) >= 1);
	CPU_ZERO(&empty);
	CHECK_ERRNO(sched_setaffinity(0, sizeof empty, &empty), EINVAL);
	int cpu = 0;
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	CHECK_EQ(sched_setaffinity(0, sizeof one, &one), 0);
	CHECK_EQ(sched_getcpu(), cpu);
	pthread_t thread;
	CHECK_EQ(pthread_create(&thread, NULL, work, NULL), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(sched_setaffinity(0, sizeof set, &set), 0);
	CHECK_EQ(sched_getaffinity(0, sizeof one, &one), 0);
	CHECK(CPU_EQUAL(&set, &one));
	return check_done();
}
