/* shm_open: a named object, its mode and flags, sharing by name and by fork, unlinking while mapped. */
#define _GNU_SOURCE
#include "../check.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main(void)
{
	char name[64], path[96];
	struct stat about;
	umask(022);
	/* Named after the folder, which no other run has; what a killed run has left there is in the way. */
	CHECK_SYS(stat(".", &about));
	snprintf(name, sizeof name, "/guest-shm-%lu", (unsigned long)about.st_ino);
	shm_unlink(name);
	CHECK_ERRNO(shm_open(name, O_RDWR, 0), ENOENT);
	int fd = CHECK_SYS(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0666));
	CHECK_ERRNO(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_SYS(fstat(fd, &about));
	CHECK_EQ(about.st_size, 0);
	CHECK_EQ(about.st_mode, S_IFREG | 0644);
	snprintf(path, sizeof path, "/dev/shm%s", name);
	CHECK_SYS(stat(path, &about));
	CHECK_SYS(ftruncate(fd, 8192));
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	strcpy(map + 5000, "parent");

	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		int own = CHECK_SYS(shm_open(name, O_RDWR, 0));
		char *at = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, own, 0);
		CHECK(at != MAP_FAILED && at != map);
		CHECK_STR(at + 5000, "parent");
		strcpy(at + 5000, "child");
		CHECK_STR(map + 5000, "child");
		_exit(0);
	}
	CHECK_CHILD(child);
	CHECK_STR(map + 5000, "child");
	int reader = CHECK_SYS(shm_open(name, O_RDONLY, 0));
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED);
	CHECK_SYS(shm_unlink(name));
	CHECK_ERRNO(shm_unlink(name), ENOENT);
	CHECK_ERRNO(shm_open(name, O_RDWR, 0), ENOENT);
	/* Mapped it lives on, and shrinks with its file. */
	CHECK_STR(map + 5000, "child");
	CHECK_SYS(ftruncate(reader, 0) == -1 ? ftruncate(fd, 4096) : -1);
	CHECK_SYS(fstat(fd, &about));
	CHECK_EQ(about.st_size, 4096);
	CHECK_EQ(about.st_nlink, 0);
	CHECK_ERRNO(shm_open("/with/slash", O_RDWR | O_CREAT, 0600), EINVAL);
	return check_done();
}
