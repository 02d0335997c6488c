/* getrandom: lengths, flags, bytes that differ, and refused arguments. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/random.h>
#include <sys/syscall.h>

int main(void)
{
	static unsigned char first[4096], second[4096];
	unsigned counts[256] = {0};
	CHECK_EQ(getrandom(first, sizeof first, 0), sizeof first);
	CHECK_EQ(getrandom(second, sizeof second, GRND_NONBLOCK), sizeof second);
	CHECK(memcmp(first, second, sizeof first) != 0);
	/* Each value turns up in 8192 bytes, but for a chance of one in ten to the eleventh. */
	for (size_t i = 0; i < sizeof first; i++) {
		counts[first[i]]++;
		counts[second[i]]++;
	}
	for (int i = 0; i < 256; i++)
		CHECK(counts[i] > 0 && counts[i] < 200);
	memset(first, 0, sizeof first);
	CHECK_EQ(getrandom(first, 10, GRND_RANDOM), 10);
	for (int i = 10; i < 4096; i++)
		CHECK_EQ(first[i], 0);
	CHECK_EQ(getrandom(first, 10, GRND_INSECURE), 10);
	CHECK_EQ(getrandom(first, 0, 0), 0);
	CHECK_ERRNO(getrandom(first, 10, 0x80), EINVAL);
	CHECK_ERRNO(getrandom(first, 10, GRND_RANDOM | GRND_INSECURE), EINVAL);
	CHECK_ERRNO(syscall(SYS_getrandom, 8, 10, 0), EFAULT);
	CHECK_EQ(getentropy(first, 256), 0);
	CHECK_ERRNO(getentropy(first, 257), EIO);
	/* A child goes on with other bytes. */
	int ends[2];
	CHECK_EQ(pipe(ends), 0);
	pid_t child = CHECK_SYS(fork());
	CHECK_EQ(getrandom(first, 16, 0), 16);
	if (child == 0)
		_exit(write(ends[1], first, 16) == 16 ? 0 : 1);
	CHECK_EQ(read(ends[0], second, 16), 16);
	CHECK(memcmp(first, second, 16) != 0);
	CHECK_CHILD(child);
	return check_done();
}
