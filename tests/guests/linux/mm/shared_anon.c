/* MAP_SHARED | MAP_ANONYMOUS across fork: one memory for all generations, private memory beside it is not. */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

int main(void)
{
	long *shared = CHECK_SYS(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	long *own = CHECK_SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	pid_t children[4];
	for (int i = 0; i < 4; i++) {
		children[i] = CHECK_SYS(fork());
		if (children[i] == 0) {
			for (int k = 0; k < 1000; k++)
				__atomic_add_fetch(&shared[0], 1, __ATOMIC_SEQ_CST);
			own[0] += 5;
			pid_t grandchild = CHECK_SYS(fork());
			if (grandchild == 0) {
				CHECK_EQ(own[0], 5);
				__atomic_add_fetch(&shared[1000], 1, __ATOMIC_SEQ_CST);
				_exit(0);
			}
			CHECK_CHILD(grandchild);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		CHECK_CHILD(children[i]);
	CHECK_EQ(shared[0], 4000);
	CHECK_EQ(shared[1000], 4);
	CHECK_EQ(own[0], 0);
	/* A pointer that is handed over and back, both sides waiting on memory alone. */
	shared[1] = 0;
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		for (long i = 0; i < 20; i++) {
			while (__atomic_load_n(&shared[1], __ATOMIC_ACQUIRE) != 2 * i + 1)
				usleep(100);
			__atomic_store_n(&shared[1], 2 * i + 2, __ATOMIC_RELEASE);
		}
		/* Rights are of the mapping, not of the memory. */
		CHECK_EQ(mprotect(shared, 8192, PROT_READ), 0);
		_exit(0);
	}
	for (long i = 0; i < 20; i++) {
		__atomic_store_n(&shared[1], 2 * i + 1, __ATOMIC_RELEASE);
		while (__atomic_load_n(&shared[1], __ATOMIC_ACQUIRE) != 2 * i + 2)
			usleep(100);
	}
	CHECK_CHILD(child);
	shared[1] = 1;
	return check_done();
}
