// The reference side of the differential harness: a guest without libc that runs each case on the CPU it is started on.
//
// In on fd 0: struct header, `slots` code slots, `count` struct input. Out on fd 1: struct output for each case, in order,
// followed by the writable memory if the header says so. See reference.rs, which has the same layout.
//
// A case starts by returning from a signal into its registers and ends with the next signal: BRK, a fault, SIGILL.
// So all registers are under test, and whatever ends a case is recorded the same way.
typedef unsigned long u64;
typedef unsigned int u32;
typedef unsigned __int128 u128;

#define MAX_CASES 4096
#define SLOT 64
#define CODE 0x800000ul
#define RW 0xA01000ul
#define RW_SIZE 0x2000ul
#define RO 0xA03000ul
#define RO_SIZE 0x1000ul

struct state {
    u64 x[31], sp, pc, nzcv, fpcr, fpsr, tpidr, unused;
    u128 v[32];
};
struct input {
    struct state state;
    u64 seed, unused;
};
struct output {
    struct state state;
    u64 signal, si_code, address, digest;
};
struct header {
    u64 count, slots, dump_memory, unused;
};

// <asm/sigcontext.h> and <asm/ucontext.h> of arm64, as far as needed.
struct fpsimd {
    u32 magic, size, fpsr, fpcr;
    u128 v[32];
};
struct context {
    u64 flags, link, stack[3], mask[16];
    u64 fault_address __attribute__((aligned(16)));
    u64 x[31], sp, pc, pstate;
    struct fpsimd fpsimd __attribute__((aligned(16)));
};
struct action {
    void (*handler)(int, int *, struct context *);
    u64 flags, restorer, mask;
};

static struct header header;
static struct input inputs[MAX_CASES];
static struct output output;
static u64 alternate[8192];
static u64 at;

static long call(u64 nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f) {
    register u64 x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    register u64 x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return (long)x0;
}

static void leave(int code) {
    call(94, (u64)code, 0, 0, 0, 0, 0);
    __builtin_trap();
}

static void read_all(void *to, u64 len) {
    for (u64 done = 0; done < len;) {
        long n = call(63, 0, (u64)to + done, len - done, 0, 0, 0);
        if (n <= 0) leave(2);
        done += (u64)n;
    }
}

static void write_all(const void *from, u64 len) {
    for (u64 done = 0; done < len;) {
        long n = call(64, 1, (u64)from + done, len - done, 0, 0, 0);
        if (n <= 0) leave(3);
        done += (u64)n;
    }
}

static void fill(u64 *to, u64 len, u64 seed) {
    for (u64 i = 0; i < len / 8; i++) {
        seed = seed * 6364136223846793005ul + 1442695040888963407ul;
        to[i] = seed ^ seed >> 31;
    }
}

static u64 digest(const u64 *from, u64 len) {
    u64 h = 0;
    for (u64 i = 0; i < len / 8; i++) {
        h = (h ^ from[i]) * 0x9E3779B97F4A7C15ul;
        h ^= h >> 29;
    }
    return h;
}

static void save(int signal, const int *info, const struct context *c) {
    struct state *s = &output.state;
    for (int i = 0; i < 31; i++) s->x[i] = c->x[i];
    s->sp = c->sp, s->pc = c->pc, s->nzcv = c->pstate & 0xF0000000;
    s->fpcr = c->fpsimd.fpcr, s->fpsr = c->fpsimd.fpsr;
    for (int i = 0; i < 32; i++) s->v[i] = c->fpsimd.v[i];
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(s->tpidr));
    output.signal = (u64)signal, output.si_code = (u64)info[2], output.address = *(const u64 *)(info + 4);
    output.digest = digest((const u64 *)RW, RW_SIZE);
    write_all(&output, sizeof output);
    if (header.dump_memory) write_all((const void *)RW, RW_SIZE);
}

static void on_signal(int signal, int *info, struct context *c) {
    if (c->fpsimd.magic != 0x46508001) leave(4);
    if (at > 0) save(signal, info, c);
    if (at == header.count) leave(0);
    const struct input *in = &inputs[at++];
    fill((u64 *)RW, RW_SIZE, in->seed);
    for (int i = 0; i < 31; i++) c->x[i] = in->state.x[i];
    c->sp = in->state.sp, c->pc = in->state.pc, c->pstate = in->state.nzcv;
    c->fpsimd.fpcr = (u32)in->state.fpcr, c->fpsimd.fpsr = (u32)in->state.fpsr;
    for (int i = 0; i < 32; i++) c->fpsimd.v[i] = in->state.v[i];
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(in->state.tpidr));
}

// MAP_FIXED_NOREPLACE, private, anonymous.
static void map(u64 address, u64 len) {
    if (call(222, address, len, 3, 0x100022, (u64)-1, 0) != (long)address) leave(5);
}

void _start(void) {
    map(CODE, MAX_CASES * SLOT);
    map(RW, RW_SIZE + RO_SIZE);
    fill((u64 *)RO, RO_SIZE, 0);
    read_all(&header, sizeof header);
    if (header.count > MAX_CASES || header.slots > MAX_CASES) leave(6);
    for (u64 i = 0; i < MAX_CASES * SLOT / 4; i++) ((u32 *)CODE)[i] = 0xD4200000;
    read_all((void *)CODE, header.slots * SLOT);
    read_all(inputs, header.count * sizeof(struct input));
    call(226, CODE, MAX_CASES * SLOT, 5, 0, 0, 0);
    call(226, RO, RO_SIZE, 1, 0, 0, 0);
    u64 stack[3] = {(u64)alternate, 0, sizeof alternate};
    call(132, (u64)stack, 0, 0, 0, 0, 0);
    struct action action = {on_signal, 0x08000004, 0, 0}; // SA_ONSTACK, SA_SIGINFO
    static const int signals[] = {4, 5, 7, 8, 11};
    for (int i = 0; i < 5; i++) call(134, (u64)signals[i], (u64)&action, 0, 8, 0, 0);
    __asm__ volatile("brk 0");
    leave(7);
}
