/* Files of /proc that tell of the machine: they have the form that programs parse and agree with the system calls. */
#define _GNU_SOURCE
#include "files.h"
#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>

static int count_lines(const char *text, const char *begin)
{
	int n = 0;
	for (const char *at = text; at != NULL && *at != 0; at = strchr(at, '\n'), at = at == NULL ? NULL : at + 1)
		n += strncmp(at, begin, strlen(begin)) == 0;
	return n;
}

int main(void)
{
	struct utsname uts;
	struct sysinfo info;
	double up, idle, loads[3];
	int running, tasks, last;
	CHECK_EQ(uname(&uts), 0);
	CHECK_EQ(sysinfo(&info), 0);
	char *text = file_text("/proc/version", NULL);
	CHECK_EQ(strncmp(text, "Linux version ", 14), 0);
	CHECK_EQ(strncmp(text + 14, uts.release, strlen(uts.release)), 0);
	text = file_text("/proc/sys/kernel/osrelease", NULL);
	CHECK_EQ(strncmp(text, uts.release, strlen(uts.release)), 0);
	CHECK_EQ(text[strlen(uts.release)], '\n');
	CHECK_STR(file_text("/proc/sys/kernel/ostype", NULL), "Linux\n");
	text = file_text("/proc/sys/kernel/hostname", NULL);
	CHECK_EQ(strncmp(text, uts.nodename, strlen(uts.nodename)), 0);
	CHECK(atoi(file_text("/proc/sys/kernel/pid_max", NULL)) >= 300);
	CHECK_EQ(strlen(file_text("/proc/sys/kernel/random/uuid", NULL)), 37);
	CHECK_EQ(strlen(file_text("/proc/sys/kernel/random/boot_id", NULL)), 37);
	CHECK(atoi(file_text("/proc/sys/vm/overcommit_memory", NULL)) <= 2);

	CHECK_EQ(sscanf(file_text("/proc/uptime", NULL), "%lf %lf", &up, &idle), 2);
	struct timespec boot;
	CHECK_EQ(clock_gettime(CLOCK_BOOTTIME, &boot), 0);
	CHECK(up > 0 && up <= (double)boot.tv_sec + 1);
	CHECK_EQ(sscanf(file_text("/proc/loadavg", NULL), "%lf %lf %lf %d/%d %d", loads, loads + 1, loads + 2, &running,
			&tasks, &last),
		 6);
	CHECK(tasks >= 1);
	text = file_text("/proc/meminfo", NULL);
	unsigned long total = strtoul(file_field(text, "MemTotal"), NULL, 10);
	CHECK(total > strtoul(file_field(text, "MemFree"), NULL, 10));
	CHECK(file_field(text, "MemAvailable") != NULL);
	CHECK(file_field(text, "SwapTotal") != NULL);
	CHECK(strstr(file_field(text, "MemTotal"), " kB\n") != NULL);
	CHECK_EQ(total, (unsigned long)info.totalram * info.mem_unit / 1024);
	text = file_text("/proc/stat", NULL);
	CHECK_EQ(strncmp(text, "cpu  ", 5), 0);
	CHECK(count_lines(text, "cpu") >= 2);
	CHECK_EQ(count_lines(text, "btime "), 1);
	CHECK_EQ(count_lines(text, "ctxt "), 1);
	CHECK_EQ(count_lines(text, "processes "), 1);
	CHECK_EQ(count_lines(text, "cpu") - 1, sysconf(_SC_NPROCESSORS_ONLN));
	text = file_text("/proc/cpuinfo", NULL);
	CHECK_EQ(count_lines(text, "processor"), sysconf(_SC_NPROCESSORS_ONLN));
	text = file_text("/proc/filesystems", NULL);
	CHECK(strstr(text, "nodev\tproc\n") != NULL);
	return check_done();
}
