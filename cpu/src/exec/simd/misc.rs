//! Integer operations on one source: reversals, counts, comparisons with zero, narrowing, reductions, estimates.

use super::lanes::{Lane, by_narrow, by_size, copy, lane_mask, narrow, widen};
use super::{half, note_saturation, reg, reg_mut, set, set_half};
use crate::decode::simd::{Misc, Shape, SimdInsn};
use crate::fp::{unsigned_recip_estimate, unsigned_rsqrt_estimate};
use crate::state::State;

/// Executes one operation of the class.
#[rustfmt::skip]
pub(super) fn run(op: Misc, insn: &SimdInsn, st: &mut State) {
    use Misc::*;
    let size = insn.size;
    match op {
        Xtn | Sqxtn | Uqxtn | Sqxtun => narrowing(op, insn, st),
        Shll => {
            let mut wide = 0;
            widen(size, false, &mut wide, &half(st, insn.rn, insn.shape == Shape::Q));
            let out = reg_mut(st, insn.rd);
            by_narrow!(size, |U, S, WU, WS| WU::each(out, &wide, |x| x << (8u32 << size)));
        }
        Addv | Saddlv | Uaddlv | Smaxv | Umaxv | Sminv | Uminv => {
            let value = across(op, size, reg(st, insn.rn), insn.shape == Shape::Q);
            set(st, insn.rd, value);
        }
        AddpPair => {
            let v = *reg(st, insn.rn);
            set(st, insn.rd, u128::from((v as u64).wrapping_add((v >> 64) as u64)));
        }
        Suqadd | Usqadd | Sqabs | Sqneg => saturating(op, insn, st),
        Rev64 | Rev32 | Rev16 | Saddlp | Uaddlp | Sadalp | Uadalp | Cls | Clz | Cnt | Not | Rbit | Abs | Neg
        | Cmgt0 | Cmge0 | Cmeq0 | Cmle0 | Cmlt0 | Urecpe | Ursqrte => {
            let mut a = 0;
            copy(&mut a, reg(st, insn.rn));
            let out = reg_mut(st, insn.rd);
            lanewise(op, size, out, &a);
            insn.trim(size, out);
        }
    }
}

/// Operations that keep to their lanes (or their groups of lanes) and cannot saturate.
#[inline(never)]
fn lanewise(op: Misc, size: u8, out: &mut u128, a: &u128) {
    match op {
        Misc::Rev64 | Misc::Rev32 | Misc::Rev16 => reverse(op, size, out, a),
        Misc::Saddlp | Misc::Uaddlp | Misc::Sadalp | Misc::Uadalp => add_pairs(op, size, out, a),
        Misc::Cls => by_size!(size, |U, S| {
            S::each(out, a, |x| ((x ^ x >> (S::BITS - 1)).leading_zeros() - 1) as S);
        }),
        Misc::Clz => by_size!(size, |U, S| U::each(out, a, |x| x.leading_zeros() as U)),
        Misc::Cnt => u8::each(out, a, |x| {
            let pairs = x - (x >> 1 & 0x55);
            let nibbles = (pairs & 0x33) + (pairs >> 2 & 0x33);
            (nibbles + (nibbles >> 4)) & 0x0F
        }),
        Misc::Not => *out = !*a,
        Misc::Rbit => u8::each(out, a, u8::reverse_bits),
        Misc::Abs => by_size!(size, |U, S| S::each(out, a, S::wrapping_abs)),
        Misc::Neg => by_size!(size, |U, S| S::each(out, a, S::wrapping_neg)),
        Misc::Urecpe => u32::each(out, a, unsigned_recip_estimate),
        Misc::Ursqrte => u32::each(out, a, unsigned_rsqrt_estimate),
        Misc::Cmgt0 => by_size!(size, |U, S| S::each(out, a, |x| if x > 0 { -1 } else { 0 })),
        Misc::Cmge0 => by_size!(size, |U, S| S::each(out, a, |x| if x >= 0 { -1 } else { 0 })),
        Misc::Cmeq0 => by_size!(size, |U, S| S::each(out, a, |x| if x == 0 { -1 } else { 0 })),
        Misc::Cmle0 => by_size!(size, |U, S| S::each(out, a, |x| if x <= 0 { -1 } else { 0 })),
        _ => by_size!(size, |U, S| S::each(out, a, |x| if x < 0 { -1 } else { 0 })),
    }
}

/// Reversing lanes in a group is numbering them backwards within it.
fn reverse(op: Misc, size: u8, out: &mut u128, a: &u128) {
    match (op, size) {
        (Misc::Rev64, 0) => u8::shuffle(out, a, a, |i| i ^ 7),
        (Misc::Rev64, 1) => u16::shuffle(out, a, a, |i| i ^ 3),
        (Misc::Rev64, _) => u32::shuffle(out, a, a, |i| i ^ 1),
        (Misc::Rev32, 0) => u8::shuffle(out, a, a, |i| i ^ 3),
        (Misc::Rev32, _) => u16::shuffle(out, a, a, |i| i ^ 1),
        _ => u8::shuffle(out, a, a, |i| i ^ 1),
    }
}

