//! Comparisons: NZCV for FCMP and FCCMP, and the predicates of FCMEQ, FCMGE, FCMGT, FACGE and FACGT.

use super::real::{Class, Num, unpack};
use super::{Format, FpEnv, IOC, abs};
use core::cmp::Ordering;

const EQUAL: u32 = 0b0110 << 28;
const LESS: u32 = 0b1000 << 28;
const GREATER: u32 = 0b0010 << 28;
const UNORDERED: u32 = 0b0011 << 28;

/// `FPCompare`: NZCV in bits 31:28. Any NaN is unordered; a quiet one is invalid only if `signal_nans` (FCMPE).
#[must_use]
#[inline]
pub fn compare<F: Format>(env: &mut FpEnv, a: F, b: F, signal_nans: bool) -> u32 {
    match order(env, a, b, signal_nans) {
        Some(Ordering::Equal) => EQUAL,
        Some(Ordering::Less) => LESS,
        Some(Ordering::Greater) => GREATER,
        None => UNORDERED,
    }
}

/// `FPCompareEQ`: a quiet NaN is unequal and raises nothing.
#[must_use]
#[inline]
pub fn eq<F: Format>(env: &mut FpEnv, a: F, b: F) -> bool {
    order(env, a, b, false) == Some(Ordering::Equal)
}

/// `FPCompareGE`: any NaN is invalid.
#[must_use]
#[inline]
pub fn ge<F: Format>(env: &mut FpEnv, a: F, b: F) -> bool {
    matches!(order(env, a, b, true), Some(Ordering::Greater | Ordering::Equal))
}

/// `FPCompareGT`: any NaN is invalid.
#[must_use]
#[inline]
pub fn gt<F: Format>(env: &mut FpEnv, a: F, b: F) -> bool {
    order(env, a, b, true) == Some(Ordering::Greater)
}

/// FACGE: [`ge`] of the magnitudes.
#[must_use]
#[inline]
pub fn abs_ge<F: Format>(env: &mut FpEnv, a: F, b: F) -> bool {
    ge(env, abs(a), abs(b))
}

/// FACGT: [`gt`] of the magnitudes.
#[must_use]
#[inline]
pub fn abs_gt<F: Format>(env: &mut FpEnv, a: F, b: F) -> bool {
    gt(env, abs(a), abs(b))
}

#[inline]
fn order<F: Format>(env: &mut FpEnv, a: F, b: F, signal_nans: bool) -> Option<Ordering> {
    if let Some(order) = F::fast_order(env, a, b) {
        return Some(order);
    }
    order_exact(env, a, b, signal_nans)
}

#[cold]
#[inline(never)]
fn order_exact<F: Format>(env: &mut FpEnv, a: F, b: F, signal_nans: bool) -> Option<Ordering> {
    let (x, y) = (unpack(env, a), unpack(env, b));
    if x.is_nan() || y.is_nan() {
        if signal_nans || x.class == Class::Snan || y.class == Class::Snan {
            env.raise(IOC);
        }
        return None;
    }
    // Sign and magnitude as one ordered integer, in which both zeros, and what was flushed to them, are 0.
    let key = |num: &Num, value: F| {
        let magnitude = if num.is_zero() { 0 } else { (value.to_bits() & !F::SIGN) as i64 };
        if num.sign { -magnitude } else { magnitude }
    };
    Some(key(&x, a).cmp(&key(&y, b)))
}
