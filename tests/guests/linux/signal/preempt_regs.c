/* arm64: signals that arrive at any instruction of a loop leave general registers, V registers and flags as they
 * were, and exclusive pairs still count right. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/time.h>

static volatile int ticks;
static uint64_t shared;

static void handler(int signo)
{
	(void)signo;
	ticks++;
	/* Uses what a compiler would, and more. */
	__asm__ volatile("movi v0.2d, #0\n\tmovi v1.2d, #0\n\tmovi v31.2d, #0\n\tmov x9, #-1\n\tcmp x9, #0\n\tclrex" ::
				 : "v0", "v1", "v31", "x9", "cc", "memory");
	__atomic_fetch_add(&shared, 1 << 20, __ATOMIC_RELAXED);
}

int main(void)
{
	struct itimerval every = {{0, 2000}, {0, 2000}};
	CHECK_EQ(sigaction(SIGALRM, &(struct sigaction){.sa_handler = handler, .sa_flags = SA_RESTART}, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &every, NULL), 0);
	uint64_t rounds = 0;
	while (ticks < 25) {
		uint64_t sum = 0, wrong = 0;
		__asm__ volatile("mov x9, #1\n\t"
				 "mov x10, #2\n\t"
				 "mov x16, #3\n\t"
				 "fmov d0, #1.0\n\t"
				 "fmov d31, #1.0\n\t"
				 "mov x11, #2000\n"
				 "1:\n\t"
				 "adds x12, x9, x10\n\t" /* 3 */
				 "add x12, x12, x16\n\t" /* 6 */
				 "add %[sum], %[sum], x12\n\t"
				 "fadd d1, d0, d31\n\t"
				 "fcmp d1, d0\n\t"
				 "cinc %[wrong], %[wrong], le\n"
				 "2: ldxr x13, [%[shared]]\n\t"
				 "add x13, x13, #1\n\t"
				 "stxr w14, x13, [%[shared]]\n\t"
				 "cbnz w14, 2b\n\t"
				 "subs x11, x11, #1\n\t"
				 "b.ne 1b"
				 : [sum] "+&r"(sum), [wrong] "+&r"(wrong)
				 : [shared] "r"(&shared)
				 : "x9", "x10", "x11", "x12", "x13", "x14", "x16", "v0", "v1", "v31", "cc", "memory");
		CHECK_EQ(sum, 12000);
		CHECK_EQ(wrong, 0);
		rounds++;
	}
	every = (struct itimerval){{0, 0}, {0, 0}};
	CHECK_EQ(setitimer(ITIMER_REAL, &every, NULL), 0);
	CHECK_EQ(shared, rounds * 2000 + ((uint64_t)ticks << 20));
	return check_done();
}
