/* Arithmetic of every kind that a compiler makes instructions or library calls of: integers up to 128 bits, half, single,
 * double and quad precision, vectorised loops, libm. Each section prints a running hash of all results, to the bit, and some
 * values. Rounding modes and exception flags are part of it. */
#include <fenv.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef unsigned __int128 u128;
typedef __int128 i128;

static uint64_t hash = 0xCBF29CE484222325;

static void mix(uint64_t value)
{
	for (int i = 0; i < 8; i++)
		hash = (hash ^ (value >> 8 * i & 255)) * 0x100000001B3;
}

static void mix_double(double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	mix(bits);
}

static void mix_float(float value)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
	mix(bits);
}

static void mix_quad(long double value)
{
	uint64_t bits[2];
	memcpy(bits, &value, sizeof bits);
	mix(bits[0]);
	mix(bits[1]);
}

static void done(const char *section)
{
	printf("%-12s %016" PRIx64 "\n", section, hash);
}

static uint64_t state = 1;

/* splitmix64 */
static uint64_t next(void)
{
	uint64_t z = state += 0x9E3779B97F4A7C15;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	return z ^ z >> 31;
}

/* Finite, of any magnitude that leaves room for a product. */
static double any_double(void)
{
	uint64_t r = next();
	return ldexp((double)(int64_t)r, (int)(next() % 400) - 260);
}

static double small(void)
{
	return (double)(int64_t)next() / 0x1p60;
}

static void integers(void)
{
	for (int i = 0; i < 20000; i++) {
		uint64_t a = next(), b = next() >> (next() & 63);
		i128 wide = (i128)(int64_t)a * (int64_t)b;
		u128 product = (u128)a * a + b;
		b |= 1;
		mix(a / b + a % b);
		mix((uint64_t)((int64_t)a / (int64_t)b));
		mix((uint32_t)a / ((uint32_t)b | 1));
		mix((uint64_t)(wide >> 40));
		mix((uint64_t)(product / b));
		mix((uint64_t)(product % ((u128)b << (a & 31) | 1)));
		mix((uint64_t)(wide / (i128)(b >> 1 | 1)));
		mix((uint64_t)__builtin_clzll(b) << 16 | (uint64_t)__builtin_ctzll(a | 1ull << 63) << 8 |
		    (uint64_t)__builtin_popcountll(a));
		mix(a << (b & 63) | a >> (-b & 63));
		mix(__builtin_bswap64(a) ^ __builtin_bswap32((uint32_t)b));
		uint64_t sum;
		mix((uint64_t)__builtin_add_overflow(a, b, &sum) + sum);
		int64_t scaled;
		mix((uint64_t)__builtin_mul_overflow((int64_t)a, (int64_t)(b & 7), &scaled) + (uint64_t)scaled);
	}
	done("integers");
}

enum { LANES = 1031 };
static int8_t bytes[2][LANES];
static uint8_t ubytes[2][LANES];
static int16_t halves[2][LANES];
static int32_t words[3][LANES];
static float singles[4][LANES];
static double doubles[4][LANES];
static _Float16 tiny[3][LANES];

static void fill(void)
{
	for (int i = 0; i < LANES; i++) {
		for (int k = 0; k < 2; k++) {
			bytes[k][i] = (int8_t)next();
			ubytes[k][i] = (uint8_t)next();
			halves[k][i] = (int16_t)next();
			words[k][i] = (int32_t)next();
			singles[k][i] = (float)small();
			doubles[k][i] = small();
			tiny[k][i] = (_Float16)small();
		}
	}
}

static int max_word(int a, int b)
{
	return a > b ? a : b;
}

