/* Keys of SysV objects: ftok, IPC_CREAT and IPC_EXCL, found by another process, sizes that do not fit, gone after
 * IPC_RMID. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

int main(void)
{
	struct stat about;
	CHECK_SYS(close(CHECK_SYS(open("file", O_CREAT | O_RDWR, 0600))));
	CHECK_SYS(stat("file", &about));
	key_t key = ftok("file", 'k');
	CHECK_EQ(key, (int)((about.st_ino & 0xffff) | (about.st_dev & 0xff) << 16 | (unsigned)'k' << 24));
	CHECK_EQ(ftok("missing", 1), -1);
	/* Even numbers from the folder, which no other run has; what a killed run has left there is in the way. */
	CHECK_SYS(stat(".", &about));
	key = (key_t)(0x45000000 | (about.st_ino & 0x7fffff) << 1);
	shmctl(shmget(key, 0, 0), IPC_RMID, NULL);
	semctl(semget(key, 0, 0), 0, IPC_RMID);
	semctl(semget(key + 1, 0, 0), 0, IPC_RMID);
	msgctl(msgget(key, 0), IPC_RMID, NULL);

	CHECK_ERRNO(shmget(key, 100, 0600), ENOENT);
	int memory = CHECK_SYS(shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600));
	CHECK_ERRNO(shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	CHECK_EQ(shmget(key, 5000, IPC_CREAT | 0600), memory);
	CHECK_EQ(shmget(key, 0, 0), memory);
	CHECK_ERRNO(shmget(key, 9000, 0600), EINVAL);
	CHECK_ERRNO(semget(key, 1, 0600), ENOENT);
	int semaphores = CHECK_SYS(semget(key, 3, IPC_CREAT | IPC_EXCL | 0600));
	CHECK_EQ(semget(key, 3, 0600), semaphores);
	CHECK_EQ(semget(key, 0, 0600), semaphores);
	CHECK_ERRNO(semget(key, 4, 0600), EINVAL);
	CHECK_ERRNO(semget(key + 1, 0, IPC_CREAT | 0600), EINVAL);
	CHECK_ERRNO(msgget(key, 0600), ENOENT);
	int queue = CHECK_SYS(msgget(key, IPC_CREAT | IPC_EXCL | 0600));
	CHECK_ERRNO(msgget(key, IPC_CREAT | IPC_EXCL | 0600), EEXIST);

	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(shmget(key, 100, 0600), memory);
		CHECK_EQ(semget(key, 2, 0600), semaphores);
		CHECK_EQ(msgget(key, 0600), queue);
		/* What a process made does not go with it. */
		CHECK_SYS(semctl(CHECK_SYS(semget(key + 1, 1, IPC_CREAT | 0600)), 0, SETVAL, 7));
		_exit(0);
	}
	CHECK_CHILD(child);
	int left = CHECK_SYS(semget(key + 1, 1, 0));
	CHECK_EQ(semctl(left, 0, GETVAL), 7);
	CHECK_SYS(semctl(left, 0, IPC_RMID));
	CHECK_SYS(shmctl(memory, IPC_RMID, NULL));
	CHECK_SYS(semctl(semaphores, 0, IPC_RMID));
	CHECK_SYS(msgctl(queue, IPC_RMID, NULL));
	CHECK_ERRNO(shmget(key, 100, 0600), ENOENT);
	CHECK_ERRNO(semget(key, 1, 0600), ENOENT);
	CHECK_ERRNO(msgget(key, 0600), ENOENT);
	CHECK_ERRNO(msgctl(queue, IPC_RMID, NULL), EINVAL);
	/* A new one under the same key has another number. */
	int again = CHECK_SYS(msgget(key, IPC_CREAT | 0600));
	CHECK(again != queue);
	CHECK_SYS(msgctl(again, IPC_RMID, NULL));
	return check_done();
}
