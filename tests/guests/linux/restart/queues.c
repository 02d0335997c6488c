/* System V calls: msgrcv, msgsnd and semop are never restarted. */
#define _GNU_SOURCE
#include "ticks.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

int main(void)
{
	struct {
		long type;
		char text[64];
	} message = {1, "text"};
	int queue = CHECK_SYS(msgget(IPC_PRIVATE, 0600));
	int set = CHECK_SYS(semget(IPC_PRIVATE, 1, 0600));
	struct sembuf down = {0, -1, 0};
	for (int i = 0; i < 2; i++) {
		int flags = i ? SA_RESTART : 0;
		INTERRUPTED(flags, msgrcv(queue, &message, sizeof message.text, 0, 0));
		INTERRUPTED(flags, semop(set, &down, 1));
	}
	CHECK_EQ(msgsnd(queue, &message, 5, IPC_NOWAIT), 0);
	CHECK_EQ(msgrcv(queue, &message, sizeof message.text, 0, 0), 5);
	CHECK_STR(message.text, "text");
	CHECK_ERRNO(msgrcv(queue, &message, sizeof message.text, 0, IPC_NOWAIT), ENOMSG);
	CHECK_ERRNO(semop(set, &(struct sembuf){0, -1, IPC_NOWAIT}, 1), EAGAIN);
	CHECK_EQ(msgctl(queue, IPC_RMID, NULL), 0);
	CHECK_EQ(semctl(set, 0, IPC_RMID), 0);
	return check_done();
}
