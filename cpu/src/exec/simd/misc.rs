//! Integer operations on one source: reversals, counts, comparisons with zero, narrowing, reductions, estimates.

use super::lanes::{Lane, by_narrow, by_size, lane_mask, narrow, widen};
use super::{half, note_saturation, reg, set, set_half};
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
            let wide = widen(size, false, half(st, insn.rn, insn.shape == Shape::Q));
            set(st, insn.rd, by_narrow!(size, |U, S, WU, WS| WU::map(wide, |x| x << (8u32 << size))));
        }
        Addv | Saddlv | Uaddlv | Smaxv | Umaxv | Sminv | Uminv => {
            let value = across(op, size, reg(st, insn.rn), insn.lanes(size));
            set(st, insn.rd, value);
        }
        AddpPair => {
            let v = reg(st, insn.rn);
            set(st, insn.rd, u128::from((v as u64).wrapping_add((v >> 64) as u64)));
        }
        Suqadd | Usqadd | Sqabs | Sqneg => saturating(op, insn, st),
        Rev64 | Rev32 | Rev16 | Saddlp | Uaddlp | Sadalp | Uadalp | Cls | Clz | Cnt | Not | Rbit | Abs | Neg
        | Cmgt0 | Cmge0 | Cmeq0 | Cmle0 | Cmlt0 | Urecpe | Ursqrte => {
            let mask = insn.mask(size);
            let value = lanewise(op, size, reg(st, insn.rd) & mask, reg(st, insn.rn) & mask);
            set(st, insn.rd, value & mask);
        }
    }
}

/// Operations that keep to their lanes (or their groups of lanes) and cannot saturate.
fn lanewise(op: Misc, size: u8, d: u128, a: u128) -> u128 {
    match op {
        Misc::Rev64 | Misc::Rev32 | Misc::Rev16 => reverse(op, size, a),
        Misc::Saddlp | Misc::Uaddlp | Misc::Sadalp | Misc::Uadalp => add_pairs(op, size, d, a),
        Misc::Cls => {
            by_size!(size, |U, S| S::map(a, |x| ((x ^ x >> (S::BITS - 1)).leading_zeros() - 1) as S))
        }
        Misc::Clz => by_size!(size, |U, S| U::map(a, |x| x.leading_zeros() as U)),
        Misc::Cnt => u8::map(a, |x| x.count_ones() as u8),
        Misc::Not => !a,
        Misc::Rbit => u8::map(a, u8::reverse_bits),
        Misc::Abs => by_size!(size, |U, S| S::map(a, S::wrapping_abs)),
        Misc::Neg => by_size!(size, |U, S| S::map(a, S::wrapping_neg)),
        Misc::Urecpe => u32::map(a, unsigned_recip_estimate),
        Misc::Ursqrte => u32::map(a, unsigned_rsqrt_estimate),
        _ => with_zero(op, size, a),
    }
}

fn with_zero(op: Misc, size: u8, a: u128) -> u128 {
    match op {
        Misc::Cmgt0 => by_size!(size, |U, S| S::map(a, |x| if x > 0 { -1 } else { 0 })),
        Misc::Cmge0 => by_size!(size, |U, S| S::map(a, |x| if x >= 0 { -1 } else { 0 })),
        Misc::Cmeq0 => by_size!(size, |U, S| S::map(a, |x| if x == 0 { -1 } else { 0 })),
        Misc::Cmle0 => by_size!(size, |U, S| S::map(a, |x| if x <= 0 { -1 } else { 0 })),
        _ => by_size!(size, |U, S| S::map(a, |x| if x < 0 { -1 } else { 0 })),
    }
}

/// Reversing lanes in a group is reversing all bytes of the group and then those of each lane again.
fn reverse(op: Misc, size: u8, a: u128) -> u128 {
    let bytes = match op {
        Misc::Rev64 => u64::map(a, u64::swap_bytes),
        Misc::Rev32 => u32::map(a, u32::swap_bytes),
        _ => u16::map(a, u16::swap_bytes),
    };
    by_size!(size, |U, S| U::map(bytes, U::swap_bytes))
}

