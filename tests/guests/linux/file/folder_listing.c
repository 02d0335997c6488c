/* getdents64: 500 names each once over many small reads, types, d_off to resume at, rewinding, removed folders. */
#define _GNU_SOURCE
#include "../check.h"
#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { COUNT = 500 };

static long getdents(int fd, void *buffer, unsigned long length)
{
	return syscall(SYS_getdents64, fd, buffer, length);
}

int main(void)
{
	char buffer[512] __attribute__((aligned(8))), name[32], seen[COUNT] = {0}, mark[64] = "", after[64] = "";
	int dots = 0, others = 0, total = 0;
	off_t offset = 0;
	CHECK_SYS(mkdir("many", 0700));
	CHECK_SYS(chdir("many"));
	for (int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof name, "file-%03d", i);
		CHECK_SYS(close(CHECK_SYS(open(name, O_CREAT | O_WRONLY, 0600))));
	}
	CHECK_SYS(mkdir("folder", 0700));
	CHECK_SYS(symlink("x", "link"));
	CHECK_SYS(mkfifo("fifo", 0600));
	int fd = CHECK_SYS(open(".", O_RDONLY | O_DIRECTORY));
	for (long got; (got = CHECK_SYS(getdents(fd, buffer, sizeof buffer))) > 0;) {
		for (long at = 0; at < got;) {
			struct dirent64 *entry = (struct dirent64 *)(buffer + at);
			CHECK_EQ(entry->d_reclen % 8, 0);
			CHECK(entry->d_ino != 0);
			CHECK(offsetof(struct dirent64, d_name) + strlen(entry->d_name) + 1 <= entry->d_reclen);
			int number = -1;
			unsigned char want = DT_REG;
			if (sscanf(entry->d_name, "file-%d", &number) == 1) {
				CHECK(number >= 0 && number < COUNT);
				CHECK_EQ(seen[number]++, 0);
			} else if (entry->d_name[0] == '.') {
				want = DT_DIR;
				dots++;
			} else {
				want = entry->d_name[1] == 'o' ? DT_DIR : entry->d_name[0] == 'l' ? DT_LNK : DT_FIFO;
				others++;
			}
			/* A file system may leave it to stat. */
			CHECK(entry->d_type == want || entry->d_type == DT_UNKNOWN);
			if (total == 250)
				strcpy(after, entry->d_name);
			if (++total == 250) {
				strcpy(mark, entry->d_name);
				offset = entry->d_off;
			}
			at += entry->d_reclen;
		}
	}
	CHECK_EQ(total, COUNT + 5);
	CHECK_EQ(dots, 2);
	CHECK_EQ(others, 3);
	CHECK_EQ(getdents(fd, buffer, sizeof buffer), 0);
	/* From the offset of an entry one goes on with the entry behind it. */
	CHECK(mark[0] != 0);
	CHECK_EQ(lseek(fd, offset, SEEK_SET), offset);
	CHECK(getdents(fd, buffer, sizeof buffer) > 0);
	CHECK_STR(((struct dirent64 *)buffer)->d_name, after);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK(getdents(fd, buffer, sizeof buffer) > 0);

	CHECK_ERRNO(getdents(fd, buffer, 8), EINVAL);
	int file = CHECK_SYS(open("file-000", O_RDONLY));
	CHECK_ERRNO(getdents(file, buffer, sizeof buffer), ENOTDIR);
	CHECK_ERRNO(getdents(999, buffer, sizeof buffer), EBADF);
	int gone = CHECK_SYS(open("folder", O_RDONLY));
	CHECK_SYS(rmdir("folder"));
	CHECK_ERRNO(getdents(gone, buffer, sizeof buffer), ENOENT);
	return check_done();
}
