/* SysV semaphores: several operations at once or none, IPC_NOWAIT, waiting for zero, counts of waiters, SEM_UNDO,
 * IPC_RMID. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static int id;

static int op(int number, int change, int flags)
{
	struct sembuf one = {(unsigned short)number, (short)change, (short)flags};
	return semop(id, &one, 1);
}

static int value(int number)
{
	return CHECK_SYS(semctl(id, number, GETVAL));
}

static void await(int command, int number, int want)
{
	struct timespec delay = {0, 1000000};
	while (CHECK_SYS(semctl(id, number, command)) != want)
		nanosleep(&delay, NULL);
}

int main(void)
{
	unsigned short values[3] = {1, 2, 3};
	struct semid_ds about;
	id = CHECK_SYS(semget(IPC_PRIVATE, 3, 0600));
	CHECK_SYS(semctl(id, 0, SETALL, (union semun){.array = values}));
	CHECK_SYS(semctl(id, 0, IPC_STAT, (union semun){.buf = &about}));
	CHECK_EQ(about.sem_nsems, 3);
	CHECK_EQ(about.sem_otime, 0);
	CHECK_SYS(op(1, 5, 0));
	CHECK_EQ(value(1), 7);
	CHECK_EQ(semctl(id, 1, GETPID), getpid());
	/* All of them or none. */
	struct sembuf both[2] = {{0, -1, 0}, {2, -4, IPC_NOWAIT}};
	CHECK_ERRNO(semop(id, both, 2), EAGAIN);
	CHECK_EQ(value(0), 1);
	both[1].sem_op = -3;
	CHECK_SYS(semop(id, both, 2));
	CHECK(value(0) == 0 && value(2) == 0);
	CHECK_SYS(op(0, 0, IPC_NOWAIT));
	CHECK_ERRNO(op(1, 0, IPC_NOWAIT), EAGAIN);
	CHECK_ERRNO(op(3, 1, 0), EFBIG);
	CHECK_SYS(op(0, 32767, 0));
	CHECK_ERRNO(op(0, 1, 0), ERANGE);
	CHECK_SYS(semctl(id, 0, SETVAL, (union semun){.val = 0}));
	CHECK_ERRNO(semctl(id, 0, SETVAL, (union semun){.val = 32768}), ERANGE);
	CHECK_ERRNO(semop(id, both, 0), EINVAL);

	/* One waits for a rise, one for zero; both are counted, and woken. */
	pid_t rise = CHECK_SYS(fork());
	if (rise == 0) {
		CHECK_SYS(op(0, -2, 0));
		_exit(0);
	}
	pid_t zero = CHECK_SYS(fork());
	if (zero == 0) {
		CHECK_SYS(op(1, 0, 0));
		_exit(0);
	}
	await(GETNCNT, 0, 1);
	await(GETZCNT, 1, 1);
	CHECK_SYS(op(0, 1, 0));
	CHECK_EQ(waitpid(rise, NULL, WNOHANG), 0);
	CHECK_SYS(op(0, 1, 0));
	CHECK_CHILD(rise);
	CHECK_EQ(value(0), 0);
	CHECK_SYS(op(1, -7, 0));
	CHECK_CHILD(zero);

	/* What was done with SEM_UNDO is undone when the process ends, however it ends. */
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_SYS(op(2, 4, SEM_UNDO));
		CHECK_SYS(op(2, -1, SEM_UNDO));
		CHECK_SYS(op(2, 10, 0));
		CHECK_EQ(value(2), 13);
		raise(SIGKILL);
	}
	CHECK_EQ(check_reap(child), SIGKILL);
	CHECK_EQ(value(2), 10);
	struct timespec limit = {0, 20000000};
	struct sembuf down = {0, -1, 0};
	CHECK_ERRNO(semtimedop(id, &down, 1, &limit), EAGAIN);
	child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_ERRNO(op(0, -1, 0), EIDRM);
		_exit(0);
	}
	await(GETNCNT, 0, 1);
	CHECK_SYS(semctl(id, 0, IPC_RMID));
	CHECK_CHILD(child);
	CHECK_ERRNO(op(0, 1, 0), EINVAL);
	return check_done();
}
