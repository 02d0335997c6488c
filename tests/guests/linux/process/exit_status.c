/* Exit codes keep eight bits; each deadly signal is seen in the status, whoever sent it or whatever caused it. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

static int signal_of(void (*how)(int), int argument)
{
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		how(argument);
		_exit(99);
	}
	int status = check_reap(child);
	CHECK(WIFSIGNALED(status));
	return WTERMSIG(status);
}

/* An address below the lowest mapping, which the compiler does not see through. */
static volatile int *volatile low = (volatile int *)8;

static void raises(int signal) { raise(signal); }
static void kills_itself(int signal) { kill(getpid(), signal); }
static void aborts(int unused) { (void)unused; abort(); }
static void writes_to_null(int unused) { (void)unused; *low = 1; }
static void writes_read_only(int unused)
{
	(void)unused;
	*(volatile char *)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) = 1;
}
static void faults_ignored(int unused)
{
	/* A fault kills even the process that ignores and blocks its signal. */
	sigset_t set;
	sigfillset(&set);
	signal(SIGSEGV, SIG_IGN);
	sigprocmask(SIG_SETMASK, &set, NULL);
	writes_to_null(unused);
}

int main(void)
{
	static const int codes[] = {0, 1, 2, 77, 127, 128, 255, 256, 257, -1, 0x7fffff03};
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV,
				      SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGVTALRM, SIGIO, SIGSYS, 35, 50};
	struct rlimit no_core = {0, 0};
	CHECK_SYS(setrlimit(RLIMIT_CORE, &no_core));
	for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
		pid_t child = CHECK_SYS(fork());
		if (child == 0)
			_exit(codes[i]);
		CHECK_EQ(check_reap(child), (codes[i] & 0xff) << 8);
	}
	for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
		CHECK_EQ(signal_of(i % 2 ? raises : kills_itself, signals[i]), signals[i]);
	CHECK_EQ(signal_of(aborts, 0), SIGABRT);
	CHECK_EQ(signal_of(writes_to_null, 0), SIGSEGV);
	CHECK_EQ(signal_of(writes_read_only, 0), SIGSEGV);
	CHECK_EQ(signal_of(faults_ignored, 0), SIGSEGV);
	/* These do not kill. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		raise(SIGCHLD);
		raise(SIGURG);
		raise(SIGWINCH);
		raise(SIGCONT);
		_exit(0);
	}
	CHECK_CHILD(child);
	return check_done();
}
