//! Long, wide and narrow operations. A long operation is the lane-wise one on widened sources.

use super::lanes::{Lane, by_narrow, lane_mask, narrow, widen};
use super::same::{arithmetic, carryless};
use super::{half, note_saturation, reg, set, set_half};
use crate::decode::simd::{Long, Same, Shape, SimdInsn};
use crate::state::State;

/// Executes one operation of the class.
#[rustfmt::skip]
pub(super) fn run(op: Long, insn: &SimdInsn, st: &mut State) {
    use Long::*;
    match op {
        Saddl => long(Same::Add, true, insn, st),
        Uaddl => long(Same::Add, false, insn, st),
        Ssubl => long(Same::Sub, true, insn, st),
        Usubl => long(Same::Sub, false, insn, st),
        Sabal => long(Same::Saba, true, insn, st),
        Uabal => long(Same::Uaba, false, insn, st),
        Sabdl => long(Same::Sabd, true, insn, st),
        Uabdl => long(Same::Uabd, false, insn, st),
        Smlal => long(Same::Mla, true, insn, st),
        Umlal => long(Same::Mla, false, insn, st),
        Smlsl => long(Same::Mls, true, insn, st),
        Umlsl => long(Same::Mls, false, insn, st),
        Smull => long(Same::Mul, true, insn, st),
        Umull => long(Same::Mul, false, insn, st),
        Saddw => wide(Same::Add, true, insn, st),
        Uaddw => wide(Same::Add, false, insn, st),
        Ssubw => wide(Same::Sub, true, insn, st),
        Usubw => wide(Same::Sub, false, insn, st),
        Addhn => high_narrow(Same::Add, false, insn, st),
        Raddhn => high_narrow(Same::Add, true, insn, st),
        Subhn => high_narrow(Same::Sub, false, insn, st),
        Rsubhn => high_narrow(Same::Sub, true, insn, st),
        Sqdmlal | Sqdmlsl | Sqdmull => doubling(op, insn, st),
        Pmull => polynomial(insn, st),
    }
}

/// The second source's half, or its element in all lanes.
fn second_half(insn: &SimdInsn, st: &State) -> u64 {
    let v = insn.second(st);
    if insn.shape == Shape::Q { (v >> 64) as u64 } else { v as u64 }
}

fn long(op: Same, signed: bool, insn: &SimdInsn, st: &mut State) {
    let a = widen(insn.size, signed, half(st, insn.rn, insn.shape == Shape::Q));
    let b = widen(insn.size, signed, second_half(insn, st));
    let d = reg(st, insn.rd);
    set(st, insn.rd, arithmetic(op, insn.size + 1, d, a, b));
}

fn wide(op: Same, signed: bool, insn: &SimdInsn, st: &mut State) {
    let b = widen(insn.size, signed, second_half(insn, st));
    let a = reg(st, insn.rn);
    set(st, insn.rd, arithmetic(op, insn.size + 1, 0, a, b));
}

fn high_narrow(op: Same, rounding: bool, insn: &SimdInsn, st: &mut State) {
    let sum = arithmetic(op, insn.size + 1, 0, reg(st, insn.rn), reg(st, insn.rm));
    let bits = 8u32 << insn.size;
    let round = if rounding { 1u64 << (bits - 1) } else { 0 };
    let high = by_narrow!(insn.size, |U, S, WU, WS| WU::map(sum, |x| x.wrapping_add(round as WU) >> bits));
    set_half(st, insn.rd, insn.shape == Shape::Q, narrow(insn.size, high));
}

/// SQDMULL, SQDMLAL, SQDMLSL: the doubled product saturates, and the sum saturates once more.
fn doubling(op: Long, insn: &SimdInsn, st: &mut State) {
    let scalar = insn.shape == Shape::Scalar;
    let keep = if scalar { lane_mask(insn.size) as u64 } else { u64::MAX };
    let a = widen(insn.size, true, half(st, insn.rn, insn.shape == Shape::Q) & keep);
    let b = widen(insn.size, true, second_half(insn, st) & keep);
    let result_mask = if scalar { lane_mask(insn.size + 1) } else { u128::MAX };
    let d = reg(st, insn.rd) & result_mask;
    let mut flag = false;
    let value = by_narrow!(insn.size, |U, S, WU, WS| WS::map3(d, a, b, |d, a, b| {
        let product = (a * b).saturating_mul(2);
        flag |= product == WS::MAX;
        let (sum, limit) = match op {
            Long::Sqdmlal => (d.checked_add(product), d.saturating_add(product)),
            Long::Sqdmlsl => (d.checked_sub(product), d.saturating_sub(product)),
            _ => (Some(product), product),
        };
        flag |= sum.is_none();
        limit
    }));
    note_saturation(st, flag);
    set(st, insn.rd, value & result_mask);
}

fn polynomial(insn: &SimdInsn, st: &mut State) {
    let upper = insn.shape == Shape::Q;
    let (a, b) = (half(st, insn.rn, upper), half(st, insn.rm, upper));
    let value = if insn.size == 3 {
        carryless(a, b)
    } else {
        let (a, b) = (u128::from(a), u128::from(b));
        u16::build(|i| carryless(u8::get(a, i).into(), u8::get(b, i).into()) as u16)
    };
    set(st, insn.rd, value);
}
