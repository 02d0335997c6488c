/* An eventfd and a memfd that processes share: by fork, and sent by SCM_RIGHTS to one that did not have them. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

union control {
	char bytes[CMSG_SPACE(2 * sizeof(int))];
	struct cmsghdr align;
};

int main(void)
{
	uint64_t value;
	int counter = CHECK_SYS(eventfd(0, EFD_SEMAPHORE)), pair[2], fds[2];
	pid_t pids[3];
	/* Three children wait for one unit each. */
	for (int i = 0; i < 3; i++) {
		pids[i] = CHECK_SYS(fork());
		if (pids[i] == 0) {
			CHECK_EQ(read(counter, &value, 8), 8);
			CHECK_EQ(value, 1);
			_exit(0);
		}
	}
	value = 3;
	CHECK_EQ(write(counter, &value, 8), 8);
	for (int i = 0; i < 3; i++)
		CHECK_CHILD(pids[i]);

	CHECK_SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	union control control = {.bytes = ""};
	char byte = 'b';
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				 .msg_controllen = sizeof control};
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		CHECK_EQ(recvmsg(pair[1], &message, 0), 1);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		CHECK(header != NULL);
		CHECK_EQ(header->cmsg_len, CMSG_LEN(sizeof fds));
		memcpy(fds, CMSG_DATA(header), sizeof fds);
		char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
		CHECK(map != MAP_FAILED);
		CHECK_STR(map, "from the parent");
		strcpy(map, "from the child");
		value = 77;
		CHECK_EQ(write(fds[1], &value, 8), 8);
		_exit(0);
	}
	/* Made after the fork. */
	fds[0] = CHECK_SYS(memfd_create("shared", 0));
	fds[1] = CHECK_SYS(eventfd(0, 0));
	CHECK_SYS(ftruncate(fds[0], 4096));
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
	CHECK(map != MAP_FAILED);
	strcpy(map, "from the parent");
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof fds);
	memcpy(CMSG_DATA(header), fds, sizeof fds);
	CHECK_EQ(sendmsg(pair[0], &message, 0), 1);
	CHECK_EQ(read(fds[1], &value, 8), 8);
	CHECK_EQ(value, 77);
	CHECK_STR(map, "from the child");
	CHECK_CHILD(child);
	/* The child's mapping is gone, the file keeps what it wrote. */
	char text[16] = "";
	CHECK_EQ(pread(fds[0], text, 15, 0), 15);
	CHECK_STR(text, "from the child");
	return check_done();
}
