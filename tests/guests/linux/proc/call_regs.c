/* arm64: a system call changes x0 only. All other general registers, the V registers and the flags are as before, for
 * calls that succeed, fail, block and do not exist. */
#define _GNU_SOURCE
#include "../check.h"

uint64_t regs_in[31], regs_out[31];
__uint128_t vregs_in[32], vregs_out[32];
uint64_t flags_out;

/* Loads x1-x28 and v0-v31, calls, stores them. x0 and x8 and the arguments come from regs_in as well. */
__attribute__((noinline)) static void call(void)
{
	__asm__ volatile(
		"stp x29, x30, [sp, #-16]!\n\t"
		"adrp x29, vregs_in\n\tadd x29, x29, :lo12:vregs_in\n\t"
		".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
		"ldr q\\n, [x29, #16 * \\n]\n\t.endr\n\t"
		"adrp x29, regs_in\n\tadd x29, x29, :lo12:regs_in\n\t"
		".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28\n\t"
		"ldr x\\n, [x29, #8 * \\n]\n\t.endr\n\t"
		"mov x30, #0x90000000\n\tmsr nzcv, x30\n\t"
		"svc #0\n\t"
		"adrp x29, regs_out\n\tadd x29, x29, :lo12:regs_out\n\t"
		".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28\n\t"
		"str x\\n, [x29, #8 * \\n]\n\t.endr\n\t"
		"mrs x0, nzcv\n\tadrp x29, flags_out\n\tstr x0, [x29, :lo12:flags_out]\n\t"
		"adrp x29, vregs_out\n\tadd x29, x29, :lo12:vregs_out\n\t"
		".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
		"str q\\n, [x29, #16 * \\n]\n\t.endr\n\t"
		"ldp x29, x30, [sp], #16" ::
			: "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
			  "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "v0", "v1", "v2", "v3",
			  "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19",
			  "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "cc", "memory");
}

static void keeps(uint64_t number, uint64_t first, uint64_t second, uint64_t third, int64_t result)
{
	for (unsigned i = 0; i < 31; i++)
		regs_in[i] = 0x1234567800000000u + i * 0x10001;
	for (unsigned i = 0; i < 32; i++)
		vregs_in[i] = (__uint128_t)(0x1111111111111111u * i) << 64 | (0xaaaa000000000000u + i);
	regs_in[0] = first;
	regs_in[1] = second;
	regs_in[2] = third;
	regs_in[3] = 0;
	regs_in[8] = number;
	call();
	CHECK_EQ(regs_out[0], result);
	for (int i = 1; i < 29; i++)
		CHECK_EQ(regs_out[i], regs_in[i]);
	CHECK_EQ(flags_out, 0x90000000);
	CHECK_MEM(vregs_out, vregs_in, sizeof vregs_in);
}

int main(void)
{
	uint64_t length[2] = {0, 2000000};
	char bytes[8];
	int ends[2];
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], "abc", 3), 3);
	keeps(172, 7, 8, 9, getpid());                                        /* getpid */
	keeps(63, (uint64_t)ends[0], (uint64_t)(uintptr_t)bytes, 8, 3);        /* read */
	keeps(63, 9999, (uint64_t)(uintptr_t)bytes, 8, -EBADF);                /* read */
	keeps(101, (uint64_t)(uintptr_t)length, 0, 0, 0);                      /* nanosleep */
	keeps(124, 1, 2, 3, 0);                                               /* sched_yield */
	keeps(9999, 1, 2, 3, -ENOSYS);                                        /* none */
	keeps(98, (uint64_t)(uintptr_t)bytes, 129, 1, 0);                      /* futex: wake */
	/* The number of a call is 32 bits wide. */
	keeps(0xffffffff000000acu, 7, 8, 9, getpid());
	return check_done();
}
