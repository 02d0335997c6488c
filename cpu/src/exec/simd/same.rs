//! Integer operations on two sources whose lanes all have one width; also the lane arithmetic of `long`.

use super::lanes::{Lane, by_size};
use super::moves::unzip;
use super::{note_saturation, reg, saturate, set};
use crate::decode::simd::{Same, Shape, SimdInsn};
use crate::state::State;

/// Executes one operation of the class.
pub(super) fn run(op: Same, insn: &SimdInsn, st: &mut State) {
    let mask = insn.mask(insn.size);
    let a = reg(st, insn.rn) & mask;
    let b = insn.second(st) & mask;
    let d = reg(st, insn.rd) & mask;
    let mut saturated = false;
    let value = compute(op, insn, d, a, b, &mut saturated);
    note_saturation(st, saturated);
    set(st, insn.rd, value & mask);
}

#[inline(always)]
#[rustfmt::skip]
fn compute(op: Same, insn: &SimdInsn, d: u128, a: u128, b: u128, saturated: &mut bool) -> u128 {
    use Same::*;
    let size = insn.size;
    match op {
        And => a & b,
        Bic => a & !b,
        Orr => a | b,
        Orn => a | !b,
        Eor => a ^ b,
        Bsl => b ^ (a ^ b) & d,
        Bit => d ^ (d ^ a) & b,
        Bif => d ^ (d ^ a) & !b,
        Add | Sub | Mul | Mla | Mls | Pmul | Smax | Umax | Smin | Umin | Sabd | Uabd | Saba | Uaba => {
            arithmetic(op, size, d, a, b)
        }
        Cmgt | Cmhi | Cmge | Cmhs | Cmtst | Cmeq => compare(op, size, a, b),
        Shadd | Uhadd | Srhadd | Urhadd | Shsub | Uhsub => halving(op, size, a, b),
        Sqadd | Uqadd | Sqsub | Uqsub => saturating(op, size, a, b, saturated),
        Sshl | Ushl | Sqshl | Uqshl | Srshl | Urshl | Sqrshl | Uqrshl => shift(op, size, a, b, saturated),
        Sqdmulh | Sqrdmulh | Sqrdmlah | Sqrdmlsh => doubling_high(op, size, d, a, b, saturated),
        Smaxp => pairwise(Smax, insn, a, b),
        Umaxp => pairwise(Umax, insn, a, b),
        Sminp => pairwise(Smin, insn, a, b),
        Uminp => pairwise(Umin, insn, a, b),
        Addp => pairwise(Add, insn, a, b),
    }
}

/// A pairwise operation is the lane-wise one between the even and the odd lanes of the concatenated sources.
fn pairwise(op: Same, insn: &SimdInsn, a: u128, b: u128) -> u128 {
    let full = insn.shape == Shape::Q;
    arithmetic(op, insn.size, 0, unzip(insn.size, full, 0, a, b), unzip(insn.size, full, 1, a, b))
}

/// Lane-wise arithmetic modulo the lane width; `size` is 0 to 3 (0 for PMUL).
///
/// # Panics
/// If `op` is of another group: the callers pass only those listed here.
pub(super) fn arithmetic(op: Same, size: u8, d: u128, a: u128, b: u128) -> u128 {
    match op {
        Same::Add => by_size!(size, |U, S| U::map2(a, b, U::wrapping_add)),
        Same::Sub => by_size!(size, |U, S| U::map2(a, b, U::wrapping_sub)),
        Same::Mul => by_size!(size, |U, S| U::map2(a, b, U::wrapping_mul)),
        Same::Mla => by_size!(size, |U, S| U::map3(d, a, b, |d, a, b| d.wrapping_add(a.wrapping_mul(b)))),
        Same::Mls => by_size!(size, |U, S| U::map3(d, a, b, |d, a, b| d.wrapping_sub(a.wrapping_mul(b)))),
        Same::Pmul => u8::map2(a, b, |a, b| carryless(u64::from(a), u64::from(b)) as u8),
        Same::Smax => by_size!(size, |U, S| S::map2(a, b, S::max)),
        Same::Umax => by_size!(size, |U, S| U::map2(a, b, U::max)),
        Same::Smin => by_size!(size, |U, S| S::map2(a, b, S::min)),
        Same::Umin => by_size!(size, |U, S| U::map2(a, b, U::min)),
        Same::Sabd => by_size!(size, |U, S| S::map2(a, b, |a, b| a.abs_diff(b) as S)),
        Same::Uabd => by_size!(size, |U, S| U::map2(a, b, U::abs_diff)),
        Same::Saba => {
            by_size!(size, |U, S| S::map3(d, a, b, |d, a, b| d.wrapping_add(a.abs_diff(b) as S)))
        }
        Same::Uaba => by_size!(size, |U, S| U::map3(d, a, b, |d, a, b| d.wrapping_add(a.abs_diff(b)))),
        other => unreachable!("{other:?} is not lane arithmetic"),
    }
}

/// The product of polynomials over GF(2).
pub(super) fn carryless(a: u64, b: u64) -> u128 {
    let a = u128::from(a);
    (0..64).filter(|bit| b >> bit & 1 == 1).fold(0, |acc, bit| acc ^ a << bit)
}

