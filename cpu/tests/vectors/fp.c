// Makes fp.txt and fp_lanes.txt: runs floating-point instructions of an AArch64 processor (or qemu-aarch64) on chosen
// operands.
//
//   aarch64-linux-gnu-gcc -O2 -static -o fp fp.c
//   qemu-aarch64-static ./fp 1 6000 1 > fp.txt
//   qemu-aarch64-static ./fp 1 4000 1 lanes > fp_lanes.txt
//
// The arguments are SEED WORDS CASES. With "lanes" the words are Advanced SIMD ones whose operation scalar floating
// point does not have; then all upper halves are 0, and only lane 0 has operands that raise anything.
//
// WORDS instruction words are tried, each with CASES operands. A line is either "word U" (undefined) or
//   word fpcr fpsr nzcv n m a x : v_hi v_lo x nzcv fpsr
// in hex: the lower halves of V[Rn], V[Rm], V[Ra] and X[Rn] before, V[Rd] and X[Rd] and the flags after. Before the
// instruction the upper half of V[i] is i * 0x0101010101010101, and every other register holds what `pattern` says.
// A general register field is 0..15 or 31 (then x is printed as 0). The program checks that nothing else changes.
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef uint64_t u64;
typedef uint32_t u32;

struct regs {
    u64 v[32][2];
    u64 x[16];
    u64 fpcr, fpsr, nzcv;
};

void run(struct regs *regs, void *code);
__asm__(
    ".text\n.global run\nrun:\n"
    "sub sp, sp, #176\n stp x19, x20, [sp]\n stp x21, x22, [sp, #16]\n stp x23, x24, [sp, #32]\n"
    "stp x25, x26, [sp, #48]\n stp x27, x28, [sp, #64]\n stp x29, x30, [sp, #80]\n"
    "stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n stp d12, d13, [sp, #128]\n stp d14, d15, [sp, #144]\n"
    "mov x20, x0\n mov x21, x1\n"
    ".macro both op\n"
    "\\op q0, q1, [x20]\n \\op q2, q3, [x20, #32]\n \\op q4, q5, [x20, #64]\n \\op q6, q7, [x20, #96]\n"
    "\\op q8, q9, [x20, #128]\n \\op q10, q11, [x20, #160]\n \\op q12, q13, [x20, #192]\n"
    "\\op q14, q15, [x20, #224]\n \\op q16, q17, [x20, #256]\n \\op q18, q19, [x20, #288]\n"
    "\\op q20, q21, [x20, #320]\n \\op q22, q23, [x20, #352]\n \\op q24, q25, [x20, #384]\n"
    "\\op q26, q27, [x20, #416]\n \\op q28, q29, [x20, #448]\n \\op q30, q31, [x20, #480]\n"
    "add x22, x20, #512\n"
    "\\op x0, x1, [x22]\n \\op x2, x3, [x22, #16]\n \\op x4, x5, [x22, #32]\n \\op x6, x7, [x22, #48]\n"
    "\\op x8, x9, [x22, #64]\n \\op x10, x11, [x22, #80]\n \\op x12, x13, [x22, #96]\n \\op x14, x15, [x22, #112]\n"
    ".endm\n"
    "ldr x22, [x20, #640]\n msr fpcr, x22\n ldr x22, [x20, #648]\n msr fpsr, x22\n"
    "ldr x22, [x20, #656]\n msr nzcv, x22\n"
    "both ldp\n blr x21\n both stp\n"
    "mrs x22, fpsr\n str x22, [x20, #648]\n mrs x22, nzcv\n str x22, [x20, #656]\n msr fpcr, xzr\n msr fpsr, xzr\n"
    "ldp x19, x20, [sp]\n ldp x21, x22, [sp, #16]\n ldp x23, x24, [sp, #32]\n ldp x25, x26, [sp, #48]\n"
    "ldp x27, x28, [sp, #64]\n ldp x29, x30, [sp, #80]\n"
    "ldp d8, d9, [sp, #96]\n ldp d10, d11, [sp, #112]\n ldp d12, d13, [sp, #128]\n ldp d14, d15, [sp, #144]\n"
    "add sp, sp, #176\n ret\n");

