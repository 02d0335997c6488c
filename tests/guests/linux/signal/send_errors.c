/* kill, tkill, tgkill, sigqueue: numbers that do not exist, targets that do not exist, signal 0, groups. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/syscall.h>

static volatile int runs;

static void handler(int signo)
{
	(void)signo;
	runs++;
}

int main(void)
{
	pid_t nobody = 0x3ffffff0;
	siginfo_t info;
	CHECK_EQ(setpgid(0, 0) == 0 || errno == EPERM, 1);
	CHECK_ERRNO(kill(getpid(), -1), EINVAL);
	CHECK_ERRNO(kill(getpid(), 65), EINVAL);
	CHECK_ERRNO(kill(nobody, SIGTERM), ESRCH);
	CHECK_ERRNO(kill(nobody, 0), ESRCH);
	CHECK_ERRNO(kill(-nobody, 0), ESRCH);
	CHECK_EQ(kill(getpid(), 0), 0);
	CHECK_EQ(kill(0, 0), 0);
	CHECK_EQ(kill(-getpgrp(), 0), 0);
	CHECK_ERRNO(syscall(SYS_tkill, -1, SIGTERM), EINVAL);
	CHECK_ERRNO(syscall(SYS_tkill, 0, SIGTERM), EINVAL);
	CHECK_ERRNO(syscall(SYS_tkill, nobody, SIGTERM), ESRCH);
	CHECK_ERRNO(syscall(SYS_tkill, gettid(), 65), EINVAL);
	CHECK_ERRNO(syscall(SYS_tgkill, 0, gettid(), SIGTERM), EINVAL);
	CHECK_ERRNO(syscall(SYS_tgkill, getpid(), nobody, SIGTERM), ESRCH);
	CHECK_ERRNO(syscall(SYS_tgkill, nobody, gettid(), SIGTERM), ESRCH);
	CHECK_ERRNO(sigqueue(nobody, SIGTERM, (union sigval){0}), ESRCH);
	CHECK_ERRNO(sigqueue(getpid(), 65, (union sigval){0}), EINVAL);
	CHECK_EQ(sigqueue(getpid(), 0, (union sigval){0}), 0);
	/* Nobody may pretend to be the kernel or kill towards another process. */
	memset(&info, 0, sizeof info);
	info.si_code = SI_USER;
	CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, getppid(), SIGURG, &info), EPERM);
	info.si_code = SI_TKILL;
	CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, getppid(), SIGURG, &info), EPERM);
	CHECK_EQ(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handler}, NULL), 0);
	info.si_code = SI_QUEUE;
	CHECK_EQ(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGUSR1, &info), 0);
	CHECK_EQ(runs, 1);
	CHECK_EQ(kill(0, SIGUSR1), 0);
	CHECK_EQ(runs, 2);
	CHECK_EQ(kill(-getpgrp(), SIGUSR1), 0);
	CHECK_EQ(runs, 3);
	/* A zombie can be signalled, a reaped child not. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0)
		_exit(0);
	siginfo_t ended;
	CHECK_EQ(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
	CHECK_EQ(kill(child, SIGTERM), 0);
	CHECK_CHILD(child);
	CHECK_ERRNO(kill(child, 0), ESRCH);
	return check_done();
}
