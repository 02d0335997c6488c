/* capget: the versions of the header, one's own sets, and a process that does not exist. */
#define _GNU_SOURCE
#include "../check.h"
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

int main(void)
{
	struct __user_cap_header_struct head = {.version = 0};
	struct __user_cap_data_struct data[2];
	/* An unknown version is answered with the preferred one; without data that is no error. */
	CHECK_EQ(syscall(SYS_capget, &head, NULL), 0);
	CHECK_EQ(head.version, _LINUX_CAPABILITY_VERSION_3);
	head.version = 0x12345678;
	CHECK_ERRNO(syscall(SYS_capget, &head, data), EINVAL);
	CHECK_EQ(head.version, _LINUX_CAPABILITY_VERSION_3);
	head.pid = 0;
	CHECK_EQ(syscall(SYS_capget, &head, data), 0);
	/* What is effective is permitted. */
	for (int i = 0; i < 2; i++)
		CHECK_EQ(data[i].effective & ~data[i].permitted, 0);
	head.pid = getpid();
	struct __user_cap_data_struct again[2];
	CHECK_EQ(syscall(SYS_capget, &head, again), 0);
	CHECK_MEM(again, data, sizeof data);
	head.pid = 0x3ffffff0;
	CHECK_ERRNO(syscall(SYS_capget, &head, data), ESRCH);
	head.pid = -1;
	CHECK_ERRNO(syscall(SYS_capget, &head, data), EINVAL);
	CHECK_ERRNO(syscall(SYS_capget, NULL, data), EFAULT);
	head.pid = 0;
	CHECK_EQ(syscall(SYS_capset, &head, again), 0);
	int bound = prctl(PR_CAPBSET_READ, 0);
	CHECK(bound == 0 || bound == 1);
	CHECK_ERRNO(prctl(PR_CAPBSET_READ, 9999), EINVAL);
	return check_done();
}
