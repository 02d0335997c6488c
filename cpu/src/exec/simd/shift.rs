//! Shifts by an immediate.

use super::lanes::{Lane, by_size, copy, lane_mask, widen};
use super::misc::narrow_as;
use super::{half, note_saturation, reg, reg_mut, set_half};
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
            let mut wide = 0;
            widen(size, op == Sshll, &mut wide, &half(st, insn.rn, insn.shape == Shape::Q));
            same_width(Shl, size + 1, insn.imm, reg_mut(st, insn.rd), &wide);
        }
        Sqshlu | Sqshl | Uqshl => {
            let mut a = 0;
            copy(&mut a, reg(st, insn.rn));
            insn.trim(size, &mut a);
            let saturated = saturating(op, size, insn.imm, reg_mut(st, insn.rd), &a);
            note_saturation(st, saturated);
        }
        Sshr | Ushr | Ssra | Usra | Srshr | Urshr | Srsra | Ursra | Sri | Shl | Sli => {
            let mut a = 0;
            copy(&mut a, reg(st, insn.rn));
            let out = reg_mut(st, insn.rd);
            same_width(op, size, insn.imm, out, &a);
            insn.trim(size, out);
        }
    }
}

/// A narrowing shift is the shift of the wide lanes and then the extraction.
fn narrowing(op: Shift, extract: Misc, insn: &SimdInsn, st: &mut State) {
    let (mut a, mut shifted) = (0, 0);
    copy(&mut a, reg(st, insn.rn));
    if insn.shape == Shape::Scalar {
        a &= lane_mask(insn.size + 1);
    }
    same_width(op, insn.size + 1, insn.imm, &mut shifted, &a);
    let mut saturated = false;
    let value = narrow_as(extract, insn.size, &shifted, &mut saturated);
    note_saturation(st, saturated);
    set_half(st, insn.rd, insn.shape == Shape::Q, value);
}

/// Shifts that keep the width and do not saturate.
///
/// A rounding shift is the one by a bit less, halved, plus the bit that falls out: so no wider type is needed.
/// A logical shift by the whole width is one by a bit less and one more.
#[inline(never)]
fn same_width(op: Shift, size: u8, imm: u8, out: &mut u128, a: &u128) {
    let n = u32::from(imm);
    macro_rules! rounded {
        ($x:ident) => {{
            let twice = $x >> (n - 1);
            (twice >> 1) + (twice & 1)
        }};
    }
    match op {
        Shift::Shl => by_size!(size, |U, S| U::each(out, a, |x| x << n)),
        Shift::Sli => by_size!(size, |U, S| U::accumulate(out, a, |d, x| d & !(U::MAX << n) | x << n)),
        Shift::Sri => by_size!(size, |U, S| {
            U::accumulate(out, a, |d, x| d & !(U::MAX >> (n - 1) >> 1) | x >> (n - 1) >> 1);
        }),
        Shift::Sshr => by_size!(size, |U, S| S::each(out, a, |x| x >> n.min(S::BITS - 1))),
        Shift::Ushr => by_size!(size, |U, S| U::each(out, a, |x| x >> (n - 1) >> 1)),
        Shift::Ssra => by_size!(size, |U, S| {
            S::accumulate(out, a, |d, x| d.wrapping_add(x >> n.min(S::BITS - 1)));
        }),
        Shift::Usra => by_size!(size, |U, S| U::accumulate(out, a, |d, x| d.wrapping_add(x >> (n - 1) >> 1))),
        Shift::Srshr => by_size!(size, |U, S| S::each(out, a, |x| rounded!(x))),
        Shift::Srsra => by_size!(size, |U, S| S::accumulate(out, a, |d, x| d.wrapping_add(rounded!(x)))),
        Shift::Urshr => by_size!(size, |U, S| U::each(out, a, |x| rounded!(x))),
        _ => by_size!(size, |U, S| U::accumulate(out, a, |d, x| d.wrapping_add(rounded!(x)))),
    }
}

/// The saturating left shifts; tells whether any lane was limited.
fn saturating(op: Shift, size: u8, imm: u8, out: &mut u128, a: &u128) -> bool {
    let n = u32::from(imm);
    let mut flag = false;
    by_size!(size, |U, S| match op {
        Shift::Sqshl => S::each(out, a, |x| {
            let fits = (x << n) >> n == x;
            flag |= !fits;
            let limit = if x < 0 { S::MIN } else { S::MAX };
            if fits { x << n } else { limit }
        }),
        Shift::Sqshlu => S::each(out, a, |x| {
            let bits = x as U;
            let fits = x >= 0 && (bits << n) >> n == bits;
            flag |= !fits;
            let limit = if x < 0 { 0 } else { U::MAX };
            (if fits { bits << n } else { limit }) as S
        }),
        _ => U::each(out, a, |x| {
            let fits = (x << n) >> n == x;
            flag |= !fits;
            if fits { x << n } else { U::MAX }
        }),
    });
    flag
}
