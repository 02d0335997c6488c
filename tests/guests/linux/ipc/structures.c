// qemu: no, it writes half of the mode and no msg_lrpid
/* IPC_STAT of shared memory, semaphores and messages writes every field, whatever was in the structure; IPC_SET
 * changes few. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

union semun {
	int val;
	struct semid_ds *buf;
};

static time_t begin;

static void permissions(const struct ipc_perm *perm, unsigned mode)
{
	CHECK_EQ(perm->mode, mode);
	CHECK_EQ(perm->__key, IPC_PRIVATE);
	CHECK_EQ(perm->uid, geteuid());
	CHECK_EQ(perm->gid, getegid());
	CHECK_EQ(perm->cuid, geteuid());
	CHECK_EQ(perm->cgid, getegid());
}

int main(void)
{
	struct shmid_ds memory;
	struct semid_ds semaphores;
	struct msqid_ds queue;
	struct {
		long type;
		char text[8];
	} message = {3, "abc"};
	begin = time(NULL) - 1;
	int m = CHECK_SYS(shmget(IPC_PRIVATE, 5001, 0620)), s = CHECK_SYS(semget(IPC_PRIVATE, 4, 0604));
	int q = CHECK_SYS(msgget(IPC_PRIVATE, 0666));
	memset(&memory, 0x55, sizeof memory);
	memset(&semaphores, 0x55, sizeof semaphores);
	memset(&queue, 0x55, sizeof queue);
	CHECK_SYS(shmctl(m, IPC_STAT, &memory));
	permissions(&memory.shm_perm, 0620);
	CHECK_EQ(memory.shm_segsz, 5001);
	CHECK(memory.shm_atime == 0 && memory.shm_dtime == 0 && memory.shm_ctime >= begin);
	CHECK(memory.shm_cpid == getpid() && memory.shm_lpid == 0 && memory.shm_nattch == 0);
	CHECK_SYS(semctl(s, 0, IPC_STAT, (union semun){.buf = &semaphores}));
	permissions(&semaphores.sem_perm, 0604);
	CHECK(semaphores.sem_nsems == 4 && semaphores.sem_otime == 0 && semaphores.sem_ctime >= begin);
	CHECK_SYS(msgctl(q, IPC_STAT, &queue));
	permissions(&queue.msg_perm, 0666);
	CHECK(queue.msg_stime == 0 && queue.msg_rtime == 0 && queue.msg_ctime >= begin);
	CHECK(queue.msg_qnum == 0 && queue.__msg_cbytes == 0 && queue.msg_lspid == 0 && queue.msg_lrpid == 0);
	CHECK(queue.msg_qbytes >= 1024);

	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		struct sembuf up = {2, 6, 0};
		CHECK_SYS(msgsnd(q, &message, 3, 0));
		CHECK_EQ(msgrcv(q, &message, 8, 0, 0), 3);
		CHECK_SYS(msgsnd(q, &message, 2, 0));
		CHECK_SYS(semop(s, &up, 1));
		void *at = shmat(m, NULL, 0);
		CHECK((long)at != -1);
		CHECK_SYS(shmdt(at));
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_SYS(msgctl(q, IPC_STAT, &queue));
	CHECK(queue.msg_lspid == child && queue.msg_lrpid == child);
	CHECK(queue.msg_qnum == 1 && queue.__msg_cbytes == 2);
	CHECK(queue.msg_stime >= begin && queue.msg_rtime >= begin);
	CHECK_SYS(semctl(s, 0, IPC_STAT, (union semun){.buf = &semaphores}));
	CHECK(semaphores.sem_otime >= begin);
	CHECK_EQ(semctl(s, 2, GETPID), child);
	CHECK_EQ(semctl(s, 1, GETPID), 0);
	CHECK_SYS(shmctl(m, IPC_STAT, &memory));
	CHECK(memory.shm_lpid == child && memory.shm_nattch == 0);
	CHECK(memory.shm_atime >= begin && memory.shm_dtime >= begin);

	/* Nine bits of the mode and the owner can be set. */
	memory.shm_perm.mode = 07400;
	memory.shm_segsz = 1;
	CHECK_SYS(shmctl(m, IPC_SET, &memory));
	CHECK_SYS(shmctl(m, IPC_STAT, &memory));
	permissions(&memory.shm_perm, 0400);
	CHECK_EQ(memory.shm_segsz, 5001);
	CHECK_SYS(shmctl(m, IPC_RMID, NULL));
	CHECK_SYS(semctl(s, 0, IPC_RMID));
	CHECK_SYS(msgctl(q, IPC_RMID, NULL));
	return check_done();
}