/* Loops that -O3 turns into vector code, dot products among them. */
static void vectors(void)
{
	for (int round = 0; round < 40; round++) {
		fill();
		int32_t dot = 0, wide = 0, highest = INT32_MIN;
		uint32_t udot = 0, apart = 0;
		int64_t sum = 0;
		for (int i = 0; i < LANES; i++)
			dot += bytes[0][i] * bytes[1][i];
		for (int i = 0; i < LANES; i++)
			udot += (uint32_t)ubytes[0][i] * ubytes[1][i];
		for (int i = 0; i < LANES; i++)
			apart += (uint32_t)(ubytes[0][i] > ubytes[1][i] ? ubytes[0][i] - ubytes[1][i] : ubytes[1][i] - ubytes[0][i]);
		for (int i = 0; i < LANES; i++)
			wide += halves[0][i] * halves[1][i] >> 8;
		for (int i = 0; i < LANES; i++)
			highest = max_word(highest, words[0][i] ^ words[1][i]);
		for (int i = 0; i < LANES; i++)
			sum += (int64_t)words[0][i] * words[1][i];
		for (int i = 0; i < LANES; i++)
			words[2][i] = words[0][i] > words[1][i] ? words[0][i] >> 3 : (int32_t)((uint32_t)words[1][i] << 5) + halves[0][i];
		for (int i = 0; i < LANES; i++)
			singles[2][i] = singles[0][i] * singles[1][i] + 0.5f;
		for (int i = 0; i < LANES; i++)
			singles[3][i] = sqrtf(fabsf(singles[2][i])) / (1.0f + singles[0][i] * singles[0][i]);
		for (int i = 0; i < LANES; i++)
			doubles[2][i] = fmax(doubles[0][i], doubles[1][i]) - (double)words[0][i] * 0x1p-30;
		for (int i = 0; i < LANES; i++)
			doubles[3][i] = floor(doubles[2][i] * 1000) + trunc(doubles[1][i] * 1e3);
		for (int i = 0; i < LANES; i++)
			tiny[2][i] = tiny[0][i] * tiny[1][i] + (_Float16)0.25;
		mix((uint32_t)dot);
		mix(udot);
		mix(apart);
		mix((uint32_t)wide);
		mix((uint32_t)highest);
		mix((uint64_t)sum);
		for (int i = 0; i < LANES; i++) {
			mix((uint32_t)words[2][i]);
			mix_float(singles[2][i]);
			mix_float(singles[3][i]);
			mix_double(doubles[2][i]);
			mix_double(doubles[3][i]);
			mix_float((float)tiny[2][i]);
			mix((uint64_t)(int64_t)doubles[3][i]);
			mix((uint32_t)(int32_t)(singles[2][i] * 1e6f));
			mix((uint16_t)(int16_t)(tiny[2][i] * (_Float16)100));
		}
	}
	printf("vectors      %a %a %a\n", singles[3][7], doubles[3][11], (double)tiny[2][13]);
	done("vectors");
}

static void halves_and_singles(void)
{
	for (int i = 0; i < 65536; i++) {
		uint16_t bits = (uint16_t)i;
		_Float16 h;
		memcpy(&h, &bits, sizeof h);
		float f = (float)h;
		mix_float(f);
		mix_double((double)h);
		_Float16 r = h * (_Float16)1.5 + (_Float16)f;
		memcpy(&bits, &r, sizeof bits);
		mix(bits);
		h = (_Float16)(f * 0.3f);
		memcpy(&bits, &h, sizeof bits);
		mix(bits);
		mix((uint64_t)(h > (_Float16)1) << 1 | (h == h));
	}
	done("halves");
}

