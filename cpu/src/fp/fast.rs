//! The common case on the host's own FP: rounding to nearest, nothing flushed, an ordinary result.
//!
//! Private to `fp`. Each function answers `None` unless result and flags are certain: then only FPSR.IXC could
//! change, so the answer also needs an exact result or an IXC that is already set. IEEE 754 fixes every bit of the
//! operations used here, on every host; the Rust runtime leaves their rounding to nearest and denormals in place.

use super::{FZ, Format, FpEnv, IXC, RMODE};
use core::cmp::Ordering;

/// The shortcuts of a format; the default is to have none.
pub trait Fast: Sized {
    /// `a + b`, if certain.
    fn fast_add(_env: &FpEnv, _a: Self, _b: Self) -> Option<Self> {
        None
    }
    /// `a * b`, if certain.
    fn fast_mul(_env: &FpEnv, _a: Self, _b: Self) -> Option<Self> {
        None
    }
    /// `a / b`, if certain.
    fn fast_div(_env: &FpEnv, _a: Self, _b: Self) -> Option<Self> {
        None
    }
    /// The square root, if certain.
    fn fast_sqrt(_env: &FpEnv, _a: Self) -> Option<Self> {
        None
    }
    /// `addend + a * b` rounded once, if certain.
    fn fast_fma(_env: &FpEnv, _addend: Self, _a: Self, _b: Self) -> Option<Self> {
        None
    }
    /// The bits of the value in the IEEE format `to_bits` wide, if certain.
    fn fast_convert(_env: &FpEnv, _a: Self, _to_bits: u32) -> Option<u64> {
        None
    }
    /// How the numbers compare, if neither is a NaN or to be flushed.
    fn fast_order(_env: &FpEnv, _a: Self, _b: Self) -> Option<Ordering> {
        None
    }
    /// The value rounded towards zero, if it is below 2^62 in magnitude.
    fn fast_truncate(_env: &FpEnv, _a: Self) -> Option<i64> {
        None
    }
    /// The integer, if it is so small that it is exact.
    fn small_int(_sign: bool, _magnitude: u64) -> Option<Self> {
        None
    }
}

impl Fast for u16 {}
impl Fast for super::Bf16 {}

/// Whether the modes are the host's.
#[inline(always)]
fn host_modes(env: &FpEnv) -> bool {
    env.fpcr & (FZ | RMODE) == 0
}

#[inline(always)]
fn inexact_already(env: &FpEnv) -> bool {
    env.fpsr & IXC != 0
}

/// The biased exponent.
#[inline(always)]
fn exponent<F: Format>(bits: F) -> u64 {
    (bits.to_bits() & F::EXP_MASK) >> F::FRAC
}

/// Finite, and not so small that it could have been rounded up from a denormal.
#[inline(always)]
fn ordinary<F: Format>(bits: F) -> bool {
    let exp = exponent(bits);
    exp >= 2 && exp < F::EXP_MASK >> F::FRAC
}

#[inline(always)]
fn is_zero<F: Format>(bits: F) -> bool {
    bits.to_bits() & !F::SIGN == 0
}

/// The significand without trailing zeros; for normal numbers.
#[inline(always)]
fn odd_significand<F: Format>(bits: F) -> u128 {
    let sig = bits.to_bits() & F::FRAC_MASK | 1 << F::FRAC;
    u128::from(sig >> sig.trailing_zeros())
}

/// Whether a normal `product` is exactly `a * b` for normal factors, given that it is that to within rounding.
#[inline(always)]
fn exact_product<F: Format>(product: F, a: F, b: F) -> bool {
    let normal = exponent(a) != 0 && exponent(b) != 0 && exponent(product) != 0;
    normal && odd_significand(a) * odd_significand(b) == odd_significand(product)
}

