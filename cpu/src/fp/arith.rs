//! Sums, products, quotients, roots and fused forms; minimum and maximum; the dot-product helpers of BFloat16.
//!
//! Each function is the pseudocode function of the same name (J1.3 "shared/functions/float"): special operands in
//! Arm's order first, the exact value afterwards, one rounding at the end.

use super::real::{
    Class, Num, Real, inf_times_zero, infinity, invalid, process_nans, quieted, round, unpack, zero,
};
use super::{Bf16, DN, DZC, FZ, FZ16, Format, FpEnv, Rounding};
use core::cmp::Ordering;

/// `FPNeg`: flips the sign, of NaNs too; raises nothing.
#[must_use]
#[inline]
pub fn neg<F: Format>(a: F) -> F {
    F::from_bits(a.to_bits() ^ F::SIGN)
}

/// `FPAbs`: clears the sign, of NaNs too; raises nothing.
#[must_use]
#[inline]
pub fn abs<F: Format>(a: F) -> F {
    F::from_bits(a.to_bits() & !F::SIGN)
}

/// `FPAdd`.
#[must_use]
#[inline]
pub fn add<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    if let Some(sum) = F::fast_add(env, a, b) {
        return sum;
    }
    add_exact(env, a, b)
}

#[cold]
#[inline(never)]
fn add_exact<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    let mode = env.rounding();
    add_rounded(env, a, b, mode)
}

/// `FPSub`. The sign of a NaN in `b` is kept, unlike in an addition of the negated operand.
#[must_use]
#[inline]
pub fn sub<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    if let Some(sum) = F::fast_add(env, a, neg(b)) {
        return sum;
    }
    sub_exact(env, a, b)
}

#[cold]
#[inline(never)]
fn sub_exact<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    let (x, y) = (unpack(env, a), unpack(env, b));
    if let Some(nan) = process_nans(env, [(&x, a), (&y, b)]) {
        return nan;
    }
    let mode = env.rounding();
    add_rounded(env, a, neg(b), mode)
}

fn add_rounded<F: Format>(env: &mut FpEnv, a: F, b: F, mode: Rounding) -> F {
    let (x, y) = (unpack(env, a), unpack(env, b));
    if let Some(nan) = process_nans(env, [(&x, a), (&y, b)]) {
        return nan;
    }
    match (x.class, y.class) {
        (Class::Inf, Class::Inf) if x.sign != y.sign => invalid(env),
        (Class::Inf, _) => infinity(x.sign),
        (_, Class::Inf) => infinity(y.sign),
        (Class::Zero, Class::Zero) if x.sign == y.sign => zero(x.sign),
        _ => round(env, x.real().plus(y.real()), mode),
    }
}

/// `FPMul`.
#[must_use]
#[inline]
pub fn mul<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    if let Some(product) = F::fast_mul(env, a, b) {
        return product;
    }
    mul_exact(env, a, b)
}

#[cold]
#[inline(never)]
fn mul_exact<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    let mode = env.rounding();
    mul_rounded(env, a, b, mode)
}

/// FNMUL: the negated product, also when that is a NaN.
#[must_use]
#[inline]
pub fn nmul<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    neg(mul(env, a, b))
}

fn mul_rounded<F: Format>(env: &mut FpEnv, a: F, b: F, mode: Rounding) -> F {
    let (x, y) = (unpack(env, a), unpack(env, b));
    if let Some(nan) = process_nans(env, [(&x, a), (&y, b)]) {
        return nan;
    }
    if inf_times_zero(&x, &y) {
        return invalid(env);
    }
    product(env, &x, &y, mode)
}

/// The product of operands that have one.
fn product<F: Format>(env: &mut FpEnv, x: &Num, y: &Num, mode: Rounding) -> F {
    let sign = x.sign != y.sign;
    if x.is_inf() || y.is_inf() {
        infinity(sign)
    } else if x.is_zero() || y.is_zero() {
        zero(sign)
    } else {
        round(env, x.times(y), mode)
    }
}

/// `FPMulX`: as [`mul`], but infinity times zero is two with the sign of the product, and raises nothing.
#[must_use]
pub fn mulx<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    if let Some(product) = F::fast_mul(env, a, b) {
        return product;
    }
    let (x, y) = (unpack(env, a), unpack(env, b));
    if let Some(nan) = process_nans(env, [(&x, a), (&y, b)]) {
        return nan;
    }
    let mode = env.rounding();
    if inf_times_zero(&x, &y) {
        return round(env, Real { sign: x.sign != y.sign, exp: 1, sig: 1 }, mode);
    }
    product(env, &x, &y, mode)
}

/// `FPDiv`.
#[must_use]
#[inline]
pub fn div<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    if let Some(quotient) = F::fast_div(env, a, b) {
        return quotient;
    }
    div_exact(env, a, b)
}

