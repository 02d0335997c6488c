// A freestanding program whose result is a hash of every double on the way: bodies in orbit, the Mandelbrot set in
// single precision, conversions of all magnitudes. Its words are in fp_program.words, which were made by
//
//   aarch64-linux-gnu-gcc -O2 -fno-tree-vectorize -fno-tree-slp-vectorize -ffreestanding -march=armv8.2-a
//     -fno-math-errno -S fp_program.c
//
// with "movi" of zero replaced by "fmov d, xzr", linked at 0 behind "bl start; svc #0". The expected result is what
// qemu-aarch64 prints for start(300).
typedef unsigned long u64;
static u64 mix(u64 hash, double d) { u64 b; __builtin_memcpy(&b, &d, 8); return (hash ^ b) * 0x100000001B3 ^ hash >> 29; }
struct body { double x, y, z, vx, vy, vz, mass; };
u64 start(u64 rounds, struct body *b) {
    u64 hash = 1;
    for (int i = 0; i < 5; i++) {
        b[i].x = i * 1.7 - 3; b[i].y = 4.0 / (i + 1); b[i].z = i * i * 0.25; b[i].vx = 0.01 * i; b[i].vy = -0.02; b[i].vz = 0.3 / (i + 2);
        b[i].mass = 1.0 / (1 + i);
    }
    for (u64 r = 0; r < rounds; r++) {
        for (int i = 0; i < 5; i++) for (int j = i + 1; j < 5; j++) {
            double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
            double d2 = dx * dx + dy * dy + dz * dz, mag = 0.01 / (d2 * __builtin_sqrt(d2));
            b[i].vx -= dx * b[j].mass * mag; b[i].vy -= dy * b[j].mass * mag; b[i].vz -= dz * b[j].mass * mag;
            b[j].vx += dx * b[i].mass * mag; b[j].vy += dy * b[i].mass * mag; b[j].vz += dz * b[i].mass * mag;
        }
        for (int i = 0; i < 5; i++) { b[i].x += 0.01 * b[i].vx; b[i].y += 0.01 * b[i].vy; b[i].z += 0.01 * b[i].vz; hash = mix(hash, b[i].x); }
    }
    for (int py = 0; py < 24; py++) for (int px = 0; px < 64; px++) {
        float cx = px / 24.0f - 2.0f, cy = py / 12.0f - 1.0f, x = 0, y = 0; int n = 0;
        while (n < 100 && x * x + y * y <= 4.0f) { float t = x * x - y * y + cx; y = 2 * x * y + cy; x = t; n++; }
        hash = mix(hash, n + (double)x - (u64)(__builtin_fabsf(y) * 1e6f));
    }
    for (double v = 1e-310; v < 1e300; v *= 3.1) { hash = mix(hash, (float)v); hash += (long)v; hash = mix(hash, __builtin_floor(v)); hash = mix(hash, __builtin_round(v / 7)); }
    return hash;
}
