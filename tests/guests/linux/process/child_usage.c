/* The times of children count in RUSAGE_CHILDREN and times() once they are waited for, and not before. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>

static long long micros(struct timeval t)
{
	CHECK(t.tv_sec >= 0 && t.tv_usec >= 0 && t.tv_usec < 1000000);
	return t.tv_sec * 1000000LL + t.tv_usec;
}

static long long spent(int who)
{
	struct rusage usage;
	memset(&usage, 0xff, sizeof usage);
	CHECK_SYS(getrusage(who, &usage));
	CHECK(usage.ru_maxrss >= 0 && usage.ru_minflt >= 0 && usage.ru_majflt >= 0 && usage.ru_nvcsw >= 0);
	return micros(usage.ru_utime) + micros(usage.ru_stime);
}

static long long cpu_time(void)
{
	struct timespec now;
	CHECK_SYS(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now));
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int main(void)
{
	struct rusage usage;
	struct tms before, after;
	siginfo_t info;
	CHECK_EQ(spent(RUSAGE_CHILDREN), 0);
	CHECK(times(&before) != (clock_t)-1);
	CHECK_EQ(before.tms_cutime + before.tms_cstime, 0);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		/* It begins anew. */
		CHECK_EQ(spent(RUSAGE_CHILDREN), 0);
		volatile unsigned work = 0;
		while (cpu_time() < 60000)
			for (int i = 0; i < 1000; i++)
				work += (unsigned)i;
		_exit(0);
	}
	CHECK_SYS(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	CHECK_EQ(spent(RUSAGE_CHILDREN), 0);
	memset(&usage, 0xff, sizeof usage);
	CHECK_EQ(wait4(child, NULL, 0, &usage), child);
	long long of_child = micros(usage.ru_utime) + micros(usage.ru_stime);
	CHECK(of_child >= 30000);
	CHECK_EQ(spent(RUSAGE_CHILDREN), of_child);
	CHECK(times(&after) != (clock_t)-1);
	CHECK(after.tms_cutime + after.tms_cstime >= 3);
	CHECK(spent(RUSAGE_SELF) >= 0);
	CHECK_ERRNO(getrusage((__rusage_who_t)7, &usage), EINVAL);
	return check_done();
}
