/* Branchy integer code for tests/basics.rs: heap sort, recursion, a byte-code switch, string scans. Built with
 *   aarch64-linux-gnu-gcc -O2 -ffreestanding -nostdlib -fno-stack-protector -fno-tree-vectorize -fno-builtin -fno-toplevel-reorder
 *     -Wl,-Ttext=0 -Wl,-N -static branchy.c
 * and objcopy -O binary -j .text; the words are in branchy.words. X0: rounds; X1: scratch memory. Returns a hash in X0 at SVC. */
__asm__("bl run; svc #0");

typedef unsigned long u64;
typedef unsigned int u32;

static void mix(u64 *h, u64 v) { *h = (*h ^ v) * 1099511628211ul; *h ^= *h >> 31; }

static void sift(u32 *v, int i, int n) {
    for (int c; (c = 2 * i + 1) < n; i = c) {
        if (c + 1 < n && v[c + 1] > v[c]) c++;
        if (v[i] >= v[c]) return;
        u32 t = v[i]; v[i] = v[c]; v[c] = t;
    }
}
__attribute__((noinline)) static void sort(u32 *v, int n) {
    for (int i = n / 2; i--;) sift(v, i, n);
    for (int i = n; --i > 0;) { u32 t = v[0]; v[0] = v[i]; v[i] = t; sift(v, 0, i); }
}
__attribute__((noinline)) static long ack(long m, long n) { return m == 0 ? n + 1 : n == 0 ? ack(m - 1, 1) : ack(m - 1, ack(m, n - 1)); }
__attribute__((noinline)) static long interpret(const unsigned char *p, int n, long a) {
    long b = 1;
    for (int i = 0; i < n; i++) switch (p[i] % 11) {
        case 0: a += b; break;
        case 1: b ^= a; break;
        case 2: if (a < b) i += 2; break;
        case 3: a = a << 3 | (u64)a >> 61; break;
        case 4: if (b == 0) b = 7; a %= b; break;
        case 5: b -= p[i]; break;
        case 6: if (a > 1000 || b < -1000) a -= 999; break;
        case 7: { long t = a; a = b; b = t; } break;
        case 8: if (!(a & 1)) b++; break;
        case 9: a *= 3; break;
        default: if (a >= 0 && b <= 0) return a;
    }
    return a ^ b;
}
__attribute__((noinline)) static long scan(const char *s, char what) { const char *p = s; while (*p && *p != what) p++; return p - s; }

u64 run(int rounds, u32 *mem) {
    u64 h = 14695981039346656037ul; u32 s = 1;
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < 200; i++) { s = s * 1103515245 + 12345; mem[i] = s >> 7; }
        mix(&h, interpret((unsigned char *)mem, 800, r));
        mix(&h, scan((char *)mem, (char)r) + scan((char *)mem + 5, 'x'));
        sort(mem, 200);
        for (int i = 1; i < 200; i++) if (mem[i - 1] > mem[i]) return 0;
        mix(&h, mem[r % 200]);
        mix(&h, ack(2, r % 7));
    }
    return h;
}
