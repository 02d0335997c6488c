/* Scheduling calls of an ordinary process: policy, priority ranges, nice, and the errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

int main(void)
{
	struct sched_param param = {.sched_priority = 77};
	struct timespec slice;
	CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
	CHECK_EQ(sched_getparam(0, &param), 0);
	CHECK_EQ(param.sched_priority, 0);
	CHECK_EQ(sched_get_priority_min(SCHED_FIFO), 1);
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_max(SCHED_RR), 99);
	CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
	CHECK_ERRNO(sched_get_priority_max(99), EINVAL);
	CHECK_ERRNO(sched_getscheduler(-1), EINVAL);
	CHECK_ERRNO(sched_getscheduler(0x3ffffff0), ESRCH);
	CHECK_ERRNO(sched_getparam(0, NULL), EINVAL);
	param.sched_priority = 1;
	CHECK_ERRNO(sched_setscheduler(0, SCHED_OTHER, &param), EINVAL);
	param.sched_priority = 0;
	CHECK_EQ(sched_setscheduler(0, SCHED_BATCH, &param), 0);
	CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
	CHECK_EQ(sched_setscheduler(0, SCHED_OTHER, &param), 0);
	CHECK_EQ(sched_rr_get_interval(0, &slice), 0);
	CHECK(slice.tv_sec == 0 && slice.tv_nsec >= 0 && slice.tv_nsec < 1000000000);
	CHECK_EQ(sched_yield(), 0);

	/* Priorities: the raw call gives 20 - nice. */
	errno = 0;
	int before = getpriority(PRIO_PROCESS, 0);
	CHECK_EQ(errno, 0);
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 20 - before);
	int want = before + 3 > 19 ? 19 : before + 3;
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, want), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), want);
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, 100), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		_exit(getpriority(PRIO_PROCESS, 0));
	CHECK_EQ(WEXITSTATUS(check_reap(child)), 19);
	CHECK_ERRNO(getpriority(99, 0), EINVAL);
	CHECK_ERRNO(getpriority(PRIO_PROCESS, 0x3ffffff0), ESRCH);
	CHECK_ERRNO(setpriority(PRIO_PROCESS, 0x3ffffff0, 0), ESRCH);
	return check_done();
}
