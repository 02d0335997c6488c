//! Moves between lanes and general registers, permutations, table look-ups and immediates.

use super::lanes::{self, Lane, broadcast, by_size, copy};
use super::{reg, reg_mut, set};
use crate::decode::simd::imm::expand;
use crate::decode::simd::{Move, Shape, SimdInsn};
use crate::state::{SINK, State, ZR};

/// Executes one operation of the class.
pub(super) fn run(op: Move, insn: &SimdInsn, st: &mut State) {
    let size = insn.size;
    let index = usize::from(insn.index);
    match op {
        Move::Umov | Move::SmovW | Move::SmovX => return to_general(op, insn, st),
        Move::DupElem => set(st, insn.rd, broadcast(size, reg(st, insn.rn), index)),
        Move::DupGen => set(st, insn.rd, broadcast(size, &general(st, insn.rn).into(), 0)),
        Move::InsElem => {
            let n = *reg(st, insn.rn);
            let from = usize::from(insn.imm);
            by_size!(size, |U, S| U::put(reg_mut(st, insn.rd), index, U::get(&n, from)));
        }
        Move::InsGen => {
            let x = general(st, insn.rn);
            by_size!(size, |U, S| U::put(reg_mut(st, insn.rd), index, x as U));
        }
        Move::Ext => set(st, insn.rd, extract(insn, st)),
        Move::Uzp1 | Move::Uzp2 | Move::Trn1 | Move::Trn2 | Move::Zip1 | Move::Zip2 => {
            let (mut a, mut b) = (0, 0);
            copy(&mut a, reg(st, insn.rn));
            copy(&mut b, reg(st, insn.rm));
            permute(op, size, insn.shape == Shape::Q, reg_mut(st, insn.rd), &a, &b);
        }
        Move::Tbl | Move::Tbx => table(op, insn, st),
        Move::Movi | Move::Mvni | Move::OrrImm | Move::BicImm => set(st, insn.rd, immediate(op, insn, st)),
    }
    insn.trim(size, reg_mut(st, insn.rd));
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
    let (a, b) = (*reg(st, insn.rn), *reg(st, insn.rm));
    let shift = 8 * u32::from(insn.imm);
    match (insn.shape, shift) {
        (_, 0) => a,
        (Shape::Q, _) => a >> shift | b << (128 - shift),
        _ => ((a as u64) >> shift | (b as u64) << (64 - shift)).into(),
    }
}

/// The even (`part` 0) or odd (1) lanes of `a` and then of `b`, of full registers or of lower halves.
pub(super) fn unzip(size: u8, full: bool, part: u32, out: &mut u128, a: &u128, b: &u128) {
    if full {
        lanes::unzip(size, part, out, a, b);
    } else {
        // The lower halves together are one register, whose even lanes are the lower half of an unzip.
        let joined = *a & u128::from(u64::MAX) | *b << 64;
        lanes::unzip(size, part, out, &joined, &joined);
    }
}

#[inline(never)]
fn permute(op: Move, size: u8, full: bool, out: &mut u128, a: &u128, b: &u128) {
    match op {
        Move::Uzp1 => unzip(size, full, 0, out, a, b),
        Move::Uzp2 => unzip(size, full, 1, out, a, b),
        Move::Trn1 => by_size!(size, |U, S| {
            let n = 16 / size_of::<U>();
            U::shuffle(out, a, b, |i| if i & 1 == 0 { i } else { i - 1 + n });
        }),
        Move::Trn2 => by_size!(size, |U, S| {
            let n = 16 / size_of::<U>();
            U::shuffle(out, a, b, |i| if i & 1 == 0 { i + 1 } else { i + n });
        }),
        Move::Zip2 if full => by_size!(size, |U, S| {
            let n = 16 / size_of::<U>();
            U::shuffle(out, a, b, |i| n / 2 + i / 2 + if i & 1 == 0 { 0 } else { n });
        }),
        _ => by_size!(size, |U, S| {
            let n = 16 / size_of::<U>();
            U::shuffle(out, a, b, |i| i / 2 + if i & 1 == 0 { 0 } else { n });
        }),
    }
    // Interleaving two lower halves fills a register; the upper part of it is ZIP2 of 64-bit vectors.
    if op == Move::Zip2 && !full {
        *out >>= 64;
    }
}

fn table(op: Move, insn: &SimdInsn, st: &mut State) {
    let mut bytes = [0u8; 64];
    let tables = usize::from(insn.imm).min(4);
    for (i, chunk) in bytes.chunks_exact_mut(16).take(tables).enumerate() {
        chunk.copy_from_slice(&reg(st, insn.rn.wrapping_add(i as u8)).to_le_bytes());
    }
    let indices = *reg(st, insn.rm);
    let out = reg_mut(st, insn.rd);
    if op == Move::Tbl {
        *out = 0;
    }
    let len = 16 * tables;
    u8::accumulate(out, &indices, |other, index| {
        let index = usize::from(index);
        if index < len { bytes[index & 63] } else { other }
    });
}

fn immediate(op: Move, insn: &SimdInsn, st: &State) -> u128 {
    let pattern = u64::splat(expand(insn.index, insn.imm));
    match op {
        Move::Movi => pattern,
        Move::Mvni => !pattern,
        Move::OrrImm => *reg(st, insn.rd) | pattern,
        _ => *reg(st, insn.rd) & !pattern,
    }
}