fn add_pairs(op: Misc, size: u8, out: &mut u128, a: &u128) {
    if matches!(op, Misc::Saddlp | Misc::Uaddlp) {
        *out = 0;
    }
    by_narrow!(size, |U, S, WU, WS| match op {
        Misc::Saddlp | Misc::Sadalp =>
            WS::accumulate(out, a, |d, x| { d.wrapping_add(WS::from(x as S) + (x >> S::BITS)) }),
        _ => WU::accumulate(out, a, |d, x| d.wrapping_add(WU::from(x as U) + (x >> U::BITS))),
    });
}

fn saturating(op: Misc, insn: &SimdInsn, st: &mut State) {
    let mut a = 0;
    copy(&mut a, reg(st, insn.rn));
    insn.trim(insn.size, &mut a);
    let out = reg_mut(st, insn.rd);
    insn.trim(insn.size, out);
    let mut flag = false;
    macro_rules! limited {
        ($t:ident, $limit:expr, $wrap:expr) => {
            $t::accumulate(out, &a, |d, a| {
                let value = $limit(d, a);
                flag |= value != $wrap(d, a);
                value
            })
        };
    }
    by_size!(insn.size, |U, S| match op {
        Misc::Suqadd => limited!(S, |d: S, a| d.saturating_add_unsigned(a as U), |d: S, a| d
            .wrapping_add_unsigned(a as U)),
        Misc::Usqadd =>
            limited!(U, |d: U, a| d.saturating_add_signed(a as S), |d: U, a| d.wrapping_add_signed(a as S)),
        Misc::Sqabs => limited!(S, |_, a: S| a.saturating_abs(), |_, a: S| a.wrapping_abs()),
        _ => limited!(S, |_, a: S| a.saturating_neg(), |_, a: S| a.wrapping_neg()),
    });
    insn.trim(insn.size, out);
    note_saturation(st, flag);
}

fn narrowing(op: Misc, insn: &SimdInsn, st: &mut State) {
    let mut a = 0;
    copy(&mut a, reg(st, insn.rn));
    if insn.shape == Shape::Scalar {
        a &= lane_mask(insn.size + 1);
    }
    let mut saturated = false;
    let value = narrow_as(op, insn.size, &a, &mut saturated);
    note_saturation(st, saturated);
    set_half(st, insn.rd, insn.shape == Shape::Q, value);
}

/// XTN, SQXTN, UQXTN or SQXTUN of all lanes; `size` is that of the result.
pub(super) fn narrow_as(op: Misc, size: u8, v: &u128, saturated: &mut bool) -> u64 {
    if op == Misc::Xtn {
        return narrow(size, v);
    }
    let mut limited = 0;
    limit(op, size, &mut limited, v);
    *saturated |= limited != *v;
    narrow(size, &limited)
}

/// Limits lanes of twice `1 << size` bytes to the range of half their width.
#[inline(never)]
fn limit(op: Misc, size: u8, out: &mut u128, v: &u128) {
    by_narrow!(size, |U, S, WU, WS| match op {
        Misc::Sqxtn => WS::each(out, v, |x| x.clamp(S::MIN.into(), S::MAX.into())),
        Misc::Uqxtn => WU::each(out, v, |x| x.min(U::MAX.into())),
        _ => WS::each(out, v, |x| x.clamp(0, U::MAX.into())),
    });
}

/// Reductions over all lanes, or those of the lower half.
#[inline(never)]
fn across(op: Misc, size: u8, v: &u128, full: bool) -> u128 {
    macro_rules! sum {
        ($t:ident, $wide:ident) => {{
            let n = if full { 16 } else { 8 } >> size;
            let total: $wide = (0..n).map(|i| $wide::from($t::get(v, i))).sum();
            total as u128
        }};
    }
    match op {
        Misc::Addv => by_size!(size, |U, S| u128::from(U::fold(v, full, U::wrapping_add))),
        Misc::Smaxv => by_size!(size, |U, S| u128::from(S::fold(v, full, S::max) as U)),
        Misc::Umaxv => by_size!(size, |U, S| u128::from(U::fold(v, full, U::max))),
        Misc::Sminv => by_size!(size, |U, S| u128::from(S::fold(v, full, S::min) as U)),
        Misc::Uminv => by_size!(size, |U, S| u128::from(U::fold(v, full, U::min))),
        Misc::Saddlv => by_narrow!(size, |U, S, WU, WS| sum!(S, i64)) & lane_mask(size + 1),
        _ => by_narrow!(size, |U, S, WU, WS| sum!(U, u64)),
    }
}