#[cold]
#[inline(never)]
fn div_exact<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    let (x, y) = (unpack(env, a), unpack(env, b));
    if let Some(nan) = process_nans(env, [(&x, a), (&y, b)]) {
        return nan;
    }
    let sign = x.sign != y.sign;
    match (x.class, y.class) {
        (Class::Inf, Class::Inf) | (Class::Zero, Class::Zero) => invalid(env),
        (Class::Inf, _) => infinity(sign),
        (_, Class::Zero) => {
            env.raise(DZC);
            infinity(sign)
        }
        (Class::Zero, _) | (_, Class::Inf) => zero(sign),
        _ => {
            let mode = env.rounding();
            round(env, quotient(x.real(), y.real(), sign), mode)
        }
    }
}

/// A quotient of at least 63 bits, the lowest one sticky. Neither operand is zero.
fn quotient(x: Real, y: Real, sign: bool) -> Real {
    let (shift_x, shift_y) = (x.sig.leading_zeros() - 1, y.sig.leading_zeros() - 64);
    let (dividend, divisor) = (x.sig << shift_x, y.sig << shift_y);
    let exp = (x.exp - shift_x as i32) - (y.exp - shift_y as i32);
    let sticky = u128::from(dividend % divisor != 0);
    Real { sign, exp, sig: (dividend / divisor) | sticky }
}

/// `FPSqrt`.
#[must_use]
#[inline]
pub fn sqrt<F: Format>(env: &mut FpEnv, a: F) -> F {
    if let Some(root) = F::fast_sqrt(env, a) {
        return root;
    }
    sqrt_exact(env, a)
}

#[cold]
#[inline(never)]
fn sqrt_exact<F: Format>(env: &mut FpEnv, a: F) -> F {
    let x = unpack(env, a);
    match x.class {
        Class::Qnan | Class::Snan => quieted(env, &x, a),
        Class::Zero => zero(x.sign),
        _ if x.sign => invalid(env),
        Class::Inf => infinity(false),
        Class::Finite => {
            let value = x.real();
            // An even exponent and at least 125 significant bits: the root has 63.
            let room = value.sig.leading_zeros() - 1;
            let shift = if (value.exp - room as i32) % 2 == 0 { room } else { room - 1 };
            let sig = value.sig << shift;
            let root = sig.isqrt();
            let sticky = u128::from(root * root != sig);
            let mode = env.rounding();
            let exp = (value.exp - shift as i32) / 2 - 1;
            round(env, Real { sign: false, exp, sig: root << 1 | sticky }, mode)
        }
    }
}

/// `FPMulAdd`: `addend + a * b`, rounded once. FMSUB negates `a`, FNMADD `a` and `addend`, FNMSUB `addend`, each
/// with [`neg`] before the call: a NaN is negated too.
#[must_use]
#[inline]
pub fn fma<F: Format>(env: &mut FpEnv, addend: F, a: F, b: F) -> F {
    if let Some(sum) = F::fast_fma(env, addend, a, b) {
        return sum;
    }
    fma_exact(env, addend, a, b)
}

#[cold]
#[inline(never)]
fn fma_exact<F: Format>(env: &mut FpEnv, addend: F, a: F, b: F) -> F {
    let (z, x, y) = (unpack(env, addend), unpack(env, a), unpack(env, b));
    let no_product = inf_times_zero(&x, &y);
    if let Some(nan) = process_nans(env, [(&z, addend), (&x, a), (&y, b)]) {
        return if no_product && z.class == Class::Qnan { invalid(env) } else { nan };
    }
    let sign = x.sign != y.sign;
    let infinite = x.is_inf() || y.is_inf();
    if no_product || infinite && z.is_inf() && z.sign != sign {
        invalid(env)
    } else if z.is_inf() {
        infinity(z.sign)
    } else if infinite {
        infinity(sign)
    } else if z.is_zero() && (x.is_zero() || y.is_zero()) && z.sign == sign {
        zero(sign)
    } else {
        let mode = env.rounding();
        round(env, z.real().plus(x.times(&y)), mode)
    }
}

/// Which of two numbers wins, and what a lone quiet NaN counts as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Min,
    Max,
}

#[inline]
fn extreme<F: Format>(env: &mut FpEnv, a: F, b: F, side: Side) -> F {
    match (F::fast_order(env, a, b), side) {
        (Some(Ordering::Greater), Side::Max) | (Some(Ordering::Less), Side::Min) => a,
        (Some(Ordering::Less), Side::Max) | (Some(Ordering::Greater), Side::Min) => b,
        // Zeros of either sign are equal, but not the same.
        (Some(Ordering::Equal) | None, _) => extreme_exact(env, a, b, side),
    }
}

#[cold]
#[inline(never)]
fn extreme_exact<F: Format>(env: &mut FpEnv, a: F, b: F, side: Side) -> F {
    let (x, y) = (unpack(env, a), unpack(env, b));
    if let Some(nan) = process_nans(env, [(&x, a), (&y, b)]) {
        return nan;
    }
    // Patterns ordered as numbers; a flushed operand is a zero by now, and both zeros have the key 0 or -1.
    let key = |num: &Num, value: F| {
        let magnitude = if num.is_zero() { 0 } else { i128::from(value.to_bits() & !F::SIGN) };
        if num.sign { -1 - magnitude } else { magnitude }
    };
    let first = match side {
        Side::Min => key(&x, a) < key(&y, b),
        Side::Max => key(&x, a) > key(&y, b),
    };
    let (num, value) = if first { (&x, a) } else { (&y, b) };
    if num.is_zero() { zero(num.sign) } else { value }
}

