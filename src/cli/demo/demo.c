/* The guest of `make demo`: one thread, no libc, that shows what a trace can tell.
 *
 * It finds the functions of the vDSO page itself, the way a libc does (AT_SYSINFO_EHDR, PT_DYNAMIC, symbol table),
 * reads clocks by the fast path and in every way that one honest thread can leave it, and does a little of what
 * programs do: files, a pipe, memory, sleeping, computing. Without a vDSO page it asks the kernel instead.
 *
 * scripts/build-demo.sh builds it; demo.elf beside this file is the result and is built into elfuse-trace. The
 * order of its system calls does not depend on the machine, but for clock calls that fall back on account of age.
 */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long i64;

/* System calls: numbers of asm-generic/unistd.h. */
enum {
	NR_getcwd = 17, NR_unlinkat = 35, NR_openat = 56, NR_close = 57, NR_pipe2 = 59, NR_lseek = 62, NR_read = 63,
	NR_write = 64, NR_fstat = 80, NR_exit_group = 94, NR_nanosleep = 101, NR_clock_gettime = 113,
	NR_clock_getres = 114, NR_uname = 160, NR_getcpu = 168, NR_gettimeofday = 169, NR_getpid = 172,
	NR_getuid = 174, NR_brk = 214, NR_munmap = 215, NR_mmap = 222, NR_mprotect = 226, NR_getrandom = 278,
};

static i64 sys6(i64 nr, i64 a, i64 b, i64 c, i64 d, i64 e, i64 f)
{
	register i64 x8 __asm__("x8") = nr;
	register i64 x0 __asm__("x0") = a;
	register i64 x1 __asm__("x1") = b;
	register i64 x2 __asm__("x2") = c;
	register i64 x3 __asm__("x3") = d;
	register i64 x4 __asm__("x4") = e;
	register i64 x5 __asm__("x5") = f;
	__asm__ volatile("svc #0"
		: "+r"(x0)
		: "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
		: "memory", "cc");
	return x0;
}
#define SYS(nr, ...) SYS_(nr, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define SYS_(nr, a, b, c, d, e, f, ...) sys6(nr, (i64)(a), (i64)(b), (i64)(c), (i64)(d), (i64)(e), (i64)(f))

struct timespec { i64 sec, nsec; };
struct timeval { i64 sec, usec; };

enum { CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1, CLOCK_PROCESS_CPUTIME_ID = 2, CLOCK_MONOTONIC_COARSE = 6,
	CLOCK_BOOTTIME = 7, NO_SUCH_CLOCK = 42 };

/* ---- output ---- */

static void put(const char *text)
{
	u64 n = 0;
	while (text[n])
		n++;
	SYS(NR_write, 1, text, n);
}

static char *digits(char *to, u64 value)
{
	char back[20];
	int n = 0;
	do
		back[n++] = (char)('0' + value % 10);
	while (value /= 10);
	while (n)
		*to++ = back[--n];
	return to;
}

static char *text(char *to, const char *from)
{
	while (*from)
		*to++ = *from++;
	return to;
}

static void put_number(const char *before, u64 value, const char *after)
{
	char line[120], *end = line;
	end = text(end, before);
	end = digits(end, value);
	end = text(end, after);
	SYS(NR_write, 1, line, end - line);
}

/* ---- the vDSO page ---- */

static i64 (*vdso_gettime)(i64 id, struct timespec *at);
static i64 (*vdso_gettimeofday)(struct timeval *at, void *zone);
static i64 (*vdso_getres)(i64 id, struct timespec *step);
static i64 (*vdso_getcpu)(u32 *cpu, u32 *node, void *unused);

static i64 kernel_gettime(i64 id, struct timespec *at) { return SYS(NR_clock_gettime, id, at); }
static i64 kernel_gettimeofday(struct timeval *at, void *zone) { return SYS(NR_gettimeofday, at, zone); }
static i64 kernel_getres(i64 id, struct timespec *step) { return SYS(NR_clock_getres, id, step); }
static i64 kernel_getcpu(u32 *cpu, u32 *node, void *unused) { return SYS(NR_getcpu, cpu, node, unused); }

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* ELF-64 by byte offsets: the header's phoff 32, phentsize 54, phnum 56; a program header's type 0, offset 8,
 * vaddr 16; PT_LOAD 1, PT_DYNAMIC 2; DT_HASH 4, DT_STRTAB 5, DT_SYMTAB 6; a symbol's name 0, value 8. */
