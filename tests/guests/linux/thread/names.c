/* Thread names: 15 characters, one per thread, seen by prctl, by pthread_getname_np and in /proc. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>

static pthread_barrier_t barrier;
static pid_t tid;

static void *work(void *argument)
{
	(void)argument;
	char name[16];
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK_STR(name, "the-main-thread");
	CHECK_EQ(prctl(PR_SET_NAME, "a name that is cut after fifteen"), 0);
	tid = gettid();
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK_STR(name, "by main");
	return NULL;
}

static void comm(const char *path, const char *want)
{
	char text[64] = {0};
	int fd = CHECK_SYS(open(path, O_RDONLY));
	ssize_t n = CHECK_SYS(read(fd, text, sizeof text - 1));
	CHECK(n > 0);
	CHECK_EQ(text[n - 1], '\n');
	text[n - 1] = 0;
	CHECK_STR(text, want);
	close(fd);
}

int main(void)
{
	pthread_t thread;
	char name[16], path[64];
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, 2), 0);
	CHECK_EQ(pthread_setname_np(pthread_self(), "the-main-thread"), 0);
	CHECK_EQ(pthread_setname_np(pthread_self(), "sixteen letters."), ERANGE);
	CHECK_EQ(pthread_create(&thread, NULL, work, NULL), 0);
	pthread_barrier_wait(&barrier);
	CHECK_EQ(pthread_getname_np(thread, name, sizeof name), 0);
	CHECK_STR(name, "a name that is ");
	comm("/proc/self/comm", "the-main-thread");
	snprintf(path, sizeof path, "/proc/self/task/%d/comm", tid);
	comm(path, "a name that is ");
	CHECK_EQ(pthread_setname_np(thread, "by main"), 0);
	comm(path, "by main");
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK_STR(name, "the-main-thread");
	CHECK_ERRNO(prctl(PR_GET_NAME, NULL), EFAULT);
	pthread_barrier_wait(&barrier);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	return check_done();
}
