/* Named and unnamed POSIX semaphores among processes: values, trywait, timeouts, waking, the same object by name. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

enum { ROUNDS = 200 };

static int value(sem_t *semaphore)
{
	int now = -1;
	CHECK_SYS(sem_getvalue(semaphore, &now));
	return now;
}

int main(void)
{
	char name[64];
	struct timespec limit;
	struct stat folder;
	/* Named after the folder, which no other run has; what a killed run has left there is in the way. */
	CHECK_SYS(stat(".", &folder));
	snprintf(name, sizeof name, "/guest-sem-%lu", (unsigned long)folder.st_ino);
	sem_unlink(name);
	CHECK(sem_open(name, 0) == SEM_FAILED);
	sem_t *named = sem_open(name, O_CREAT | O_EXCL, 0600, 2);
	CHECK(named != SEM_FAILED);
	CHECK(sem_open(name, O_CREAT | O_EXCL, 0600, 2) == SEM_FAILED);
	/* In a process the same name is the same address. */
	CHECK(sem_open(name, 0) == named);
	CHECK_EQ(value(named), 2);
	CHECK_SYS(sem_wait(named));
	CHECK_SYS(sem_trywait(named));
	CHECK_ERRNO(sem_trywait(named), EAGAIN);
	CHECK_SYS(clock_gettime(CLOCK_REALTIME, &limit));
	CHECK_ERRNO(sem_timedwait(named, &limit), ETIMEDOUT);
	limit.tv_nsec = 1000000000;
	CHECK_ERRNO(sem_timedwait(named, &limit), EINVAL);

	/* Two processes by turns, with one semaphore for each direction. */
	struct {
		sem_t there, back;
		int turns;
	} *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	CHECK_SYS(sem_init(&shared->there, 1, 0));
	CHECK_SYS(sem_init(&shared->back, 1, 0));
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		sem_t *own = sem_open(name, 0);
		CHECK(own != SEM_FAILED);
		for (int i = 0; i < ROUNDS; i++) {
			CHECK_SYS(sem_wait(&shared->there));
			CHECK_EQ(shared->turns, 2 * i + 1);
			shared->turns++;
			CHECK_SYS(sem_post(&shared->back));
		}
		CHECK_SYS(sem_post(own));
		_exit(0);
	}
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(shared->turns, 2 * i);
		shared->turns++;
		CHECK_SYS(sem_post(&shared->there));
		CHECK_SYS(sem_wait(&shared->back));
	}
	CHECK_SYS(sem_wait(named));
	CHECK_CHILD(child);
	CHECK_EQ(value(named), 0);
	CHECK_SYS(sem_unlink(name));
	CHECK_ERRNO(sem_unlink(name), ENOENT);
	CHECK(sem_open(name, 0) == SEM_FAILED);
	CHECK_SYS(sem_post(named));
	CHECK_EQ(value(named), 1);
	CHECK_ERRNO(sem_init(&shared->there, 1, 0x80000000u), EINVAL);
	return check_done();
}
