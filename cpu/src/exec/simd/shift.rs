//! Shifts by an immediate.

use super::lanes::{Lane, by_size, lane_mask, widen};
use super::misc::narrow_as;
use super::{half, note_saturation, reg, set, set_half};
use crate::decode::simd::{Misc, Shape, Shift, SimdInsn};
use crate::state::State;

/// Executes one operation of the class.
#[rustfmt::skip]
pub(super) fn run(op: Shift, insn: &SimdInsn, st: &mut State) {
    use Shift::*;
    let size = insn.size;
    match op {
        Shrn => narrowing(Ushr, Misc::Xtn, insn, st),
        Rshrn => narrowing(Urshr, Misc::Xtn, insn, st),
        Sqshrn => narrowing(Sshr, Misc::Sqxtn, insn, st),
        Uqshrn => narrowing(Ushr, Misc::Uqxtn, insn, st),
        Sqrshrn => narrowing(Srshr, Misc::Sqxtn, insn, st),
        Uqrshrn => narrowing(Urshr, Misc::Uqxtn, insn, st),
        Sqshrun => narrowing(Sshr, Misc::Sqxtun, insn, st),
        Sqrshrun => narrowing(Srshr, Misc::Sqxtun, insn, st),
        Sshll | Ushll => {
            let wide = widen(size, op == Sshll, half(st, insn.rn, insn.shape == Shape::Q));
            set(st, insn.rd, same_width(Shl, size + 1, insn.imm, 0, wide));
        }
        Sqshlu | Sqshl | Uqshl => {
            let mask = insn.mask(size);
            let mut saturated = false;
            let value = saturating(op, size, insn.imm, reg(st, insn.rn) & mask, &mut saturated);
            note_saturation(st, saturated);
            set(st, insn.rd, value & mask);
        }
        Sshr | Ushr | Ssra | Usra | Srshr | Urshr | Srsra | Ursra | Sri | Shl | Sli => {
            let mask = insn.mask(size);
            let value = same_width(op, size, insn.imm, reg(st, insn.rd), reg(st, insn.rn));
            set(st, insn.rd, value & mask);
        }
    }
}

/// A narrowing shift is the shift of the wide lanes and then the extraction.
fn narrowing(op: Shift, extract: Misc, insn: &SimdInsn, st: &mut State) {
    let keep = if insn.shape == Shape::Scalar { lane_mask(insn.size + 1) } else { u128::MAX };
    let shifted = same_width(op, insn.size + 1, insn.imm, 0, reg(st, insn.rn) & keep);
    let mut saturated = false;
    let value = narrow_as(extract, insn.size, shifted, &mut saturated);
    note_saturation(st, saturated);
    set_half(st, insn.rd, insn.shape == Shape::Q, value);
}

/// Shifts that keep the width and do not saturate.
///
/// A rounding shift is the one by a bit less, halved, plus the bit that falls out: so no wider type is needed.
fn same_width(op: Shift, size: u8, imm: u8, d: u128, a: u128) -> u128 {
    let n = u32::from(imm);
    match op {
        Shift::Shl => by_size!(size, |U, S| U::map(a, |x| x << n)),
        Shift::Sli => by_size!(size, |U, S| U::map2(d, a, |d, x| d & !(U::MAX << n) | x << n)),
        Shift::Sri => by_size!(size, |U, S| U::map2(d, a, |d, x| {
            let keep = !U::MAX.checked_shr(n).unwrap_or(0);
            d & keep | x.checked_shr(n).unwrap_or(0)
        })),
        Shift::Sshr => by_size!(size, |U, S| S::map(a, |x| x >> n.min(S::BITS - 1))),
        Shift::Ushr => by_size!(size, |U, S| U::map(a, |x| x >> (n - 1) >> 1)),
        Shift::Ssra => by_size!(size, |U, S| S::map2(d, a, |d, x| d.wrapping_add(x >> n.min(S::BITS - 1)))),
        Shift::Usra => by_size!(size, |U, S| U::map2(d, a, |d, x| d.wrapping_add(x >> (n - 1) >> 1))),
        Shift::Srshr | Shift::Srsra => {
            let rounded = by_size!(size, |U, S| S::map(a, |x| {
                let twice = x >> (n - 1);
                (twice >> 1) + (twice & 1)
            }));
            if op == Shift::Srshr {
                rounded
            } else {
                by_size!(size, |U, S| U::map2(d, rounded, U::wrapping_add))
            }
        }
        _ => {
            let rounded = by_size!(size, |U, S| U::map(a, |x| {
                let twice = x >> (n - 1);
                (twice >> 1) + (twice & 1)
            }));
            if op == Shift::Urshr {
                rounded
            } else {
                by_size!(size, |U, S| U::map2(d, rounded, U::wrapping_add))
            }
        }
    }
}

fn saturating(op: Shift, size: u8, imm: u8, a: u128, saturated: &mut bool) -> u128 {
    let n = u32::from(imm);
    let mut flag = false;
    let value = by_size!(size, |U, S| match op {
        Shift::Sqshl => S::map(a, |x| {
            let fits = (x << n) >> n == x;
            flag |= !fits;
            let limit = if x < 0 { S::MIN } else { S::MAX };
            if fits { x << n } else { limit }
        }),
        Shift::Sqshlu => S::map(a, |x| {
            let bits = x as U;
            let fits = x >= 0 && (bits << n) >> n == bits;
            flag |= !fits;
            let limit = if x < 0 { 0 } else { U::MAX };
            (if fits { bits << n } else { limit }) as S
        }),
        _ => U::map(a, |x| {
            let fits = (x << n) >> n == x;
            flag |= !fits;
            if fits { x << n } else { U::MAX }
        }),
    });
    *saturated |= flag;
    value
}