static void *vdso_symbol(const u8 *page, const char *name)
{
	const u64 *dynamic = 0;
	u64 bias = 0;
	const u8 *ph = page + *(const u64 *)(page + 32);
	for (u32 i = 0; i < *(const u16 *)(page + 56); i++, ph += *(const u16 *)(page + 54)) {
		if (*(const u32 *)ph == 1)
			bias = (u64)page + *(const u64 *)(ph + 8) - *(const u64 *)(ph + 16);
		if (*(const u32 *)ph == 2)
			dynamic = (const u64 *)(page + *(const u64 *)(ph + 8));
	}
	if (!dynamic)
		return 0;
	const u32 *hash = 0;
	const char *strings = 0;
	const u8 *symbols = 0;
	for (; dynamic[0]; dynamic += 2) {
		if (dynamic[0] == 4)
			hash = (const u32 *)(bias + dynamic[1]);
		if (dynamic[0] == 5)
			strings = (const char *)(bias + dynamic[1]);
		if (dynamic[0] == 6)
			symbols = (const u8 *)(bias + dynamic[1]);
	}
	if (!hash || !strings || !symbols)
		return 0;
	for (u32 i = 1; i < hash[1]; i++)
		if (same(strings + *(const u32 *)(symbols + 24 * i), name))
			return (void *)(bias + *(const u64 *)(symbols + 24 * i + 8));
	return 0;
}

static int find_vdso(const u64 *auxv)
{
	const u8 *page = 0;
	for (; auxv[0]; auxv += 2)
		if (auxv[0] == 33) /* AT_SYSINFO_EHDR */
			page = (const u8 *)auxv[1];
	if (page) {
		vdso_gettime = vdso_symbol(page, "__kernel_clock_gettime");
		vdso_gettimeofday = vdso_symbol(page, "__kernel_gettimeofday");
		vdso_getres = vdso_symbol(page, "__kernel_clock_getres");
		vdso_getcpu = vdso_symbol(page, "__kernel_getcpu");
	}
	int found = vdso_gettime && vdso_gettimeofday && vdso_getres && vdso_getcpu;
	if (!vdso_gettime)
		vdso_gettime = kernel_gettime;
	if (!vdso_gettimeofday)
		vdso_gettimeofday = kernel_gettimeofday;
	if (!vdso_getres)
		vdso_getres = kernel_getres;
	if (!vdso_getcpu)
		vdso_getcpu = kernel_getcpu;
	return found;
}

static u64 now(void)
{
	struct timespec at = { 0, 0 };
	vdso_gettime(CLOCK_MONOTONIC, &at);
	return (u64)at.sec * 1000000000 + (u64)at.nsec;
}

static void nap(i64 ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
	SYS(NR_nanosleep, &time, 0);
}

/* ---- what the demo does ---- */

/* The first reading finds no anchor and goes to the kernel (unseeded); all the others stay in the page. */
static void read_clocks(void)
{
	u64 first = now(), last = first;
	int ordered = 1;
	for (int i = 0; i < 20000; i++) {
		u64 next = now();
		ordered &= next >= last;
		last = next;
	}
	put_number("clock: 20000 readings, ", (last - first) / 20000, " ns each");
	put(ordered ? ", in order\n" : ", OUT OF ORDER\n");
}

/* Clocks that the page does not serve (clockid), and a caller that never asks it (not-vdso). */
static void ask_oddly(void)
{
	struct timespec at;
	vdso_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	vdso_gettime(CLOCK_MONOTONIC_COARSE, &at);
	i64 refused = vdso_gettime(NO_SUCH_CLOCK, &at);
	put(refused == -22 ? "clock: clock 42 is refused with EINVAL\n" : "clock: clock 42 is NOT refused with EINVAL\n");
	vdso_getres(CLOCK_MONOTONIC, &at);
	vdso_getres(CLOCK_BOOTTIME, &at);
	vdso_getres(CLOCK_PROCESS_CPUTIME_ID, &at);
	vdso_getres(CLOCK_MONOTONIC_COARSE, &at);
	vdso_getres(NO_SUCH_CLOCK, &at);
	u32 cpu = 0, node = 0;
	vdso_getcpu(&cpu, &node, 0);
	for (int i = 0; i < 3; i++)
		kernel_gettime(CLOCK_MONOTONIC, &at);
	put_number("clock: 3 readings past the vDSO, on cpu ", cpu, "\n");
}

