/* POSIX message queues where the kernel has them: priorities, blocking between processes, attributes, errors. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>

int main(void)
{
	char name[64], text[32] = "";
	unsigned priority = 0;
	struct stat folder;
	struct mq_attr about = {.mq_maxmsg = 3, .mq_msgsize = 16}, now;
	/* Named after the folder, which no other run has; what a killed run has left there is in the way. */
	CHECK_SYS(stat(".", &folder));
	snprintf(name, sizeof name, "/guest-mq-%lu", (unsigned long)folder.st_ino);
	mq_unlink(name);
	mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &about);
	if (queue == -1 && errno == ENOSYS)
		/* A kernel may have been built without them. */
		return check_done();
	CHECK(queue != -1);
	CHECK_ERRNO(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &about), EEXIST);
	CHECK_SYS(mq_send(queue, "low", 3, 1));
	CHECK_SYS(mq_send(queue, "high", 4, 9));
	CHECK_SYS(mq_send(queue, "high too", 8, 9));
	CHECK_SYS(mq_getattr(queue, &now));
	CHECK(now.mq_maxmsg == 3 && now.mq_msgsize == 16 && now.mq_curmsgs == 3 && now.mq_flags == 0);
	now.mq_flags = O_NONBLOCK;
	CHECK_SYS(mq_setattr(queue, &now, NULL));
	CHECK_ERRNO(mq_send(queue, "x", 1, 0), EAGAIN);
	CHECK_ERRNO(mq_send(queue, text, 17, 0), EMSGSIZE);
	CHECK_ERRNO(mq_receive(queue, text, 15, NULL), EMSGSIZE);
	static const char *const want[] = {"high", "high too", "low"};
	for (int i = 0; i < 3; i++) {
		memset(text, 0, sizeof text);
		CHECK_EQ(mq_receive(queue, text, sizeof text, &priority), strlen(want[i]));
		CHECK_STR(text, want[i]);
		CHECK_EQ(priority, i < 2 ? 9 : 1);
	}
	CHECK_ERRNO(mq_receive(queue, text, sizeof text, NULL), EAGAIN);
	now.mq_flags = 0;
	CHECK_SYS(mq_setattr(queue, &now, NULL));
	struct timespec limit;
	CHECK_SYS(clock_gettime(CLOCK_REALTIME, &limit));
	CHECK_ERRNO(mq_timedreceive(queue, text, sizeof text, NULL, &limit), ETIMEDOUT);

	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		usleep(20000);
		mqd_t own = mq_open(name, O_WRONLY);
		CHECK(own != -1);
		CHECK_SYS(mq_send(own, "from child", 10, 5));
		CHECK_ERRNO(mq_receive(own, text, sizeof text, NULL), EBADF);
		_exit(0);
	}
	memset(text, 0, sizeof text);
	CHECK_EQ(mq_receive(queue, text, sizeof text, &priority), 10);
	CHECK_STR(text, "from child");
	CHECK_CHILD(child);
	struct pollfd poller = {.fd = queue, .events = POLLIN | POLLOUT};
	CHECK_EQ(poll(&poller, 1, 0), 1);
	CHECK_EQ(poller.revents, POLLOUT);
	CHECK_SYS(mq_unlink(name));
	CHECK_ERRNO(mq_unlink(name), ENOENT);
	CHECK_ERRNO(mq_open(name, O_RDWR), ENOENT);
	CHECK_SYS(mq_send(queue, "", 0, 0));
	CHECK_EQ(mq_receive(queue, text, sizeof text, &priority), 0);
	CHECK_SYS(mq_close(queue));
	CHECK_ERRNO(mq_send(queue, "x", 1, 0), EBADF);
	return check_done();
}