fn add_pairs(op: Misc, size: u8, d: u128, a: u128) -> u128 {
    let sums = by_narrow!(size, |U, S, WU, WS| match op {
        Misc::Saddlp | Misc::Sadalp => WS::map(a, |x| WS::from(x as S) + (x >> S::BITS)),
        _ => WU::map(a, |x| WU::from(x as U) + (x >> U::BITS)),
    });
    match op {
        Misc::Sadalp | Misc::Uadalp => by_narrow!(size, |U, S, WU, WS| WU::map2(sums, d, WU::wrapping_add)),
        _ => sums,
    }
}

fn saturating(op: Misc, insn: &SimdInsn, st: &mut State) {
    let mask = insn.mask(insn.size);
    let a = reg(st, insn.rn) & mask;
    let d = reg(st, insn.rd) & mask;
    let mut flag = false;
    macro_rules! limited {
        ($t:ident, $limit:expr, $wrap:expr) => {
            $t::map2(d, a, |d, a| {
                let value = $limit(d, a);
                flag |= value != $wrap(d, a);
                value
            })
        };
    }
    let value = by_size!(insn.size, |U, S| match op {
        Misc::Suqadd => limited!(S, |d: S, a| d.saturating_add_unsigned(a as U), |d: S, a| d
            .wrapping_add_unsigned(a as U)),
        Misc::Usqadd =>
            limited!(U, |d: U, a| d.saturating_add_signed(a as S), |d: U, a| d.wrapping_add_signed(a as S)),
        Misc::Sqabs => limited!(S, |_, a: S| a.saturating_abs(), |_, a: S| a.wrapping_abs()),
        _ => limited!(S, |_, a: S| a.saturating_neg(), |_, a: S| a.wrapping_neg()),
    });
    note_saturation(st, flag);
    set(st, insn.rd, value & mask);
}

fn narrowing(op: Misc, insn: &SimdInsn, st: &mut State) {
    let scalar = insn.shape == Shape::Scalar;
    let keep = if scalar { lane_mask(insn.size + 1) } else { u128::MAX };
    let mut saturated = false;
    let value = narrow_as(op, insn.size, reg(st, insn.rn) & keep, &mut saturated);
    note_saturation(st, saturated);
    set_half(st, insn.rd, insn.shape == Shape::Q, value);
}

/// XTN, SQXTN, UQXTN or SQXTUN of all lanes; `size` is that of the result.
pub(super) fn narrow_as(op: Misc, size: u8, v: u128, saturated: &mut bool) -> u64 {
    let limited = by_narrow!(size, |U, S, WU, WS| match op {
        Misc::Sqxtn => WS::map(v, |x| x.clamp(S::MIN.into(), S::MAX.into())),
        Misc::Uqxtn => WU::map(v, |x| x.min(U::MAX.into())),
        Misc::Sqxtun => WS::map(v, |x| x.clamp(0, U::MAX.into())),
        _ => v,
    });
    *saturated |= limited != v;
    narrow(size, limited)
}

/// Reductions over the first `n` lanes.
fn across(op: Misc, size: u8, v: u128, n: usize) -> u128 {
    macro_rules! sum {
        ($t:ident, $wide:ident) => {{
            let total: $wide = (0..n).map(|i| $wide::from($t::get(v, i))).sum();
            total as u128
        }};
    }
    match op {
        Misc::Addv => by_size!(size, |U, S| u128::from(U::fold(v, n, U::wrapping_add))),
        Misc::Smaxv => by_size!(size, |U, S| u128::from(S::fold(v, n, S::max) as U)),
        Misc::Umaxv => by_size!(size, |U, S| u128::from(U::fold(v, n, U::max))),
        Misc::Sminv => by_size!(size, |U, S| u128::from(S::fold(v, n, S::min) as U)),
        Misc::Uminv => by_size!(size, |U, S| u128::from(U::fold(v, n, U::min))),
        Misc::Saddlv => by_narrow!(size, |U, S, WU, WS| sum!(S, i64)) & lane_mask(size + 1),
        _ => by_narrow!(size, |U, S, WU, WS| sum!(U, u64)),
    }
}
