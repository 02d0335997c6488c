/* A fault whose signal is blocked or ignored, or whose handler has no stack to run on, ends the process. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

static volatile char *page;

static void handler(int signo)
{
	(void)signo;
	_exit(3);
}

static void faults_again(int signo)
{
	(void)signo;
	page[0] = 1;
	_exit(4);
}

__attribute__((noinline)) static int deeper(int n)
{
	volatile char room[4096];
	room[0] = (char)n;
	return n < 0 ? 0 : deeper(n + 1) + room[0];
}

static int dies(int how)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		sigset_t set;
		struct rlimit small = {262144, 262144};
		sigemptyset(&set);
		sigaddset(&set, SIGSEGV);
		signal(SIGSEGV, how == 1 ? SIG_IGN : how == 2 ? faults_again : handler);
		if (how == 0)
			sigprocmask(SIG_BLOCK, &set, NULL);
		if (how == 3) {
			setrlimit(RLIMIT_STACK, &small);
			_exit(deeper(0));
		}
		page[0] = 1;
		_exit(5);
	}
	return check_reap(child);
}

int main(void)
{
	page = CHECK_SYS(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	for (int how = 0; how < 4; how++) {
		int status = dies(how);
		CHECK(WIFSIGNALED(status));
		CHECK_EQ(WTERMSIG(status), SIGSEGV);
	}
	int status = dies(4);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 3);
	return check_done();
}
