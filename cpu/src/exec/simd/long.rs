//! Long, wide and narrow operations. A long operation is the lane-wise one on widened sources.

use super::lanes::{Lane, broadcast, by_narrow, copy, lane_mask, narrow, widen};
use super::same::{arithmetic, carryless16};
use super::{half, note_saturation, reg, reg_mut, set, set_half};
use crate::decode::simd::{Long, NO_INDEX, Same, Shape, SimdInsn};
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
    if insn.index == NO_INDEX {
        return half(st, insn.rm, insn.shape == Shape::Q);
    }
    broadcast(insn.size, reg(st, insn.rm), usize::from(insn.index)) as u64
}

fn long(op: Same, signed: bool, insn: &SimdInsn, st: &mut State) {
    let (mut a, mut b) = (0, 0);
    widen(insn.size, signed, &mut a, &half(st, insn.rn, insn.shape == Shape::Q));
    widen(insn.size, signed, &mut b, &second_half(insn, st));
    arithmetic(op, insn.size + 1, reg_mut(st, insn.rd), &a, &b);
}

fn wide(op: Same, signed: bool, insn: &SimdInsn, st: &mut State) {
    let (mut a, mut b) = (0, 0);
    widen(insn.size, signed, &mut b, &second_half(insn, st));
    copy(&mut a, reg(st, insn.rn));
    arithmetic(op, insn.size + 1, reg_mut(st, insn.rd), &a, &b);
}

fn high_narrow(op: Same, rounding: bool, insn: &SimdInsn, st: &mut State) {
    let mut sum = 0;
    arithmetic(op, insn.size + 1, &mut sum, reg(st, insn.rn), reg(st, insn.rm));
    let bits = 8u32 << insn.size;
    let round = if rounding { 1u64 << (bits - 1) } else { 0 };
    let mut high = 0;
    by_narrow!(insn.size, |U, S, WU, WS| {
        WU::each(&mut high, &sum, |x| x.wrapping_add(round as WU) >> bits);
    });
    set_half(st, insn.rd, insn.shape == Shape::Q, narrow(insn.size, &high));
}

/// SQDMULL, SQDMLAL, SQDMLSL: the doubled product saturates, and the sum saturates once more.
fn doubling(op: Long, insn: &SimdInsn, st: &mut State) {
    let scalar = insn.shape == Shape::Scalar;
    let keep = if scalar { lane_mask(insn.size) as u64 } else { u64::MAX };
    let (mut a, mut b) = (0, 0);
    widen(insn.size, true, &mut a, &(half(st, insn.rn, insn.shape == Shape::Q) & keep));
    widen(insn.size, true, &mut b, &(second_half(insn, st) & keep));
    let result_mask = if scalar { lane_mask(insn.size + 1) } else { u128::MAX };
    let out = reg_mut(st, insn.rd);
    *out &= result_mask;
    let mut flag = false;
    by_narrow!(insn.size, |U, S, WU, WS| WS::zip3(out, &a, &b, |d, a, b| {
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
}

fn polynomial(insn: &SimdInsn, st: &mut State) {
    let upper = insn.shape == Shape::Q;
    let (a, b) = (half(st, insn.rn, upper), half(st, insn.rm, upper));
    if insn.size == 3 {
        set(st, insn.rd, carryless64(a, b));
    } else {
        let (mut wide_a, mut wide_b) = (0, 0);
        widen(0, false, &mut wide_a, &a);
        widen(0, false, &mut wide_b, &b);
        u16::zip(reg_mut(st, insn.rd), &wide_a, &wide_b, carryless16);
    }
}

/// The product of two polynomials of degree 63 over GF(2), four bits of `b` at a time.
fn carryless64(a: u64, b: u64) -> u128 {
    let a = u128::from(a);
    let mut multiples = [0; 16];
    for i in 1..16 {
        multiples[i] = multiples[i / 2] << 1 ^ if i & 1 == 1 { a } else { 0 };
    }
    (0..16).rev().fold(0, |acc, i| acc << 4 ^ multiples[(b >> (4 * i) & 15) as usize])
}
