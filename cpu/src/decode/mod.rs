//! A64 decoder: one instruction word to one predecoded operation. Total: what is not allocated is [`Insn::Undefined`].
//!
//! Called by the block builder of the interpreter. Class files beside it decode one encoding group each.
//!
//! Register operands come resolved as indices into [`State::r`](crate::state::State): a source that is
//! encoded as 31 is [`ZR`] or [`SP`], a destination [`SINK`] or [`SP`], so that execution never asks.

mod atomics;
mod branch;
mod dp_imm;
mod dp_reg;
pub(crate) mod fp;
mod insn;
mod ldst;
pub(crate) mod simd;
pub(crate) mod simd_ldst;
mod sys;

pub(crate) use insn::{Alu, AtomicOp, Insn, MemOp, OneSource, PairOp, Shift, SysReg};

use crate::state::{SINK, SP, ZR};

/// Decodes `word` (C4.1).
pub(crate) fn decode(word: u32) -> Insn {
    match word >> 25 & 0xF {
        0b1000 | 0b1001 => dp_imm::decode(word),
        0b1010 | 0b1011 => branch::decode(word),
        0b0101 | 0b1101 => dp_reg::decode(word),
        0b0100 | 0b0110 | 0b1100 | 0b1110 => {
            if word & 0xBE00_0000 == 0x0C00_0000 {
                simd_ldst::decode_simd_ldst(word).map(Insn::SimdMem)
            } else {
                ldst::decode(word)
            }
        }
        0b0111 | 0b1111 => {
            fp::decode_fp(word).map(Insn::Fp).or_else(|| simd::decode_simd(word).map(Insn::Simd))
        }
        _ => None,
    }
    .unwrap_or(Insn::Undefined { word })
}

/// Whether this CPU answers `word` with an Undefined Instruction exception.
#[must_use]
pub fn decode_undefined(word: u32) -> bool {
    matches!(decode(word), Insn::Undefined { .. })
}

/// What this CPU takes `word` for, without operands: for tests that count what they covered.
#[must_use]
pub fn decode_name(word: u32) -> String {
    let shown = format!("{:?}", decode(word));
    // What remains of `SubX { d: 0, n: 1, m: 2 }` is `SubX`; flags and operations by name stay.
    let numbered = |part: &str| {
        part.split_once(": ")
            .is_some_and(|(_, value)| value.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
    };
    let parts = shown
        .split(['{', '}', '(', ')', ','])
        .map(str::trim)
        .filter(|part| !part.is_empty() && !numbered(part));
    parts.collect::<Vec<_>>().join(" ")
}

/// `len` bits of `word` from bit `lsb`.
const fn bits(word: u32, lsb: u32, len: u32) -> u32 {
    word >> lsb & ((1 << len) - 1)
}

/// One bit of `word`.
const fn bit(word: u32, at: u32) -> bool {
    word >> at & 1 == 1
}

/// `len` bits of `word` from bit `lsb`, as a signed number.
const fn signed(word: u32, lsb: u32, len: u32) -> i64 {
    ((word << (32 - lsb - len)) as i32 >> (32 - len)) as i64
}

/// The register field at `lsb` as a source where 31 is XZR.
const fn src(word: u32, lsb: u32) -> u8 {
    bits(word, lsb, 5) as u8
}

/// The register field at `lsb` as a destination where 31 is XZR.
const fn dst(word: u32, lsb: u32) -> u8 {
    let n = bits(word, lsb, 5) as u8;
    if n as usize == ZR { SINK as u8 } else { n }
}

/// The register field at `lsb` where 31 is SP.
const fn sp(word: u32, lsb: u32) -> u8 {
    let n = bits(word, lsb, 5) as u8;
    if n as usize == ZR { SP as u8 } else { n }
}
