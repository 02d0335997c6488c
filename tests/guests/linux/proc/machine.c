/* uname, gethostname, sysinfo and getcpu: form of their answers, agreement, and EFAULT. */
#define _GNU_SOURCE
#include "../check.h"
#include <sched.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

int main(void)
{
	struct utsname uts;
	struct sysinfo info;
	char name[256];
	int major, minor;
	memset(&uts, 0xff, sizeof uts);
	CHECK_EQ(uname(&uts), 0);
	CHECK_STR(uts.sysname, "Linux");
#ifdef __aarch64__
	CHECK_STR(uts.machine, "aarch64");
#else
	CHECK_STR(uts.machine, "x86_64");
#endif
	CHECK_EQ(sscanf(uts.release, "%d.%d", &major, &minor), 2);
	CHECK(major >= 4);
	CHECK(strlen(uts.version) > 0 && strlen(uts.nodename) > 0);
	CHECK_EQ(gethostname(name, sizeof name), 0);
	CHECK_STR(name, uts.nodename);
	CHECK_ERRNO(uname((struct utsname *)8), EFAULT);

	memset(&info, 0xff, sizeof info);
	CHECK_EQ(sysinfo(&info), 0);
	CHECK(info.uptime > 0);
	CHECK(info.mem_unit >= 1 && info.totalram > 0 && info.freeram <= info.totalram);
	CHECK(info.procs >= 1);
	CHECK(info.freeswap <= info.totalswap);
	CHECK_ERRNO(sysinfo((struct sysinfo *)8), EFAULT);

	unsigned cpu = 99999, node = 99999;
	cpu_set_t set;
	CHECK_EQ(sched_getaffinity(0, sizeof set, &set), 0);
	CHECK_EQ(syscall(SYS_getcpu, &cpu, &node, NULL), 0);
	CHECK(CPU_ISSET(cpu, &set));
	CHECK(node < 1024);
	CHECK_EQ(syscall(SYS_getcpu, NULL, NULL, NULL), 0);
	CHECK_ERRNO(syscall(SYS_getcpu, 8, NULL, NULL), EFAULT);
	CHECK(CPU_ISSET(sched_getcpu(), &set));
	return check_done();
}
