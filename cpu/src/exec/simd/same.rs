//! Integer operations on two sources whose lanes all have one width; also the lane arithmetic of `long`.

use super::lanes::{Lane, by_size, copy};
use super::moves::unzip;
use super::{note_saturation, reg, reg_mut, saturate};
use crate::decode::simd::{Same, Shape, SimdInsn};
use crate::state::State;

/// Executes one operation of the class.
pub(super) fn run(op: Same, insn: &SimdInsn, st: &mut State) {
    let (mut a, mut b) = (0, 0);
    copy(&mut a, reg(st, insn.rn));
    insn.second(st, &mut b);
    insn.trim(insn.size, &mut a);
    insn.trim(insn.size, &mut b);
    let out = reg_mut(st, insn.rd);
    insn.trim(insn.size, out);
    let mut saturated = false;
    compute(op, insn, out, &a, &b, &mut saturated);
    insn.trim(insn.size, out);
    note_saturation(st, saturated);
}

#[inline(always)]
#[rustfmt::skip]
fn compute(op: Same, insn: &SimdInsn, out: &mut u128, a: &u128, b: &u128, saturated: &mut bool) {
    use Same::*;
    let size = insn.size;
    match op {
        And | Bic | Orr | Orn | Eor | Bsl | Bit | Bif => logic(op, out, a, b),
        Add | Sub | Mul | Mla | Mls | Pmul | Smax | Umax | Smin | Umin | Sabd | Uabd | Saba | Uaba => {
            arithmetic(op, size, out, a, b);
        }
        Cmgt | Cmhi | Cmge | Cmhs | Cmtst | Cmeq => compare(op, size, out, a, b),
        Shadd | Uhadd | Srhadd | Urhadd | Shsub | Uhsub => halving(op, size, out, a, b),
        Sqadd | Uqadd | Sqsub | Uqsub => saturating(op, size, out, a, b, saturated),
        Sshl | Ushl => shift(op == Sshl, size, out, a, b),
        Sqshl | Uqshl | Srshl | Urshl | Sqrshl | Uqrshl => {
            special_shift(op, size, out, a, b, saturated);
        }
        Sqdmulh | Sqrdmulh | Sqrdmlah | Sqrdmlsh => doubling_high(op, size, out, a, b, saturated),
        Smaxp => pairwise(Smax, insn, out, a, b),
        Umaxp => pairwise(Umax, insn, out, a, b),
        Sminp => pairwise(Smin, insn, out, a, b),
        Uminp => pairwise(Umin, insn, out, a, b),
        Addp => pairwise(Add, insn, out, a, b),
    }
}

fn logic(op: Same, out: &mut u128, a: &u128, b: &u128) {
    let (a, b, d) = (*a, *b, *out);
    *out = match op {
        Same::And => a & b,
        Same::Bic => a & !b,
        Same::Orr => a | b,
        Same::Orn => a | !b,
        Same::Eor => a ^ b,
        Same::Bsl => b ^ (a ^ b) & d,
        Same::Bit => d ^ (d ^ a) & b,
        _ => d ^ (d ^ a) & !b,
    };
}

/// A pairwise operation is the lane-wise one between the even and the odd lanes of the concatenated sources.
fn pairwise(op: Same, insn: &SimdInsn, out: &mut u128, a: &u128, b: &u128) {
    let full = insn.shape == Shape::Q;
    let (mut even, mut odd) = (0, 0);
    unzip(insn.size, full, 0, &mut even, a, b);
    unzip(insn.size, full, 1, &mut odd, a, b);
    arithmetic(op, insn.size, out, &even, &odd);
}

/// Lane-wise arithmetic modulo the lane width; `size` is 0 to 3 (0 for PMUL).
///
/// # Panics
/// If `op` is of another group: the callers pass only those listed here.
#[inline(never)]
pub(super) fn arithmetic(op: Same, size: u8, out: &mut u128, a: &u128, b: &u128) {
    match op {
        Same::Add => by_size!(size, |U, S| U::zip(out, a, b, U::wrapping_add)),
        Same::Sub => by_size!(size, |U, S| U::zip(out, a, b, U::wrapping_sub)),
        Same::Mul => by_size!(size, |U, S| U::zip(out, a, b, U::wrapping_mul)),
        Same::Mla => by_size!(size, |U, S| U::zip3(out, a, b, |d, a, b| d.wrapping_add(a.wrapping_mul(b)))),
        Same::Mls => by_size!(size, |U, S| U::zip3(out, a, b, |d, a, b| d.wrapping_sub(a.wrapping_mul(b)))),
        Same::Pmul => u8::zip(out, a, b, |a, b| carryless16(a.into(), b.into()) as u8),
        Same::Smax => by_size!(size, |U, S| S::zip(out, a, b, S::max)),
        Same::Umax => by_size!(size, |U, S| U::zip(out, a, b, U::max)),
        Same::Smin => by_size!(size, |U, S| S::zip(out, a, b, S::min)),
        Same::Umin => by_size!(size, |U, S| U::zip(out, a, b, U::min)),
        Same::Sabd => by_size!(size, |U, S| S::zip(out, a, b, |a, b| a.abs_diff(b) as S)),
        Same::Uabd => by_size!(size, |U, S| U::zip(out, a, b, U::abs_diff)),
        Same::Saba => {
            by_size!(size, |U, S| S::zip3(out, a, b, |d, a, b| d.wrapping_add(a.abs_diff(b) as S)));
        }
        Same::Uaba => by_size!(size, |U, S| U::zip3(out, a, b, |d, a, b| d.wrapping_add(a.abs_diff(b)))),
        other => unreachable!("{other:?} is not lane arithmetic"),
    }
}

