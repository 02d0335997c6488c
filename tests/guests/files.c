/* Writes a file in the folder argv[1], reads it back by parts, and calls getppid once per set bit of the first 64
 * bytes read: what it does next depends on what it read, so that a changed byte in a trace cannot go unseen. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	char path[4096], bytes[64];
	struct stat stat;
	if (argc < 2 || chdir(argv[1]) != 0)
		return fail("chdir");
	snprintf(path, sizeof path, "%s/%s", argv[1], "data");
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		return fail("open");
	for (int i = 0; i < 256; i++) {
		memset(bytes, 'a' + i % 26, sizeof bytes);
		if (write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes)
			return fail("write");
	}
	if (fstat(fd, &stat) != 0 || stat.st_size != 16384 || lseek(fd, 0, SEEK_SET) != 0)
		return fail("fstat");
	if (read(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes)
		return fail("read");
	int bits = 0;
	for (unsigned i = 0; i < sizeof bytes; i++)
		bits += __builtin_popcount((unsigned char)bytes[i]);
	for (int i = 0; i < bits; i++)
		syscall(SYS_getppid);
	long total = sizeof bytes;
	for (ssize_t n; (n = read(fd, path, sizeof path)) > 0;)
		total += n;
	if (close(fd) != 0 || rename("data", "moved") != 0 || access("data", F_OK) == 0 || unlink("moved") != 0)
		return fail("rename");
	if (mkdir("sub", 0755) != 0 || symlink("sub", "link") != 0)
		return fail("mkdir");
	ssize_t n = readlink("link", bytes, sizeof bytes);
	if (n != 3 || memcmp(bytes, "sub", 3) != 0 || unlink("link") != 0 || rmdir("sub") != 0)
		return fail("readlink");
	printf("%d bits, %ld bytes\n", bits, total);
	return 0;
}
