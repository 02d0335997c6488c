/* What everyday C programs do, for a C library other than glibc: threads, locals of threads, signals, time, processes,
 * sockets, formatted numbers, and sorting. */
#define _GNU_SOURCE
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static __thread int mine = 5;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int items, total;
static sem_t gate;
static volatile sig_atomic_t caught;
static sigjmp_buf back;

static void *consume(void *unused)
{
	(void)unused;
	for (int n = 0; n < 100; n++) {
		pthread_mutex_lock(&lock);
		while (!items)
			pthread_cond_wait(&filled, &lock);
		items--;
		total++;
		mine++;
		pthread_mutex_unlock(&lock);
	}
	sem_post(&gate);
	return (void *)(long)mine;
}

static void *forever(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

static void on_signal(int number)
{
	caught = number;
}

static void on_fault(int number)
{
	siglongjmp(back, number);
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return atoi(argv[1]);
	setlocale(LC_ALL, "");
	setvbuf(stdout, NULL, _IOLBF, 0);

	pthread_t threads[4];
	sem_init(&gate, 0, 0);
	for (int n = 0; n < 4; n++)
		pthread_create(&threads[n], NULL, consume, NULL);
	for (int n = 0; n < 400; n++) {
		pthread_mutex_lock(&lock);
		items++;
		pthread_mutex_unlock(&lock);
		pthread_cond_signal(&filled);
	}
	long sum = 0;
	for (int n = 0; n < 4; n++) {
		void *result;
		pthread_join(threads[n], &result);
		sum += (long)result;
		sem_wait(&gate);
	}
	printf("threads %d %ld %d\n", total, sum, mine);
	pthread_t sleeper;
	void *how;
	pthread_create(&sleeper, NULL, forever, NULL);
	pthread_cancel(sleeper);
	pthread_join(sleeper, &how);
	printf("cancelled %d\n", how == PTHREAD_CANCELED);

	signal(SIGALRM, on_signal);
	struct itimerval soon = { .it_value.tv_usec = 5000 };
	setitimer(ITIMER_REAL, &soon, NULL);
	while (!caught)
		pause();
	printf("alarm %d\n", caught == SIGALRM);
	signal(SIGSEGV, on_fault);
	char *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!sigsetjmp(back, 1))
		*nothing = 1;
	else
		puts("fault caught");

	struct timespec a, b, pause = { .tv_nsec = 3000000 };
	clock_gettime(CLOCK_MONOTONIC, &a);
	nanosleep(&pause, NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	double passed = (b.tv_sec - a.tv_sec) + (b.tv_nsec - a.tv_nsec) / 1e9;
	printf("slept %d\n", passed >= 0.003 && passed < 30);
	char text[64];
	time_t then = 1700000000;
	strftime(text, sizeof text, "%a %d %b %Y %H:%M:%S", gmtime(&then));
	puts(text);

	pid_t child;
	char *args[] = { argv[0], "17", NULL }, *none[] = { NULL };
	int status = 0;
	int error = posix_spawn(&child, "/proc/self/exe", NULL, NULL, args, none);
	if (!error)
		waitpid(child, &status, 0);
	printf("spawned %d %d\n", error, WEXITSTATUS(status));
	FILE *shell = popen("echo from a shell; exit 3", "r");
	if (shell && fgets(text, sizeof text, shell))
		printf("%d %s", WEXITSTATUS(pclose(shell)), text);

	int pair[2];
	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
	if (!(child = fork())) {
		char got[16] = "";
		ssize_t size = recv(pair[1], got, sizeof got - 1, 0);
		got[size > 0 ? size : 0] = '!';
		send(pair[1], got, strlen(got), 0);
		_exit(0);
	}
	send(pair[0], "packet", 6, 0);
	struct pollfd ready = { .fd = pair[0], .events = POLLIN };
	int polled = poll(&ready, 1, 10000);
	memset(text, 0, sizeof text);
	recv(pair[0], text, sizeof text - 1, 0);
	waitpid(child, NULL, 0);
	printf("%d %s\n", polled, text);

	int numbers[1000];
	unsigned seed = 1;
	for (int n = 0; n < 1000; n++)
		numbers[n] = (seed = seed * 1103515245 + 12345) >> 16 & 0x7FFF;
	qsort(numbers, 1000, sizeof *numbers, compare);
	printf("%d %d %d\n", numbers[0], numbers[500], numbers[999]);
	printf("%.17g %a %e %s %zu\n", sqrt(2), 0.1, 1e-310, strerror(ENOENT), strlen("length"));
	char *block = malloc(1 << 22);
	memset(block, 7, 1 << 22);
	block = realloc(block, 1 << 23);
	printf("%d\n", block[12345]);
	free(block);
	return 0;
}