fn compare(op: Same, size: u8, a: u128, b: u128) -> u128 {
    macro_rules! test {
        ($u:ident, $t:ident, $f:expr) => {
            $t::map2(a, b, |x, y| if $f(&x, &y) { !0 } else { 0 })
        };
    }
    match op {
        Same::Cmgt => by_size!(size, |U, S| test!(U, S, S::gt)),
        Same::Cmhi => by_size!(size, |U, S| test!(U, U, U::gt)),
        Same::Cmge => by_size!(size, |U, S| test!(U, S, S::ge)),
        Same::Cmhs => by_size!(size, |U, S| test!(U, U, U::ge)),
        Same::Cmeq => by_size!(size, |U, S| test!(U, U, U::eq)),
        _ => by_size!(size, |U, S| test!(U, U, |x: &U, y: &U| x & y != 0)),
    }
}

/// Halving without a wider type: x + y is both (x & y) * 2 + (x ^ y) and (x | y) * 2 - (x ^ y).
fn halving(op: Same, size: u8, a: u128, b: u128) -> u128 {
    match op {
        Same::Shadd => by_size!(size, |U, S| S::map2(a, b, |x, y| (x & y) + ((x ^ y) >> 1))),
        Same::Uhadd => by_size!(size, |U, S| U::map2(a, b, |x, y| (x & y) + ((x ^ y) >> 1))),
        Same::Srhadd => by_size!(size, |U, S| S::map2(a, b, |x, y| (x | y) - ((x ^ y) >> 1))),
        Same::Urhadd => by_size!(size, |U, S| U::map2(a, b, |x, y| (x | y) - ((x ^ y) >> 1))),
        Same::Shsub => by_size!(size, |U, S| S::map2(a, b, |x, y| ((x ^ y) >> 1).wrapping_sub(!x & y))),
        _ => by_size!(size, |U, S| U::map2(a, b, |x, y| ((x ^ y) >> 1).wrapping_sub(!x & y))),
    }
}

fn saturating(op: Same, size: u8, a: u128, b: u128, saturated: &mut bool) -> u128 {
    let mut flag = false;
    macro_rules! limited {
        ($t:ident, $limit:ident, $wrap:ident) => {
            $t::map2(a, b, |x, y| {
                let value = x.$limit(y);
                flag |= value != x.$wrap(y);
                value
            })
        };
    }
    let value = match op {
        Same::Sqadd => by_size!(size, |U, S| limited!(S, saturating_add, wrapping_add)),
        Same::Uqadd => by_size!(size, |U, S| limited!(U, saturating_add, wrapping_add)),
        Same::Sqsub => by_size!(size, |U, S| limited!(S, saturating_sub, wrapping_sub)),
        _ => by_size!(size, |U, S| limited!(U, saturating_sub, wrapping_sub)),
    };
    *saturated |= flag;
    value
}

/// Shifts by the signed low byte of each lane of `b`: left if positive, right if negative.
fn shift(op: Same, size: u8, a: u128, b: u128, saturated: &mut bool) -> u128 {
    let signed = matches!(op, Same::Sshl | Same::Sqshl | Same::Srshl | Same::Sqrshl);
    let limit = matches!(op, Same::Sqshl | Same::Uqshl | Same::Sqrshl | Same::Uqrshl);
    let rounding = matches!(op, Same::Srshl | Same::Urshl | Same::Sqrshl | Same::Uqrshl);
    let bits = 8u32 << size;
    let mut lane = |x: i128, amount: i8| {
        let value = shifted(x, amount, bits, rounding);
        if limit { saturate(value, bits, signed, saturated) } else { value as u64 }
    };
    by_size!(size, |U, S| if signed {
        U::map2(a, b, |x, y| lane(i128::from(x as S), y as i8) as U)
    } else {
        U::map2(a, b, |x, y| lane(i128::from(x), y as i8) as U)
    })
}

/// The exact value of a shift, or for a left shift by the width or more some multiple of 2^64 of the same sign.
fn shifted(x: i128, amount: i8, bits: u32, rounding: bool) -> i128 {
    let count = u32::from(amount.unsigned_abs());
    if amount >= 0 {
        return if count >= bits { x.signum() << 100 } else { x << count };
    }
    let count = count.min(126);
    if rounding { (x + (1 << (count - 1))) >> count } else { x >> count }
}

/// The high half of a doubled product, possibly rounded and accumulated; 16- and 32-bit lanes.
///
/// All terms are halved, so that nothing leaves an i64.
fn doubling_high(op: Same, size: u8, d: u128, a: u128, b: u128, saturated: &mut bool) -> u128 {
    let bits = 8u32 << size;
    let mut lane = |d: i64, a: i64, b: i64| {
        let product = a * b;
        let half = 1i64 << (bits - 2);
        let value = match op {
            Same::Sqdmulh => product,
            Same::Sqrdmulh => product + half,
            Same::Sqrdmlah => (d << (bits - 1)) + product + half,
            _ => (d << (bits - 1)) - product + half,
        } >> (bits - 1);
        saturate(i128::from(value), bits, true, saturated)
    };
    if size == 1 {
        i16::map3(d, a, b, |d, a, b| lane(d.into(), a.into(), b.into()) as i16)
    } else {
        i32::map3(d, a, b, |d, a, b| lane(d.into(), a.into(), b.into()) as i32)
    }
}
