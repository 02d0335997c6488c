//! Reciprocal and reciprocal square root estimates (FRECPE, FRSQRTE, FRECPX, URECPE, URSQRTE): the 8-bit table values
//! of the architecture, computed rather than stored.

use super::real::{Class, infinity, invalid, max_normal, overflows_to_infinity, quieted, unpack, zero};
use super::{DZC, Format, FpEnv, IXC, OFC, UFC};

/// `RecipEstimate`: from 9 bits (256..=511, a fixed-point number in 0.5..1) to 9 bits (256..=511, 1..2).
#[must_use]
pub fn recip_estimate(a: u32) -> u32 {
    let doubled = a * 2 + 1;
    ((1 << 19) / doubled).div_ceil(2)
}

/// `RecipSqrtEstimate`: from 9 bits (128..=511, a fixed-point number in 0.25..1) to 9 bits (256..=511, 1..2).
#[must_use]
pub fn rsqrt_estimate(a: u32) -> u32 {
    // Both steps keep one bit below the 8 of the operand and take the middle of the interval.
    let middle = if a < 256 { a * 2 + 1 } else { ((a >> 1 << 1) + 1) * 2 };
    let mut b = 512u64;
    while u64::from(middle) * (b + 1) * (b + 1) < 1 << 28 {
        b += 1;
    }
    (b as u32).div_ceil(2)
}

/// `UnsignedRecipEstimate` (URECPE).
#[must_use]
pub fn unsigned_recip_estimate(a: u32) -> u32 {
    if a < 1 << 31 { u32::MAX } else { recip_estimate(a >> 23) << 23 }
}

/// `UnsignedRSqrtEstimate` (URSQRTE).
#[must_use]
pub fn unsigned_rsqrt_estimate(a: u32) -> u32 {
    if a < 1 << 30 { u32::MAX } else { rsqrt_estimate(a >> 23) << 23 }
}

/// The biased exponent and the fraction, left-aligned in 52 bits.
fn fields<F: Format>(a: F) -> (i32, u64) {
    let bits = a.to_bits();
    (((bits & F::EXP_MASK) >> F::FRAC) as i32, (bits & F::FRAC_MASK) << (52 - F::FRAC))
}

fn assemble<F: Format>(sign: bool, biased: i32, fraction: u64) -> F {
    let sign = if sign { F::SIGN } else { 0 };
    F::from_bits(sign | u64::from(biased.unsigned_abs()) << F::FRAC | fraction >> (52 - F::FRAC))
}

/// `FPRecipEstimate`.
#[must_use]
pub fn recpe<F: Format>(env: &mut FpEnv, a: F) -> F {
    let num = unpack(env, a);
    match num.class {
        Class::Qnan | Class::Snan => return quieted(env, &num, a),
        Class::Inf => return zero(num.sign),
        Class::Zero => {
            env.raise(DZC);
            return infinity(num.sign);
        }
        Class::Finite => {}
    }
    let (mut exp, mut fraction) = fields(a);
    // Below 2^-(BIAS + 1) the reciprocal overflows.
    if exp == 0 && fraction >> 50 == 0 {
        env.raise(OFC | IXC);
        let to_infinity = overflows_to_infinity(env.rounding(), num.sign);
        return if to_infinity { infinity(num.sign) } else { max_normal(num.sign) };
    }
    // From 2^(BIAS - 1) on it is denormal.
    if env.fpcr & F::FLUSH != 0 && exp >= 2 * F::BIAS - 1 {
        env.raise(UFC);
        return zero(num.sign);
    }
    if exp == 0 {
        if fraction >> 51 == 0 {
            exp = -1;
            fraction <<= 1;
        }
        fraction <<= 1;
    }
    let scaled = 1 << 8 | (fraction >> 44) as u32 & 0xFF;
    let estimate = u64::from(recip_estimate(scaled) & 0xFF) << 44;
    match 2 * F::BIAS - 1 - exp {
        0 => assemble(num.sign, 0, 1 << 51 | estimate >> 1),
        -1 => assemble(num.sign, 0, 1 << 50 | estimate >> 2),
        result => assemble(num.sign, result, estimate),
    }
}

/// `FPRSqrtEstimate`.
#[must_use]
pub fn rsqrte<F: Format>(env: &mut FpEnv, a: F) -> F {
    let num = unpack(env, a);
    match num.class {
        Class::Qnan | Class::Snan => return quieted(env, &num, a),
        Class::Zero => {
            env.raise(DZC);
            return infinity(num.sign);
        }
        _ if num.sign => return invalid(env),
        Class::Inf => return zero(false),
        Class::Finite => {}
    }
    let (mut exp, mut fraction) = fields(a);
    if exp == 0 {
        let shift = fraction.leading_zeros() - 11;
        fraction = fraction << shift & ((1 << 52) - 1);
        exp = 1 - shift as i32;
    }
    let scaled =
        if exp % 2 == 0 { 1 << 8 | (fraction >> 44) as u32 } else { 1 << 7 | (fraction >> 45) as u32 };
    let estimate = u64::from(rsqrt_estimate(scaled) & 0xFF) << 44;
    assemble(false, (3 * F::BIAS - 1 - exp) / 2, estimate)
}

/// `FPRecpX`: the exponent complemented, the fraction dropped.
#[must_use]
pub fn recpx<F: Format>(env: &mut FpEnv, a: F) -> F {
    let num = unpack(env, a);
    if num.is_nan() {
        return quieted(env, &num, a);
    }
    let bits = a.to_bits();
    let exp = bits & F::EXP_MASK;
    let result = if exp == 0 { F::EXP_MASK - (1 << F::FRAC) } else { !exp & F::EXP_MASK };
    F::from_bits(bits & F::SIGN | result)
}
