/* SysV shared memory: attach by processes, the counts and numbers of shmid_ds, IPC_RMID while attached, and the
 * errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

int main(void)
{
	struct shmid_ds about;
	int id = CHECK_SYS(shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0640));
	int other = CHECK_SYS(shmget(IPC_PRIVATE, 1, 0600));
	CHECK(other != id);
	CHECK_SYS(shmctl(other, IPC_RMID, NULL));
	memset(&about, 0, sizeof about);
	CHECK_SYS(shmctl(id, IPC_STAT, &about));
	CHECK_EQ(about.shm_segsz, 10000);
	CHECK_EQ(about.shm_nattch, 0);
	CHECK_EQ(about.shm_cpid, getpid());
	CHECK_EQ(about.shm_lpid, 0);
	CHECK_EQ(about.shm_atime, 0);
	CHECK_EQ(about.shm_perm.mode, 0640);
	CHECK_EQ(about.shm_perm.uid, geteuid());

	char *map = shmat(id, NULL, 0), *reader = shmat(id, NULL, SHM_RDONLY);
	CHECK((long)map != -1 && (long)reader != -1 && map != reader);
	CHECK_EQ((uintptr_t)map % 4096, 0);
	CHECK_EQ(map[0] + map[9999], 0);
	strcpy(map + 9000, "parent");
	CHECK_STR(reader + 9000, "parent");
	CHECK_SYS(shmctl(id, IPC_STAT, &about));
	CHECK_EQ(about.shm_nattch, 2);
	CHECK_EQ(about.shm_lpid, getpid());
	CHECK(about.shm_atime != 0);

	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		/* The attachments are inherited and counted. */
		CHECK_SYS(shmctl(id, IPC_STAT, &about));
		CHECK_EQ(about.shm_nattch, 4);
		CHECK_STR(map + 9000, "parent");
		CHECK_SYS(shmdt(map));
		char *own = shmat(id, NULL, 0);
		CHECK((long)own != -1);
		strcpy(own + 9000, "child");
		CHECK_STR(reader + 9000, "child");
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_STR(map + 9000, "child");
	CHECK_SYS(shmctl(id, IPC_STAT, &about));
	CHECK_EQ(about.shm_nattch, 2);
	CHECK_EQ(about.shm_lpid, child);

	/* Removed it lives until the last one lets go; nobody finds it by its key any more. */
	CHECK_SYS(shmctl(id, IPC_RMID, NULL));
	CHECK_SYS(shmctl(id, IPC_STAT, &about));
	CHECK_EQ(about.shm_perm.mode & 01000, 01000);
	strcpy(map, "still here");
	CHECK_STR(reader, "still here");
	CHECK_SYS(shmdt(reader));
	CHECK_SYS(shmdt(map));
	CHECK_ERRNO(shmdt(map), EINVAL);
	CHECK_ERRNO(shmctl(id, IPC_STAT, &about), EINVAL);
	CHECK_ERRNO(shmat(id, NULL, 0), EINVAL);
	CHECK_ERRNO(shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600), EINVAL);
	return check_done();
}