/// The product of two polynomials of degree 7 over GF(2); `a` and `b` are below 256.
pub(super) fn carryless16(a: u16, b: u16) -> u16 {
    (0..8).fold(0, |acc, bit| acc ^ (a << bit) & (b >> bit & 1).wrapping_neg())
}

#[inline(never)]
fn compare(op: Same, size: u8, out: &mut u128, a: &u128, b: &u128) {
    macro_rules! test {
        ($u:ident, $t:ident, $f:expr) => {
            $t::zip(out, a, b, |x, y| if $f(&x, &y) { !0 } else { 0 })
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
#[inline(never)]
fn halving(op: Same, size: u8, out: &mut u128, a: &u128, b: &u128) {
    match op {
        Same::Shadd => by_size!(size, |U, S| S::zip(out, a, b, |x, y| (x & y) + ((x ^ y) >> 1))),
        Same::Uhadd => by_size!(size, |U, S| U::zip(out, a, b, |x, y| (x & y) + ((x ^ y) >> 1))),
        Same::Srhadd => by_size!(size, |U, S| S::zip(out, a, b, |x, y| (x | y) - ((x ^ y) >> 1))),
        Same::Urhadd => by_size!(size, |U, S| U::zip(out, a, b, |x, y| (x | y) - ((x ^ y) >> 1))),
        Same::Shsub => {
            by_size!(size, |U, S| S::zip(out, a, b, |x, y| ((x ^ y) >> 1).wrapping_sub(!x & y)));
        }
        _ => by_size!(size, |U, S| U::zip(out, a, b, |x, y| ((x ^ y) >> 1).wrapping_sub(!x & y))),
    }
}

#[inline(never)]
fn saturating(op: Same, size: u8, out: &mut u128, a: &u128, b: &u128, saturated: &mut bool) {
    // What differs from the result modulo the width was limited.
    let mut wrapped = 0;
    macro_rules! limited {
        ($t:ident, $limit:ident, $wrap:ident) => {{
            $t::zip(&mut wrapped, a, b, $t::$wrap);
            $t::zip(out, a, b, $t::$limit);
        }};
    }
    match op {
        Same::Sqadd => by_size!(size, |U, S| limited!(S, saturating_add, wrapping_add)),
        Same::Uqadd => by_size!(size, |U, S| limited!(U, saturating_add, wrapping_add)),
        Same::Sqsub => by_size!(size, |U, S| limited!(S, saturating_sub, wrapping_sub)),
        _ => by_size!(size, |U, S| limited!(U, saturating_sub, wrapping_sub)),
    }
    *saturated |= *out != wrapped;
}

/// SSHL and USHL: by the signed low byte of each lane of `b`, left if positive, right if negative.
#[inline(never)]
fn shift(signed: bool, size: u8, out: &mut u128, a: &u128, b: &u128) {
    by_size!(size, |U, S| U::zip(out, a, b, |x, y| {
        let amount = y as i8;
        let count = u32::from(amount.unsigned_abs());
        if amount >= 0 {
            x.checked_shl(count).unwrap_or(0)
        } else if signed {
            (x as S >> count.min(S::BITS - 1)) as U
        } else {
            x.checked_shr(count).unwrap_or(0)
        }
    }));
}

/// The rounding and saturating shifts by a register.
fn special_shift(op: Same, size: u8, out: &mut u128, a: &u128, b: &u128, saturated: &mut bool) {
    let signed = matches!(op, Same::Sqshl | Same::Srshl | Same::Sqrshl);
    let limit = matches!(op, Same::Sqshl | Same::Uqshl | Same::Sqrshl | Same::Uqrshl);
    let rounding = matches!(op, Same::Srshl | Same::Urshl | Same::Sqrshl | Same::Uqrshl);
    let bits = 8u32 << size;
    let mut lane = |x: i128, amount: i8| {
        let value = shifted(x, amount, bits, rounding);
        if limit { saturate(value, bits, signed, saturated) } else { value as u64 }
    };
    by_size!(size, |U, S| if signed {
        U::zip(out, a, b, |x, y| lane(i128::from(x as S), y as i8) as U);
    } else {
        U::zip(out, a, b, |x, y| lane(i128::from(x), y as i8) as U);
    });
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
fn doubling_high(op: Same, size: u8, out: &mut u128, a: &u128, b: &u128, saturated: &mut bool) {
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
        i16::zip3(out, a, b, |d, a, b| lane(d.into(), a.into(), b.into()) as i16);
    } else {
        i32::zip3(out, a, b, |d, a, b| lane(d.into(), a.into(), b.into()) as i32);
    }
}