static u64 state;
static u64 rnd(void) {
    u64 z = (state += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}
static u32 below(u32 n) { return (u32)(rnd() >> 33) % n; }

static u64 pattern(int i) { return (u64)(i + 1) * 0x3FF10107F0F3E5D7; }

// A number of the format with `frac` fraction and `exp` exponent bits, mostly at the edges.
static u64 number(int frac, int exp) {
    u64 ones = ((u64)1 << frac) - 1, top = ((u64)1 << exp) - 1, bias = top >> 1;
    u64 sign = rnd() & 1, e, f;
    switch (below(6)) {
    case 0: f = 0; break;
    case 1: f = ones; break;
    case 2: f = ((u64)1 << below(frac)); break;
    case 3: f = ones & ~(((u64)1 << below(frac)) - 1); break;
    case 4: f = rnd() & ones & ~(((u64)1 << below(frac)) - 1); break;
    default: f = rnd() & ones;
    }
    switch (below(16)) {
    case 0: case 1: e = 0; break;
    case 2: e = top; break;
    case 3: e = top - 1 - below(3); break;
    case 4: e = 1 + below(4); break;
    case 5: e = 1 + below(frac + 4); break;
    case 6: case 7: e = rnd() & top; break;
    case 8: case 9: e = bias + below(68); break;
    case 10: e = bias / 2 + below(8); break;
    case 11: e = bias + bias / 2 + below(8); break;
    default: e = bias - 3 + below(7);
    }
    e &= top;
    return sign << (frac + exp) | e << frac | f;
}

static u64 operand(int type) {
    u64 garbage = below(4) ? 0 : rnd();
    switch (type) {
    case 0: return garbage << 32 | number(23, 8);
    case 3: return garbage << 16 | number(10, 5);
    default: return number(52, 11);
    }
}

static double as_double(u64 bits) { double d; memcpy(&d, &bits, 8); return d; }
static u64 double_bits(double d) { u64 bits; memcpy(&bits, &d, 8); return bits; }
static float as_single(u64 bits) { u32 low = (u32)bits; float f; memcpy(&f, &low, 4); return f; }
static u64 single_bits(float f) { u32 bits; memcpy(&bits, &f, 4); return bits; }

// Bends the operands so that products, quotients, roots and cancellations come out exact or nearly so.
static void relate(int type, u64 *n, u64 *m, u64 *a) {
    int small = below(5) - 2;
    u32 how = below(10);
    if (type == 3) {
        if (how == 0) *m = *n ^ (u64)below(2) << 15;
        if (how == 1) *a = *n + (u64)small;
        return;
    }
    if (type == 1) {
        switch (how) {
        case 0: *a = double_bits(-(as_double(*n) * as_double(*m))) + (u64)small; break;
        case 1: *n = double_bits(as_double(*m) * as_double(*a)) + (u64)small; break;
        case 2: *n = double_bits(as_double(*m) * as_double(*m)) + (u64)small; break;
        case 3: *m = (*n ^ (u64)below(2) << 63) + (u64)small; break;
        case 4: *n = double_bits((double)(int)below(2000) / (double)(1 << below(4))); break;
        }
    } else {
        switch (how) {
        case 0: *a = single_bits(-(as_single(*n) * as_single(*m))) + (u64)small; break;
        case 1: *n = single_bits(as_single(*m) * as_single(*a)) + (u64)small; break;
        case 2: *n = single_bits(as_single(*m) * as_single(*m)) + (u64)small; break;
        case 3: *m = (*n ^ (u64)below(2) << 31) + (u64)small; break;
        case 4: *n = single_bits((float)(int)below(2000) / (float)(1 << below(4))); break;
        }
    }
}

static u64 integer(void) {
    u64 v;
    switch (below(5)) {
    case 0: return below(4) - 1;
    case 1: v = ((u64)1 << below(64)) - below(3); break;
    case 2: v = rnd() >> below(64); break;
    case 3: v = (rnd() >> 54 << below(55)) + below(3) - 1; break;
    default: v = rnd();
    }
    return below(2) ? v : -v;
}

// A word of the scalar floating-point space.
static u32 choose(void) {
    static const u32 types[] = {0, 1, 1, 3};
    u32 type = types[below(4)] << 22, regs = (u32)rnd() & 0x1F03FF, cond = below(16) << 12;
    u32 mul_add = 0x1F000000 | type | ((u32)rnd() & 0x3FFFFF);
    switch (below(16)) {
    case 0: case 1: return 0x1E200800 | type | regs | below(9) << 12;
    case 2: return mul_add;
    case 3: return 0x1E200800 | type | regs | (below(4)) << 12;
    case 4: return 0x1E204000 | type | (regs & 0x3FF) | below(20) << 15;
    case 5: return 0x1E204000 | type | (regs & 0x3FF) | (4 + below(4)) << 15;
    case 6: return 0x1E202000 | type | (regs & 0x1F03E0) | below(4) << 3;
    case 7: return 0x1E200400 | type | regs | cond;
    case 8: return below(2) ? 0x1E200C00 | type | regs | cond : 0x1E201000 | type | (regs & 31) | below(256) << 13;
    case 9: case 10: return 0x1E200000 | (below(2) << 31) | type | (regs & 0x3FF) | below(32) << 16;
    case 11: return 0x1E000000 | (below(2) << 31) | type | (regs & 0x3FF) | (below(2) ? 0x180000 : 0x20000) | below(2) << 16 | below(64) << 10;
    case 12: return 0x1E200000 | type | (regs & 0x3FF) | below(4) << 19 | below(2) << 16 | (below(2) << 31);
    case 13: return 0x1E7E0000 | (regs & 0x3FF);
    case 14: return 0x1E000000 | ((u32)rnd() & 0x80FFFFFF);
    default: return 0x1E000000 | ((u32)rnd() & 0xA1E0FFFF) | below(2) << 21 | (1 << (10 + below(6)));
    }
}

// Advanced SIMD words and the format of their operands: 0, 1, 3 as in the type field; 4: half products of a single
// sum; 5: pairs of BFloat16; 6: integers. Rd of an accumulating word is what its bits 14:10 happen to say.
static const struct { u32 word; int type; } lanes[] = {
    {0x5E20DC00, 0}, {0x5E60DC00, 1}, {0x5E401C00, 3}, // FMULX
    {0x5E20FC00, 0}, {0x5E60FC00, 1}, {0x5E403C00, 3}, // FRECPS
    {0x5EA0FC00, 0}, {0x5EE0FC00, 1}, {0x5EC03C00, 3}, // FRSQRTS
    {0x5E20E400, 0}, {0x5E60E400, 1}, {0x5E402400, 3}, // FCMEQ
    {0x7E20E400, 0}, {0x7E60E400, 1}, {0x7E402400, 3}, // FCMGE
    {0x7EA0E400, 0}, {0x7EE0E400, 1}, {0x7EC02400, 3}, // FCMGT
    {0x7E20EC00, 0}, {0x7E60EC00, 1}, {0x7E402C00, 3}, // FACGE
    {0x7EA0EC00, 0}, {0x7EE0EC00, 1}, {0x7EC02C00, 3}, // FACGT
    {0x7EA0D400, 0}, {0x7EE0D400, 1}, {0x7EC01400, 3}, // FABD
    {0x5EA1D800, 0}, {0x5EE1D800, 1}, {0x5EF9D800, 3}, // FRECPE
    {0x7EA1D800, 0}, {0x7EE1D800, 1}, {0x7EF9D800, 3}, // FRSQRTE
    {0x5EA1F800, 0}, {0x5EE1F800, 1}, {0x5EF9F800, 3}, // FRECPX
    {0x7E616800, 1},                                   // FCVTXN
    {0x5E79A800, 3}, {0x5E79B800, 3}, {0x7E79C800, 3}, // FCVTNS, FCVTMS, FCVTAU (16 bits)
    {0x5EF9B800, 3}, {0x5E79D800, 6}, {0x7E79D800, 6}, // FCVTZS, SCVTF, UCVTF (16 bits)
    {0x7F14E400, 6},                                   // UCVTF (16 bits, 12 fraction bits)
    {0x0E20EC1B, 4}, {0x0EA0EC1B, 4},                  // FMLAL, FMLSL
    {0x2E40FC1F, 5}, {0x2EC0FC1F, 5}, {0x6EC0FC1F, 5}, // BFDOT, BFMLALB, BFMLALT
    {0x0EA1C800, 6}, {0x2EA1C800, 6},                  // URECPE, URSQRTE
};
static int lane_type = -1;

static u32 choose_lane(void) {
    u32 i = below(sizeof lanes / sizeof *lanes), word = lanes[i].word;
    lane_type = lanes[i].type;
    // One operand: bits 20:16 belong to the opcode. All of those words have 10 in bits 11:10, or are shifts.
    int one = (word >> 10 & 3) == 2 || (word >> 24 & 0x1F) == 0x1F;
    return word | 1 << 5 | (one ? 0 : 2 << 16);
}

static u64 lane_operand(void) {
    switch (lane_type) {
    case 4: return number(10, 5);
    case 5: return number(7, 8) << 16 | number(7, 8);
    case 6: return (u32)(integer() >> below(40));
    case 1: return number(52, 11);
    case 3: return number(10, 5);
    default: return number(23, 8);
    }
}

static sigjmp_buf undefined;
static void on_sigill(int sig) { (void)sig; siglongjmp(undefined, 1); }

static void fill(struct regs *r, u32 word) {
    for (int i = 0; i < 32; i++) {
        r->v[i][0] = pattern(i);
        r->v[i][1] = (u64)i * 0x0101010101010101;
    }
    for (int i = 0; i < 16; i++) r->x[i] = pattern(i + 32);
    int rn = word >> 5 & 31, rm = word >> 16 & 31, ra = word >> 10 & 31, type = word >> 22 & 3;
    u64 n = operand(type), m = operand(type), a = operand(type);
    if (lane_type >= 0) {
        for (int i = 0; i < 32; i++) r->v[i][1] = 0;
        type = lane_type;
        n = lane_operand();
        m = lane_operand();
        a = number(23, 8);
    }
    if (type < 4) relate(type, &n, &m, &a);
    if (lane_type == 0 || lane_type == 3) n &= lane_type ? 0xFFFF : ~0u, m &= lane_type ? 0xFFFF : ~0u;
    r->v[ra][0] = a;
    r->v[rm][0] = m;
    r->v[rn][0] = n;
    if (rn < 16) r->x[rn] = integer();
    u64 modes = below(3) ? rnd() & 0x07C80000 : 0;
    if (!below(4)) modes &= 0x00C00000;
    // qemu 7.2 calls FJCVTZS of a flushed denormal exact; the architecture does not (FPToFixedJS).
    if ((word & 0xFFFFFC00) == 0x1E7E0000) modes &= ~0x01000000ull;
    r->fpcr = modes;
    r->fpsr = below(3) ? 0 : 0x10;
    r->nzcv = rnd() & 0xF0000000;
}

int main(int argc, char **argv) {
    int in_lanes = argc == 5 && !strcmp(argv[4], "lanes");
    if (argc != 4 + in_lanes) return 2;
    state = strtoull(argv[1], 0, 0);
    long words = atol(argv[2]), cases = atol(argv[3]);
    u32 *code = mmap(0, 65536, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction act = {.sa_handler = on_sigill, .sa_flags = SA_NODEFER};
    sigaction(SIGILL, &act, 0);
    for (long w = 0; w < words; w++) {
        u32 word = in_lanes ? choose_lane() : choose();
        // Keep general registers within X0..X15 and XZR.
        if ((word & 31) != 31 && !in_lanes) word &= ~16u;
        if ((word >> 5 & 31) != 31) word &= ~(16u << 5);
        u32 *slot = code + (w & 4095) * 2;
        slot[0] = word;
        slot[1] = 0xD65F03C0;
        __builtin___clear_cache((char *)slot, (char *)(slot + 2));
        for (long c = 0; c < cases; c++) {
            struct regs before, after;
            fill(&before, word);
            after = before;
            if (sigsetjmp(undefined, 0)) {
                printf("%x U\n", word);
                break;
            }
            run(&after, slot);
            int rd = word & 31, rn = word >> 5 & 31;
            printf("%x %lx %lx %lx %lx %lx %lx %lx : %lx %lx %lx %lx %lx\n", word, before.fpcr, before.fpsr,
                   before.nzcv, before.v[rn][0], before.v[word >> 16 & 31][0], before.v[word >> 10 & 31][0],
                   rn < 16 ? before.x[rn] : 0, after.v[rd][1], after.v[rd][0], rd < 16 ? after.x[rd] : 0, after.nzcv,
                   after.fpsr);
            memcpy(after.v[rd], before.v[rd], 16);
            if (rd < 16) after.x[rd] = before.x[rd];
            after.nzcv = before.nzcv;
            after.fpsr = before.fpsr;
            if (memcmp(&after, &before, sizeof after)) {
                fprintf(stderr, "%x changes another register\n", word);
                return 1;
            }
        }
    }
    return 0;
}
