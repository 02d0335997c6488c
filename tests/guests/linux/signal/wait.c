/* sigwaitinfo and sigtimedwait: the lowest pending number first, with its siginfo and without its handler; EAGAIN after
 * the time, EINTR for a handler of another signal. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static volatile int ran;

static void handler(int signo)
{
	ran = signo;
}

int main(void)
{
	sigset_t set;
	siginfo_t info;
	struct timespec zero = {0, 0}, bad = {0, 1000000000}, length = {0, 30000000}, start, end;
	CHECK_EQ(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handler}, NULL), 0);
	CHECK_EQ(sigaction(SIGALRM, &(struct sigaction){.sa_handler = handler, .sa_flags = SA_RESTART}, NULL), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN + 1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_ERRNO(sigtimedwait(&set, &info, &zero), EAGAIN);
	CHECK_ERRNO(sigtimedwait(&set, &info, &bad), EINVAL);
	clock_gettime(CLOCK_MONOTONIC, &start);
	CHECK_ERRNO(sigtimedwait(&set, NULL, &length), EAGAIN);
	clock_gettime(CLOCK_MONOTONIC, &end);
	CHECK((end.tv_sec - start.tv_sec) * 1000000000ll + end.tv_nsec - start.tv_nsec >= 30000000);

	CHECK_EQ(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 5}), 0);
	CHECK_EQ(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 6}), 0);
	CHECK_EQ(kill(getpid(), SIGUSR2), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	/* The raw call: glibc turns SI_TKILL into SI_USER. */
	CHECK_EQ(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8), SIGUSR1);
	CHECK_EQ(info.si_code, SI_TKILL);
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 16), EINVAL);
	CHECK_EQ(sigtimedwait(&set, &info, &length), SIGUSR2);
	CHECK_EQ(info.si_code, SI_USER);
	CHECK_EQ(info.si_pid, getpid());
	for (int i = 5; i <= 6; i++) {
		CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN + 1);
		CHECK_EQ(info.si_code, SI_QUEUE);
		CHECK_EQ(info.si_value.sival_int, i);
		CHECK_EQ(info.si_signo, SIGRTMIN + 1);
	}
	CHECK_ERRNO(sigtimedwait(&set, NULL, &zero), EAGAIN);
	CHECK_EQ(ran, 0);

	/* SA_RESTART does not restart it. */
	struct itimerval tick = {{0, 10000}, {0, 10000}}, off = {{0, 0}, {0, 0}};
	CHECK_EQ(setitimer(ITIMER_REAL, &tick, NULL), 0);
	CHECK_ERRNO(sigwaitinfo(&set, &info), EINTR);
	CHECK_EQ(setitimer(ITIMER_REAL, &off, NULL), 0);
	CHECK_EQ(ran, SIGALRM);

	/* What arrives while it waits. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		usleep(20000);
		_exit(sigqueue(getppid(), SIGUSR1, (union sigval){.sival_int = 9}) == 0 ? 0 : 1);
	}
	CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_value.sival_int, 9);
	CHECK_CHILD(child);
	int signo = 0;
	CHECK_EQ(raise(SIGUSR2), 0);
	CHECK_EQ(sigwait(&set, &signo), 0);
	CHECK_EQ(signo, SIGUSR2);
	return check_done();
}