/* An anchor is good for 2^22 cycles, 0.175 s at 24 MHz: both sleeping and spinning outlast it (age-cap). */
static void outlast_the_anchor(void)
{
	struct timeval at = { 0, 0 };
	u64 begin = now();
	nap(20);
	put_number("sleep: 20 ms took ", (now() - begin) / 1000000, " ms\n");
	nap(200);
	now();
	nap(200);
	vdso_gettimeofday(&at, 0);
	begin = now();
	u64 readings = 0;
	while (now() - begin < 400000000)
		readings++;
	put_number("spin: ", readings, " readings in 400 ms\n");
	put(at.sec > 1000000000 ? "clock: the date is plausible\n" : "clock: the date is NOT plausible\n");
}

static u64 checksum(u64 sum, const u8 *bytes, i64 n)
{
	for (i64 i = 0; i < n; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3; /* FNV-1a */
	return sum;
}

static void use_files(void)
{
	static const char path[] = "/tmp/elfuse-trace-demo.txt";
	static u8 buffer[4096], back[4096];
	u64 wrote = 0, read = 0;
	SYS(NR_openat, -100, "/no/such/file", 0, 0); /* ENOENT: shows as an error */
	i64 fd = SYS(NR_openat, -100, path, 02 | 0100 | 01000, 0600); /* O_RDWR|O_CREAT|O_TRUNC */
	if (fd < 0) {
		put("files: /tmp cannot be written\n");
		return;
	}
	for (int block = 0; block < 16; block++) {
		for (int i = 0; i < 4096; i++)
			buffer[i] = (u8)("elfuse-trace\n"[(block + i) % 13]);
		wrote = checksum(wrote, buffer, SYS(NR_write, fd, buffer, 4096));
	}
	u64 stat[16];
	SYS(NR_fstat, fd, stat);
	SYS(NR_lseek, fd, 0, 0);
	for (i64 n; (n = SYS(NR_read, fd, back, 4096)) > 0;)
		read = checksum(read, back, n);
	SYS(NR_close, fd);
	SYS(NR_unlinkat, -100, path, 0);
	put_number("files: ", stat[6], wrote == read ? " bytes written and read back\n" : " bytes, READ BACK WRONG\n");
}

static void use_pipe_and_memory(void)
{
	u32 ends[2];
	u8 random[16], back[16];
	SYS(NR_getrandom, random, 16, 0);
	SYS(NR_pipe2, ends, 0);
	SYS(NR_write, ends[1], random, 16);
	SYS(NR_read, ends[0], back, 16);
	SYS(NR_close, ends[0]);
	SYS(NR_close, ends[1]);
	int equal = 1;
	for (int i = 0; i < 16; i++)
		equal &= random[i] == back[i];

	u64 heap = (u64)SYS(NR_brk, 0);
	SYS(NR_brk, heap + 65536);
	*(volatile u64 *)heap = 1;
	SYS(NR_brk, heap);
	u64 at = (u64)SYS(NR_mmap, 0, 1 << 20, 3, 0x22, -1, 0); /* PROT_READ|WRITE, MAP_PRIVATE|ANONYMOUS */
	for (u64 i = 0; i < 1 << 20; i += 4096)
		*(volatile u64 *)(at + i) = i;
	SYS(NR_mprotect, at, 4096, 1);
	SYS(NR_munmap, at, 1 << 20);
	put(equal ? "memory: pipe, heap and mappings work\n" : "memory: the pipe LOST bytes\n");
}

/* Something for the CPU: primes below 200000 by Eratosthenes. */
static void compute(void)
{
	static u8 composite[200000];
	u32 primes = 0;
	for (u32 i = 2; i < sizeof composite; i++) {
		if (composite[i])
			continue;
		primes++;
		for (u32 j = i * 2; j < sizeof composite; j += i)
			composite[j] = 1;
	}
	put_number("compute: ", primes, " primes below 200000\n");
}

__attribute__((used)) static void demo_main(const u64 *stack)
{
	const u64 *auxv = stack + 1 + stack[0] + 1;
	while (*auxv++)
		;
	put("elfuse-trace demo guest\n");
	put(find_vdso(auxv) ? "vdso: found, with all four functions\n" : "vdso: none; asking the kernel instead\n");
	char name[6 * 65], cwd[256];
	SYS(NR_uname, name);
	SYS(NR_getcwd, cwd, sizeof cwd);
	SYS(NR_getpid, 0);
	SYS(NR_getuid, 0);
	read_clocks();
	ask_oddly();
	use_files();
	use_pipe_and_memory();
	compute();
	outlast_the_anchor();
	put("done\n");
	SYS(NR_exit_group, 0);
}

__asm__(".globl _start\n"
	".type _start, %function\n"
	"_start:\n"
	"	mov x29, xzr\n"
	"	mov x30, xzr\n"
	"	mov x0, sp\n"
	"	bl demo_main\n"
	"	brk #1\n"
	".size _start, . - _start\n");
