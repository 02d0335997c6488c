//! Moves between lanes and general registers, permutations, table look-ups and immediates.

use super::lanes::{Lane, broadcast, by_size};
use super::{reg, set};
use crate::decode::simd::imm::expand;
use crate::decode::simd::{Move, Shape, SimdInsn};
use crate::state::{SINK, State, ZR};

/// Executes one operation of the class.
pub(super) fn run(op: Move, insn: &SimdInsn, st: &mut State) {
    let size = insn.size;
    let index = usize::from(insn.index);
    let value = match op {
        Move::Umov | Move::SmovW | Move::SmovX => return to_general(op, insn, st),
        Move::DupElem => broadcast(size, reg(st, insn.rn), index),
        Move::DupGen => broadcast(size, u128::from(general(st, insn.rn)), 0),
        Move::InsElem => {
            let from = usize::from(insn.imm);
            let (d, n) = (reg(st, insn.rd), reg(st, insn.rn));
            by_size!(size, |U, S| U::put(d, index, U::get(n, from)))
        }
        Move::InsGen => {
            let (d, x) = (reg(st, insn.rd), general(st, insn.rn));
            by_size!(size, |U, S| U::put(d, index, x as U))
        }
        Move::Ext => extract(insn, st),
        Move::Uzp1 | Move::Uzp2 | Move::Trn1 | Move::Trn2 | Move::Zip1 | Move::Zip2 => permute(op, insn, st),
        Move::Tbl | Move::Tbx => table(op, insn, st),
        Move::Movi | Move::Mvni | Move::OrrImm | Move::BicImm => immediate(op, insn, st),
    };
    set(st, insn.rd, value & insn.mask(size));
}

fn general(st: &State, n: u8) -> u64 {
    let slot = if n == 31 { ZR } else { usize::from(n & 31) };
    st.r[slot]
}

fn to_general(op: Move, insn: &SimdInsn, st: &mut State) {
    let v = reg(st, insn.rn);
    let index = usize::from(insn.index);
    let value = match op {
        Move::Umov => by_size!(insn.size, |U, S| u128::from(U::get(v, index)) as u64),
        Move::SmovW => by_size!(insn.size, |U, S| u64::from(i128::from(S::get(v, index)) as u32)),
        _ => by_size!(insn.size, |U, S| i128::from(S::get(v, index)) as u64),
    };
    let slot = if insn.rd == 31 { SINK } else { usize::from(insn.rd & 31) };
    st.r[slot] = value;
}

fn extract(insn: &SimdInsn, st: &State) -> u128 {
    let (a, b) = (reg(st, insn.rn), reg(st, insn.rm));
    let shift = 8 * u32::from(insn.imm);
    match (insn.shape, shift) {
        (_, 0) => a,
        (Shape::Q, _) => a >> shift | b << (128 - shift),
        _ => ((a as u64) >> shift | (b as u64) << (64 - shift)).into(),
    }
}

/// The even (`part` 0) or odd (1) lanes of `a` and then of `b`, of full registers or of lower halves.
pub(super) fn unzip(size: u8, full: bool, part: usize, a: u128, b: u128) -> u128 {
    // The lower halves together are one register, whose even lanes are the lower half of an unzip.
    let a = if full { a } else { a & u128::from(u64::MAX) | b << 64 };
    by_size!(size, |U, S| {
        let n = 16 / size_of::<U>();
        U::build(|i| if 2 * i < n { U::get(a, 2 * i + part) } else { U::get(b, 2 * i - n + part) })
    })
}

fn permute(op: Move, insn: &SimdInsn, st: &State) -> u128 {
    let (a, b) = (reg(st, insn.rn), reg(st, insn.rm));
    let full = insn.shape == Shape::Q;
    let size = insn.size;
    match op {
        Move::Uzp1 => unzip(size, full, 0, a, b),
        Move::Uzp2 => unzip(size, full, 1, a, b),
        Move::Trn1 => by_size!(size, |U, S| U::build(|i| U::get(if i & 1 == 0 { a } else { b }, i & !1))),
        Move::Trn2 => by_size!(size, |U, S| U::build(|i| U::get(if i & 1 == 0 { a } else { b }, i | 1))),
        Move::Zip1 => zip(size, a, b),
        _ if full => zip(size, a >> 64, b >> 64),
        // Interleaving two lower halves fills a register; the upper part of it is ZIP2 of 64-bit vectors.
        _ => zip(size, a, b) >> 64,
    }
}

/// The lanes of the lower halves of `a` and `b`, alternating.
fn zip(size: u8, a: u128, b: u128) -> u128 {
    by_size!(size, |U, S| U::build(|i| U::get(if i & 1 == 0 { a } else { b }, i / 2)))
}

fn table(op: Move, insn: &SimdInsn, st: &State) -> u128 {
    let mut bytes = [0u8; 64];
    let tables = usize::from(insn.imm).min(4);
    for (i, chunk) in bytes.chunks_exact_mut(16).take(tables).enumerate() {
        chunk.copy_from_slice(&reg(st, insn.rn + i as u8).to_le_bytes());
    }
    let beyond = if op == Move::Tbx { reg(st, insn.rd) } else { 0 };
    u8::map2(reg(st, insn.rm), beyond, |index, other| {
        let index = usize::from(index);
        if index < 16 * tables { bytes[index & 63] } else { other }
    })
}

fn immediate(op: Move, insn: &SimdInsn, st: &State) -> u128 {
    let pattern = u64::splat(expand(insn.index, insn.imm));
    match op {
        Move::Movi => pattern,
        Move::Mvni => !pattern,
        Move::OrrImm => reg(st, insn.rd) | pattern,
        _ => reg(st, insn.rd) & !pattern,
    }
}
