/* CPU time: it grows with work and not with sleep, a process has the sum of its threads, and clocks of threads and
 * processes can be asked by id. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>

static long long now(clockid_t clock)
{
	struct timespec at;
	CHECK_EQ(clock_gettime(clock, &at), 0);
	return at.tv_sec * 1000000000ll + at.tv_nsec;
}

static void work(long long nanos)
{
	long long until = now(CLOCK_THREAD_CPUTIME_ID) + nanos;
	while (now(CLOCK_THREAD_CPUTIME_ID) < until)
		;
}

static void *worker(void *argument)
{
	clockid_t mine;
	work(30000000);
	CHECK_EQ(pthread_getcpuclockid(pthread_self(), &mine), 0);
	CHECK(now(mine) >= 30000000);
	CHECK(now(mine) <= now(CLOCK_THREAD_CPUTIME_ID));
	return argument;
}

int main(void)
{
	pthread_t thread;
	clockid_t process;
	struct rusage first, second;
	struct tms times_first, times_second;
	long long thread_start = now(CLOCK_THREAD_CPUTIME_ID), process_start = now(CLOCK_PROCESS_CPUTIME_ID);
	CHECK_EQ(getrusage(RUSAGE_SELF, &first), 0);
	clock_t ticks = CHECK_SYS(times(&times_first));
	CHECK_EQ(pthread_create(&thread, NULL, worker, NULL), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - process_start >= 30000000);
	/* The work of the other thread is not this one's. */
	CHECK(now(CLOCK_THREAD_CPUTIME_ID) - thread_start < now(CLOCK_PROCESS_CPUTIME_ID) - process_start);
	work(20000000);
	CHECK_EQ(clock_getcpuclockid(getpid(), &process), 0);
	CHECK(now(process) - process_start >= 50000000);
	CHECK_EQ(clock_getcpuclockid(0x3ffffff0, &process), ESRCH);
	CHECK_EQ(getrusage(RUSAGE_SELF, &second), 0);
	CHECK(second.ru_utime.tv_sec * 1000000ll + second.ru_utime.tv_usec + second.ru_stime.tv_sec * 1000000ll +
		      second.ru_stime.tv_usec >=
	      first.ru_utime.tv_sec * 1000000ll + first.ru_utime.tv_usec + first.ru_stime.tv_sec * 1000000ll +
		      first.ru_stime.tv_usec);
	CHECK(second.ru_maxrss > 0);
	CHECK(times(&times_second) >= ticks);
	CHECK(times_second.tms_utime + times_second.tms_stime >= times_first.tms_utime + times_first.tms_stime);
	/* A child's time arrives when it is reaped. */
	CHECK_EQ(getrusage(RUSAGE_CHILDREN, &first), 0);
	CHECK_EQ(first.ru_utime.tv_sec + first.ru_utime.tv_usec, 0);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		work(30000000);
		_exit(0);
	}
	int status;
	CHECK_EQ(wait4(child, &status, 0, &first), child);
	CHECK_EQ(status, 0);
	CHECK(first.ru_utime.tv_usec + first.ru_stime.tv_usec + (first.ru_utime.tv_sec + first.ru_stime.tv_sec) * 1000000 >=
	      20000);
	CHECK_ERRNO(getrusage(77, &first), EINVAL);
	return check_done();
}
