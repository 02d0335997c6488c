// qemu: no, user mode lacks rseq
/* rseq: libc's area holds the CPU, a second registration is refused, and a thread may drop it and make its
 * own. */
#define _GNU_SOURCE
#include "../check.h"
#include <sched.h>
#include <sys/rseq.h>
#include <sys/syscall.h>

static struct rseq own __attribute__((aligned(32)));

static long call(void *area, unsigned length, int flags, unsigned signature)
{
	return syscall(SYS_rseq, area, length, flags, signature);
}

int main(void)
{
	struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
	CHECK(__rseq_size >= 20);
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	CHECK_EQ(sched_setaffinity(0, sizeof one, &one), 0);
	CHECK_EQ(area->cpu_id, sched_getcpu());
	CHECK_EQ(area->cpu_id_start, area->cpu_id);
	CHECK_EQ(area->rseq_cs, 0);
	CHECK_ERRNO(call(area, 32, 0, RSEQ_SIG), EBUSY);
	CHECK_ERRNO(call(area, 32, 0, RSEQ_SIG + 1), EPERM);
	CHECK_ERRNO(call(&own, 32, 0, RSEQ_SIG), EINVAL);
	CHECK_ERRNO(call(&own, 32, 2, RSEQ_SIG), EINVAL);
	CHECK_ERRNO(call(&own, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG), EINVAL);
	CHECK_EQ(call(area, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG), 0);
	CHECK_EQ((int)area->cpu_id, -1);
	CHECK_ERRNO(call((char *)&own + 4, 32, 0, RSEQ_SIG), EINVAL);
	CHECK_ERRNO(call(&own, 16, 0, RSEQ_SIG), EINVAL);
	CHECK_EQ(call(&own, 32, 0, 0x1234), 0);
	sched_yield();
	CHECK_EQ(own.cpu_id, sched_getcpu());
	CHECK_ERRNO(call(&own, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG), EPERM);
	CHECK_EQ(call(&own, 32, RSEQ_FLAG_UNREGISTER, 0x1234), 0);
	CHECK_EQ((int)own.cpu_id, -1);
	return check_done();
}