/// `FPMax`: a NaN operand gives a NaN; plus zero is above minus zero.
#[must_use]
pub fn max<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    extreme(env, a, b, Side::Max)
}

/// `FPMin`: a NaN operand gives a NaN; minus zero is below plus zero.
#[must_use]
pub fn min<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    extreme(env, a, b, Side::Min)
}

/// `FPMaxNum`: a quiet NaN loses against a number.
#[must_use]
pub fn maxnm<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    let (a, b) = without_quiet_nan(env, a, b, infinity(true));
    max(env, a, b)
}

/// `FPMinNum`: a quiet NaN loses against a number.
#[must_use]
pub fn minnm<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    let (a, b) = without_quiet_nan(env, a, b, infinity(false));
    min(env, a, b)
}

/// Replaces a quiet NaN by `loser` unless both operands are one.
fn without_quiet_nan<F: Format>(env: &mut FpEnv, a: F, b: F, loser: F) -> (F, F) {
    let quiet = |env: &mut FpEnv, value: F| unpack(env, value).class == Class::Qnan;
    match (quiet(env, a), quiet(env, b)) {
        (true, false) => (loser, b),
        (false, true) => (a, loser),
        _ => (a, b),
    }
}

/// `FPRecipStepFused`: `2 - a * b`, rounded once; 2 for infinity times zero.
#[must_use]
pub fn recps<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    let two = Real { sign: false, exp: 1, sig: 1 };
    step(env, a, b, two, 0, two)
}

/// `FPRSqrtStepFused`: `(3 - a * b) / 2`, rounded once; 1.5 for infinity times zero.
#[must_use]
pub fn rsqrts<F: Format>(env: &mut FpEnv, a: F, b: F) -> F {
    let three = Real { sign: false, exp: 0, sig: 3 };
    step(env, a, b, three, 1, Real { exp: -1, ..three })
}

/// `(base - a * b) / 2^halvings`.
fn step<F: Format>(env: &mut FpEnv, a: F, b: F, base: Real, halvings: i32, no_product: Real) -> F {
    let a = neg(a);
    let (x, y) = (unpack(env, a), unpack(env, b));
    if let Some(nan) = process_nans(env, [(&x, a), (&y, b)]) {
        return nan;
    }
    let mode = env.rounding();
    if inf_times_zero(&x, &y) {
        return round(env, no_product, mode);
    }
    if x.is_inf() || y.is_inf() {
        return infinity(x.sign != y.sign);
    }
    let sum = base.plus(x.times(&y));
    round(env, Real { exp: sum.exp - halvings, ..sum }, mode)
}

/// `FPMulAddH` (FMLAL, FMLSL): `addend + a * b` with half operands and a single result.
#[must_use]
pub fn fmlal(env: &mut FpEnv, addend: u32, a: u16, b: u16) -> u32 {
    let flush = env.fpcr & FZ16 != 0;
    fma(env, addend, widen_half(a, flush), widen_half(b, flush))
}

/// A half as the single of the same value; a signalling NaN stays one, so that the sum sees and reports it.
fn widen_half(half: u16, flush: bool) -> u32 {
    let bits = u32::from(half);
    let (sign, magnitude) = ((bits & 0x8000) << 16, bits & 0x7FFF);
    sign | match magnitude {
        0 => 0,
        1..=0x3FF if flush => 0,
        1..=0x3FF => {
            let shift = magnitude.leading_zeros() - 21;
            (113 - shift) << 23 | (magnitude << shift & 0x3FF) << 13
        }
        0x7C00.. => 0x7F80_0000 | (magnitude & 0x3FF) << 13,
        _ => (magnitude << 13) + (112 << 23),
    }
}

/// `BFMulAdd` (BFMLALB, BFMLALT): `addend + a * b` under FPCR, as a single fused operation.
#[must_use]
pub fn bf_mul_add(env: &mut FpEnv, addend: u32, a: Bf16, b: Bf16) -> u32 {
    fma(env, addend, u32::from(a.0) << 16, u32::from(b.0) << 16)
}

/// `BFDotAdd` (BFDOT, BFMMLA) without FEAT_EBF16: `addend + (a0 * b0 + a1 * b1)`. FPCR does not matter: each step
/// rounds to odd, flushes denormals, gives the default NaN, and raises nothing.
#[must_use]
pub fn bf_dot_add(addend: u32, a: [Bf16; 2], b: [Bf16; 2]) -> u32 {
    let mut env = FpEnv::new(FZ | DN, 0);
    let mode = Rounding::OddInf;
    let single = |value: Bf16| u32::from(value.0) << 16;
    let low = mul_rounded(&mut env, single(a[0]), single(b[0]), mode);
    let high = mul_rounded(&mut env, single(a[1]), single(b[1]), mode);
    let pair = add_rounded(&mut env, low, high, mode);
    add_rounded(&mut env, addend, pair, mode)
}
