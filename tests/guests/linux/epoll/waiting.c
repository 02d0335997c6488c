/* epoll_wait blocks: timeouts, what other threads write or add meanwhile, and edges that wake one waiter only. */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

static int ep, fd, added;
static atomic_int woken;

static void add(int what, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = what};
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, what, &event));
}

static void *later(void *which)
{
	uint64_t one = 1;
	usleep(30000);
	if (which == NULL)
		CHECK_EQ(write(fd, &one, 8), 8);
	else
		add(added, EPOLLIN);
	return NULL;
}

static void *waits(void *unused)
{
	struct epoll_event got;
	while (epoll_wait(ep, &got, 1, -1) == 1 && got.data.fd == fd)
		atomic_fetch_add(&woken, 1);
	return unused;
}

int main(void)
{
	struct epoll_event got[2];
	struct timespec before, after;
	pthread_t thread, waiters[3];
	uint64_t value;
	ep = CHECK_SYS(epoll_create1(0));
	fd = CHECK_SYS(eventfd(0, EFD_NONBLOCK));
	added = CHECK_SYS(eventfd(5, 0));
	CHECK_SYS(clock_gettime(CLOCK_MONOTONIC, &before));
	CHECK_EQ(epoll_wait(ep, got, 2, 30), 0);
	CHECK_SYS(clock_gettime(CLOCK_MONOTONIC, &after));
	CHECK((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec >= 29000000);

	add(fd, EPOLLIN | EPOLLET);
	CHECK_EQ(pthread_create(&thread, NULL, later, NULL), 0);
	CHECK_EQ(epoll_wait(ep, got, 2, -1), 1);
	CHECK_EQ(got[0].data.fd, fd);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	/* What is added while another thread waits wakes that thread. */
	CHECK_EQ(pthread_create(&thread, NULL, later, &added), 0);
	CHECK_EQ(epoll_wait(ep, got, 2, -1), 1);
	CHECK_EQ(got[0].data.fd, added);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_SYS(epoll_ctl(ep, EPOLL_CTL_DEL, added, NULL));

	/* Each edge is told to exactly one of three waiters. */
	CHECK_EQ(read(fd, &value, 8), 8);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&waiters[i], NULL, waits, NULL), 0);
	for (int i = 1; i <= 20; i++) {
		value = 1;
		CHECK_EQ(write(fd, &value, 8), 8);
		while (atomic_load(&woken) < i)
			usleep(200);
		CHECK_EQ(atomic_load(&woken), i);
	}
	/* A level that stays ends all of them. */
	add(added, EPOLLIN);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(waiters[i], NULL), 0);
	CHECK_EQ(atomic_load(&woken), 20);
	return check_done();
}
