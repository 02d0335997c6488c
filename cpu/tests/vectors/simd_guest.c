// The reference side of simd.txt: runs each instruction on the machine it is started on and prints a digest
// of everything the instruction may change. Built and run by hand; see the head of simd.txt.
//
//   aarch64-linux-gnu-gcc -O1 -static -o simd_guest simd_guest.c
//   qemu-aarch64-static -cpu max ./simd_guest < words > simd.txt
//
// A line in: word, seed, FPCR, in hexadecimal. A line out: the same and the digest, or "undef". The inputs follow
// from the seed by the generator below, which the test repeats in Rust. With -v all registers are printed as well.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

typedef unsigned __int128 u128;

struct context {
    u128 v[32];
    uint64_t x[16];
    uint64_t fpcr, fpsr;
    void *code;
};

static uint64_t rng;

// splitmix64
static uint64_t next(void) {
    uint64_t z = (rng += 0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static const uint64_t edges[4][16] = {
    {0, 1, 2, 0x7F, 0x80, 0x81, 0xFF, 0xFE, 0x55, 0xAA, 0x40, 0xC0, 8, 0xF8, 0x10, 0x0F},
    {0, 0x8000, 0x3C00, 0xBC00, 0x7C00, 0xFC00, 0x7E01, 0x7D01, 1, 0x8400, 0x7BFF, 0x3555, 0xC900, 0x7FFF, 0xFFFF, 0x83FF},
    {0, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000, 0x7FC00001, 0x7FA00001, 1, 0x80800000, 0x7F7FFFFF,
     0x3EAAAAAB, 0xC5201000, 0x7FFFFFFF, 0xFFFFFFFF, 0x807FFFFF},
    {0, 0x8000000000000000, 0x3FF0000000000000, 0xBFF0000000000000, 0x7FF0000000000000, 0xFFF0000000000000,
     0x7FF8000000000001, 0x7FF4000000000001, 1, 0x8010000000000000, 0x7FEFFFFFFFFFFFFF, 0x3FD5555555555555,
     0xC0A4020000000000, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x800FFFFFFFFFFFFF}};

// 64 bits: raw; lanes of `kind` drawn from the edges; or lanes of `kind` near one in their FP format.
static uint64_t half(unsigned kind) {
    uint64_t r = next();
    if (kind >= 8) return r;
    unsigned size = kind & 3, bits = 8 << size;
    uint64_t out = 0, mask = bits == 64 ? ~0ull : (1ull << bits) - 1;
    static const unsigned fraction[4] = {3, 10, 23, 52};
    for (unsigned at = 0; at < 64; at += bits) {
        uint64_t lane;
        if (kind < 4) {
            lane = edges[size][r & 15];
            if ((r >> 4 & 3) == 0) lane = next() & mask;
        } else {
            uint64_t one = edges[size][2];
            lane = (one + ((r & 15) << fraction[size]) - (8ull << fraction[size])) & mask;
            lane ^= next() & ((1ull << fraction[size]) - 1);
            lane ^= (r >> 5 & 1) << (bits - 1);
        }
        out |= (lane & mask) << at;
        r = next();
    }
    return out;
}

extern void execute(struct context *);
asm(".text\n.global execute\nexecute:\n"
    "stp x29, x30, [sp, #-192]!\n stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n stp x23, x24, [sp, #48]\n"
    "stp x25, x26, [sp, #64]\n stp x27, x28, [sp, #80]\n stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n"
    "stp d12, d13, [sp, #128]\n stp d14, d15, [sp, #144]\n mov x28, x0\n"
    ".irp n,0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30\n ldr q\\n, [x28, #16*\\n]\n .endr\n"
    ".irp n,1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31\n ldr q\\n, [x28, #16*\\n]\n .endr\n"
    "ldr x16, [x28, #640]\n msr fpcr, x16\n ldr x16, [x28, #648]\n msr fpsr, x16\n ldr x16, [x28, #656]\n"
    ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n ldr x\\n, [x28, #512+8*\\n]\n .endr\n"
    "blr x16\n"
    ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n str x\\n, [x28, #512+8*\\n]\n .endr\n"
    ".irp n,0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30\n str q\\n, [x28, #16*\\n]\n .endr\n"
    ".irp n,1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31\n str q\\n, [x28, #16*\\n]\n .endr\n"
    "mrs x16, fpsr\n str x16, [x28, #648]\n msr fpcr, xzr\n msr fpsr, xzr\n"
    "ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n ldp x23, x24, [sp, #48]\n"
    "ldp x25, x26, [sp, #64]\n ldp x27, x28, [sp, #80]\n ldp d8, d9, [sp, #96]\n ldp d10, d11, [sp, #112]\n"
    "ldp d12, d13, [sp, #128]\n ldp d14, d15, [sp, #144]\n ldp x29, x30, [sp], #192\n ret\n");

static volatile int undefined;

static void on_sigill(int sig, siginfo_t *info, void *context) {
    undefined = 1;
    ((ucontext_t *)context)->uc_mcontext.pc += 4;
    (void)sig, (void)info;
}

static uint64_t digest;

static void add(uint64_t x) {
    digest = (digest ^ x) * 0x9E3779B97F4A7C15;
    digest ^= digest >> 29;
}

#define ARENA 0x50000000
static struct context c;

int main(int argc, char **argv) {
    int verbose = argc > 1 && !strcmp(argv[1], "-v");
    setvbuf(stdout, 0, _IOLBF, 0);
    struct sigaction action = {.sa_sigaction = on_sigill, .sa_flags = SA_SIGINFO};
    sigaction(SIGILL, &action, 0);
    uint32_t *code = mmap(0, 1 << 28, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t *arena = mmap((void *)ARENA, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    unsigned word, seed, fpcr;
    while (scanf("%x %x %x", &word, &seed, &fpcr) == 3) {
        code[0] = word;
        code[1] = 0xD65F03C0;
        rng = (uint64_t)seed << 32 | word;
        unsigned kind = next() % 12;
        for (int i = 0; i < 32; i++) {
            unsigned k = next() % 4 ? kind : next() % 12;
            uint64_t low = half(k);
            c.v[i] = (u128)half(k) << 64 | low;
        }
        for (int i = 0; i < 16; i++) c.x[i] = half(8);
        for (int i = 0; i < 64; i++) arena[i] = half(8);
        if ((word & 0xBE000000) == 0x0C000000) c.x[word >> 5 & 15] = ARENA + 192 + (next() & 63);
        c.fpcr = fpcr;
        c.fpsr = seed & 0x8000 ? 0x10 : 0; // IXC, which decides whether shortcuts may be taken
        c.code = code;
        undefined = 0;
        __builtin___clear_cache((char *)code, (char *)(code + 2));
        execute(&c);
        code += 2;
        if (undefined) {
            printf("%08x %x %x undef\n", word, seed, fpcr);
            continue;
        }
        digest = 0;
        for (int i = 0; i < 32; i++) add((uint64_t)c.v[i]), add((uint64_t)(c.v[i] >> 64));
        for (int i = 0; i < 16; i++) add(c.x[i]);
        for (int i = 0; i < 64; i++) add(arena[i]);
        add(c.fpsr);
        printf("%08x %x %x %08x\n", word, seed, fpcr, (uint32_t)(digest >> 32));
        if (!verbose) continue;
        for (int i = 0; i < 32; i++) printf("v%d %016lx%016lx\n", i, (uint64_t)(c.v[i] >> 64), (uint64_t)c.v[i]);
        for (int i = 0; i < 16; i++) printf("x%d %016lx\n", i, c.x[i]);
        for (int i = 0; i < 64; i++) printf("m%d %016lx\n", i, arena[i]);
        printf("fpsr %08lx\n", c.fpsr);
    }
}
