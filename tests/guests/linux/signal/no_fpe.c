/* arm64 raises no SIGFPE: a division by zero gives 0, the smallest integer by -1 itself, and a floating division only
 * sets a flag. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>

static volatile int runs;

static void handler(int signo)
{
	(void)signo;
	runs++;
}

static long quotient(long a, long b)
{
	long result;
	__asm__ volatile("sdiv %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
	return result;
}

static int quotient32(int a, int b)
{
	int result;
	__asm__ volatile("sdiv %w0, %w1, %w2" : "=r"(result) : "r"(a), "r"(b));
	return result;
}

static unsigned long unsigned_quotient(unsigned long a, unsigned long b)
{
	unsigned long result;
	__asm__ volatile("udiv %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
	return result;
}

int main(void)
{
	CHECK_EQ(sigaction(SIGFPE, &(struct sigaction){.sa_handler = handler}, NULL), 0);
	CHECK_EQ(quotient(5, 0), 0);
	CHECK_EQ(quotient(INT64_MIN, -1), INT64_MIN);
	CHECK_EQ(quotient32(INT32_MIN, -1), INT32_MIN);
	CHECK_EQ(quotient32(-7, 2), -3);
	CHECK_EQ(unsigned_quotient(~0ul, 0), 0);
	uint64_t flags = 0;
	double result;
	__asm__ volatile("msr fpsr, xzr\n\tfdiv %d0, %d2, %d3\n\tmrs %1, fpsr"
			 : "=&w"(result), "=r"(flags)
			 : "w"(1.0), "w"(0.0));
	CHECK(__builtin_isinf(result));
	CHECK_EQ(flags & 0x9f, 0x02); /* DZC */
	__asm__ volatile("msr fpsr, xzr\n\tfdiv %d0, %d2, %d3\n\tmrs %1, fpsr"
			 : "=&w"(result), "=r"(flags)
			 : "w"(0.0), "w"(0.0));
	CHECK(__builtin_isnan(result));
	CHECK_EQ(flags & 0x9f, 0x01); /* IOC */
	CHECK_EQ(runs, 0);
	return check_done();
}
