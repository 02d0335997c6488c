/* SysV messages: order by type, negative types, MSG_EXCEPT, MSG_NOERROR, a full queue, waiting processes,
 * IPC_RMID. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <time.h>

static int id;
static struct {
	long type;
	char text[64];
} message;

static int put(long type, const char *text, int flags)
{
	message.type = type;
	strcpy(message.text, text);
	return msgsnd(id, &message, strlen(text), flags);
}

static void take(long type, int flags, long want_type, const char *want)
{
	memset(&message, 0, sizeof message);
	CHECK_EQ(msgrcv(id, &message, sizeof message.text, type, flags), strlen(want));
	CHECK_EQ(message.type, want_type);
	CHECK_STR(message.text, want);
}

int main(void)
{
	struct msqid_ds about;
	id = CHECK_SYS(msgget(IPC_PRIVATE, 0600));
	CHECK_ERRNO(msgrcv(id, &message, 10, 0, IPC_NOWAIT), ENOMSG);
	CHECK_ERRNO(put(0, "x", 0), EINVAL);
	CHECK_ERRNO(put(-1, "x", 0), EINVAL);
	static const long types[] = {5, 3, 9, 3, 1, 7};
	static const char *const texts[] = {"five", "three", "nine", "three again", "one", "seven"};
	for (int i = 0; i < 6; i++)
		CHECK_SYS(put(types[i], texts[i], 0));
	CHECK_SYS(msgctl(id, IPC_STAT, &about));
	CHECK_EQ(about.msg_qnum, 6);
	CHECK_EQ(about.msg_cbytes, 4 + 5 + 4 + 11 + 3 + 5);
	CHECK_EQ(about.msg_lspid, getpid());
	take(0, 0, 5, "five");
	take(3, 0, 3, "three");
	/* The lowest type up to the given one. */
	take(-4, 0, 1, "one");
	take(-4, 0, 3, "three again");
	CHECK_ERRNO(msgrcv(id, &message, 64, -4, IPC_NOWAIT), ENOMSG);
	take(9, MSG_EXCEPT, 7, "seven");
	CHECK_ERRNO(msgrcv(id, &message, 3, 0, 0), E2BIG);
	memset(&message, 0, sizeof message);
	CHECK_EQ(msgrcv(id, &message, 3, 0, MSG_NOERROR), 3);
	CHECK_STR(message.text, "nin");
	CHECK_ERRNO(msgrcv(id, &message, 64, 0, IPC_NOWAIT), ENOMSG);

	/* The queue holds so many bytes and no more. */
	CHECK_SYS(msgctl(id, IPC_STAT, &about));
	about.msg_qbytes = 20;
	CHECK_SYS(msgctl(id, IPC_SET, &about));
	CHECK_SYS(put(1, "0123456789", 0));
	CHECK_SYS(put(1, "0123456789", 0));
	CHECK_ERRNO(put(1, "x", IPC_NOWAIT), EAGAIN);
	int ends[2];
	char byte;
	CHECK_SYS(pipe(ends));
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		/* Waits until there is room, then until its answer comes. */
		CHECK_SYS(put(2, "waited", 0));
		take(44, 0, 44, "answer");
		CHECK_EQ(write(ends[1], "a", 1), 1);
		/* Removed while we wait, or, if that was sooner, not there any more. */
		ssize_t got = msgrcv(id, &message, 64, 45, 0);
		int error = errno;
		CHECK_EQ(got, -1);
		CHECK(error == EIDRM || error == EINVAL);
		_exit(0);
	}
	take(1, 0, 1, "0123456789");
	take(2, 0, 2, "waited");
	CHECK_SYS(put(44, "answer", 0));
	struct timespec delay = {0, 20000000};
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	nanosleep(&delay, NULL);
	CHECK_SYS(msgctl(id, IPC_STAT, &about));
	CHECK_EQ(about.msg_qnum, 1);
	CHECK_SYS(msgctl(id, IPC_RMID, NULL));
	CHECK_CHILD(child);
	CHECK_ERRNO(put(1, "x", 0), EINVAL);
	return check_done();
}