static const int MODES[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

static void doubles_and_modes(void)
{
	for (int mode = 0; mode < 4; mode++) {
		fesetround(MODES[mode]);
		feclearexcept(FE_ALL_EXCEPT);
		for (int i = 0; i < 5000; i++) {
			volatile double a = any_double(), b = any_double();
			volatile float x = (float)small(), y = (float)(small() + 3);
			mix_double(a + b);
			mix_double(a - b * 0.5);
			mix_double(a * 0x1p-40 * (b * 0x1p-40));
			mix_double(a / b);
			mix_double(fma(a * 0x1p-200, b * 0x1p-200, a));
			mix_double(sqrt(fabs(a)));
			mix_double(rint(small() * 1e5));
			mix_double(nearbyint(x));
			mix((uint64_t)lrint(x * 1e4));
			mix_float(x / y);
			mix_float(fmaf(x, y, x));
			mix_float((float)(double)(x * y));
			mix((uint64_t)(a < b) << 2 | (uint64_t)isless(a, b) << 1 | (uint64_t)(isnan(a) != 0));
			mix((uint64_t)fetestexcept(FE_ALL_EXCEPT));
			if (i % 64 == 0)
				feclearexcept(FE_ALL_EXCEPT);
		}
	}
	fesetround(FE_TONEAREST);
	volatile double zero = 0, huge = DBL_MAX, least = DBL_TRUE_MIN;
	feclearexcept(FE_ALL_EXCEPT);
	mix_double(1 / zero);
	mix((uint64_t)fetestexcept(FE_ALL_EXCEPT));
	mix_double(huge * huge);
	mix_double(least / 2);
	mix_double(zero / zero);
	mix((uint64_t)fetestexcept(FE_ALL_EXCEPT));
	mix((uint64_t)(int64_t)huge);
	mix((uint32_t)(int32_t)-huge);
	done("doubles");
}

static void quads(void)
{
	for (int i = 0; i < 4000; i++) {
		long double a = (long double)any_double() + (long double)small() / 3, b = (long double)small() / 7;
		mix_quad(a * b + 1);
		mix_quad(a / (b + 10));
		mix_quad(a - b);
		mix_double((double)(a * b));
		mix((uint64_t)(int64_t)(b * 1e15L));
		if (i % 16 == 0) {
			mix_quad(sqrtl(fabsl(a)));
			mix_quad(expl(b / 8));
		}
	}
	printf("quads        %.30Lg\n", sqrtl(2) + expl(1));
	done("quads");
}

static double identity(double x)
{
	return x;
}

static void library(void)
{
	static double (*const functions[])(double) = {identity, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, exp,
		exp2, expm1, log, log2, log10, log1p, cbrt, erf, erfc, tgamma, lgamma, j0, y1, floor, ceil, round, logb};
	enum { FUNCTIONS = sizeof functions / sizeof *functions };
	for (int f = 0; f < FUNCTIONS; f++) {
		for (int i = 0; i < 1500; i++) {
			double x = i < 500 ? small() / 8 : i < 1000 ? small() * 12 : any_double();
			mix_double(functions[f](x));
		}
		mix_double(functions[f](0.5));
		if (f % 4 == 1)
			printf("library      %2d %.17g %a\n", f, functions[f](0.5), functions[f](2.75));
	}
	for (int i = 0; i < 3000; i++) {
		double x = small(), y = small() * 4;
		int exponent;
		mix_double(pow(fabs(x), y));
		mix_double(atan2(x, y));
		mix_double(hypot(x, y));
		mix_double(fmod(x * 1e6, y));
		mix_double(remainder(x, y));
		mix_double(frexp(x, &exponent));
		mix((uint64_t)exponent);
		mix_double(nextafter(x, y));
		mix_float(sinf((float)y));
		mix_float(expf((float)x));
		mix_float(logf(fabsf((float)y)));
		mix_float(powf(fabsf((float)x), (float)y));
		mix_float(tanhf((float)x));
	}
	done("library");
}

static void text(void)
{
	char line[128];
	for (int i = 0; i < 2000; i++) {
		double x = any_double();
		int length = snprintf(line, sizeof line, "%.17g %.3f %e %a", x, small(), x, x);
		for (int k = 0; k < length; k++)
			mix((uint8_t)line[k]);
		double back;
		if (sscanf(line, "%lf", &back) != 1 || back != x)
			printf("text         %s does not come back\n", line);
	}
	done("text");
}

int main(void)
{
	integers();
	vectors();
	halves_and_singles();
	doubles_and_modes();
	quads();
	library();
	text();
	return 0;
}