macro_rules! fast {
    ($bits:ty, $host:ty) => {
        impl Fast for $bits {
            #[inline(always)]
            fn fast_add(env: &FpEnv, a: Self, b: Self) -> Option<Self> {
                if !host_modes(env) {
                    return None;
                }
                let (x, y) = (<$host>::from_bits(a), <$host>::from_bits(b));
                let sum = x + y;
                // A sum that is denormal is exact, so only the top exponent needs the slow path.
                if !sum.is_finite() {
                    return None;
                }
                if !inexact_already(env) {
                    // Knuth's two-sum: the error of the addition, exactly, unless a step overflows to a NaN.
                    let part = sum - x;
                    if (x - (sum - part)) + (y - part) != 0.0 {
                        return None;
                    }
                }
                Some(sum.to_bits())
            }

            #[inline(always)]
            fn fast_mul(env: &FpEnv, a: Self, b: Self) -> Option<Self> {
                if !host_modes(env) {
                    return None;
                }
                let product = (<$host>::from_bits(a) * <$host>::from_bits(b)).to_bits();
                if ordinary(product) {
                    (inexact_already(env) || exact_product(product, a, b)).then_some(product)
                } else {
                    // Zero times a finite number; the product of an infinity or a NaN is not zero.
                    (is_zero(product) && (is_zero(a) || is_zero(b))).then_some(product)
                }
            }

            #[inline(always)]
            fn fast_div(env: &FpEnv, a: Self, b: Self) -> Option<Self> {
                if !host_modes(env) {
                    return None;
                }
                let quotient = (<$host>::from_bits(a) / <$host>::from_bits(b)).to_bits();
                if ordinary(quotient) {
                    (inexact_already(env) || exact_product(a, quotient, b)).then_some(quotient)
                } else {
                    (is_zero(quotient) && is_zero(a)).then_some(quotient)
                }
            }

            #[inline(always)]
            fn fast_sqrt(env: &FpEnv, a: Self) -> Option<Self> {
                if !host_modes(env) {
                    return None;
                }
                let root = <$host>::from_bits(a).sqrt().to_bits();
                (ordinary(root) && (inexact_already(env) || exact_product(a, root, root))).then_some(root)
            }

            #[inline(always)]
            fn fast_fma(env: &FpEnv, addend: Self, a: Self, b: Self) -> Option<Self> {
                if !host_modes(env) || !inexact_already(env) {
                    return None;
                }
                let (z, x, y) = (<$host>::from_bits(addend), <$host>::from_bits(a), <$host>::from_bits(b));
                let sum = x.mul_add(y, z).to_bits();
                ordinary(sum).then_some(sum)
            }

            #[inline(always)]
            fn fast_convert(env: &FpEnv, a: Self, to_bits: u32) -> Option<u64> {
                if !host_modes(env) || !ordinary(a) {
                    return None;
                }
                let value = <$host>::from_bits(a);
                match to_bits {
                    64 => Some(f64::from(value).to_bits()),
                    32 => {
                        let narrow = value as f32;
                        let certain = inexact_already(env) || f64::from(narrow) == f64::from(value);
                        (ordinary(narrow.to_bits()) && certain).then(|| u64::from(narrow.to_bits()))
                    }
                    _ => None,
                }
            }

            #[inline(always)]
            fn fast_order(env: &FpEnv, a: Self, b: Self) -> Option<Ordering> {
                if env.fpcr & FZ != 0 {
                    return None;
                }
                <$host>::from_bits(a).partial_cmp(&<$host>::from_bits(b))
            }

            #[inline(always)]
            fn fast_truncate(env: &FpEnv, a: Self) -> Option<i64> {
                const LIMIT: $host = (1u64 << 62) as $host;
                let value = <$host>::from_bits(a);
                if env.fpcr & FZ != 0 || !(value > -LIMIT && value < LIMIT) {
                    return None;
                }
                let whole = value as i64;
                (inexact_already(env) || whole as $host == value).then_some(whole)
            }

            #[inline(always)]
            fn small_int(sign: bool, magnitude: u64) -> Option<Self> {
                let value = magnitude as $host;
                (magnitude <= 1 << Self::FRAC).then(|| if sign { -value } else { value }.to_bits())
            }
        }
    };
}
fast!(u32, f32);
fast!(u64, f64);
