//! Decoder of data processing with immediates (C4.1.92).

use super::{Insn, bit, bits, dst, signed, sp, src};

/// Decodes a word whose bits 28:26 are 100; none if unallocated.
pub(super) fn decode(word: u32) -> Option<Insn> {
    match bits(word, 23, 3) {
        0b000 | 0b001 => Some(pc_relative(word)),
        0b010 => Some(add_sub(word)),
        0b100 => logical(word),
        0b101 => move_wide(word),
        0b110 => bitfield(word),
        0b111 => extract(word),
        _ => None,
    }
}

fn pc_relative(word: u32) -> Insn {
    let imm = signed(word, 5, 19) << 2 | i64::from(bits(word, 29, 2));
    if bit(word, 31) {
        Insn::Adrp { d: dst(word, 0), off: imm << 12 }
    } else {
        Insn::Adr { d: dst(word, 0), off: imm }
    }
}

fn add_sub(word: u32) -> Insn {
    let imm = bits(word, 10, 12) << if bit(word, 22) { 12 } else { 0 };
    let wide = u64::from(imm);
    let n = sp(word, 5);
    let d = if bit(word, 29) { dst(word, 0) } else { sp(word, 0) };
    match bits(word, 29, 3) {
        0b000 => Insn::AddWI { d, n, imm },
        0b001 => Insn::AddsWI { d, n, imm },
        0b010 => Insn::AddWI { d, n, imm: imm.wrapping_neg() },
        0b011 => Insn::SubsWI { d, n, imm },
        0b100 => Insn::AddXI { d, n, imm: wide },
        0b101 => Insn::AddsXI { d, n, imm: wide },
        0b110 => Insn::AddXI { d, n, imm: wide.wrapping_neg() },
        _ => Insn::SubsXI { d, n, imm: wide },
    }
}

/// The bitmask immediate of the logical instructions (DecodeBitMasks, J1); none if reserved.
pub(crate) fn bitmask(n: bool, immr: u32, imms: u32) -> Option<u64> {
    let levels = u32::from(n) << 6 | !imms & 0x3F;
    if levels < 2 {
        return None;
    }
    let len = levels.ilog2();
    let size = 1u32 << len;
    let (s, r) = (imms & (size - 1), immr & (size - 1));
    if s == size - 1 {
        return None;
    }
    let ones = (1u64 << (s + 1)) - 1;
    let mask = if size == 64 { u64::MAX } else { (1u64 << size) - 1 };
    let element = if r == 0 { ones } else { (ones >> r | ones << (size - r)) & mask };
    let mut value = element;
    let mut width = size;
    while width < 64 {
        value |= value << width;
        width *= 2;
    }
    Some(value)
}

fn logical(word: u32) -> Option<Insn> {
    let x = bit(word, 31);
    if !x && bit(word, 22) {
        return None;
    }
    let wide = bitmask(bit(word, 22), bits(word, 16, 6), bits(word, 10, 6))?;
    let imm = wide as u32;
    let n = src(word, 5);
    let d = sp(word, 0);
    Some(match (bits(word, 29, 2), x) {
        (0, true) => Insn::AndI { d, n, imm: wide },
        (0, false) => Insn::AndI { d, n, imm: u64::from(imm) },
        (1, true) => Insn::OrrXI { d, n, imm: wide },
        (1, false) => Insn::OrrWI { d, n, imm },
        (2, true) => Insn::EorXI { d, n, imm: wide },
        (2, false) => Insn::EorWI { d, n, imm },
        (_, true) => Insn::AndsXI { d: dst(word, 0), n, imm: wide },
        (_, false) => Insn::AndsWI { d: dst(word, 0), n, imm },
    })
}

fn move_wide(word: u32) -> Option<Insn> {
    let x = bit(word, 31);
    let shift = bits(word, 21, 2) * 16;
    if !x && shift >= 32 {
        return None;
    }
    let d = dst(word, 0);
    let imm = bits(word, 5, 16);
    let wide = u64::from(imm) << shift;
    match (bits(word, 29, 2), x) {
        (0, true) => Some(Insn::MovI { d, imm: !wide }),
        (0, false) => Some(Insn::MovI { d, imm: u64::from(!(wide as u32)) }),
        (2, _) => Some(Insn::MovI { d, imm: wide }),
        (3, true) => Some(Insn::MovkX { d, shift: shift as u8, imm: imm as u16 }),
        (3, false) => Some(Insn::MovkW { d, shift: shift as u8, imm: imm as u16 }),
        _ => None,
    }
}

fn bitfield(word: u32) -> Option<Insn> {
    let x = bit(word, 31);
    let (immr, imms) = (bits(word, 16, 6), bits(word, 10, 6));
    if x != bit(word, 22) || (!x && (immr >= 32 || imms >= 32)) {
        return None;
    }
    let size = if x { 64 } else { 32 };
    let (d, n) = (dst(word, 0), src(word, 5));
    // Either a field of `n` moves down to bit 0, or the low bits of `n` move up.
    let down = imms >= immr;
    let width = if down { imms - immr + 1 } else { imms + 1 };
    let to = if down { 0 } else { size - immr };
    let from = if down { immr } else { 0 };
    let (l, r) = ((64 - from - width) as u8, (64 - width - to) as u8);
    match (bits(word, 29, 2), x) {
        (0, true) => Some(Insn::SbfX { d, n, l, r }),
        (0, false) => Some(Insn::SbfW { d, n, l, r }),
        (2, _) => Some(Insn::Ubf { d, n, l, r }),
        (1, _) => {
            let mask = (u64::MAX >> (64 - width)) << to;
            let (l, r) = (to as u8, from as u8);
            Some(if x {
                Insn::BfmX { d, n, l, r, mask }
            } else {
                Insn::BfmW { d, n, l, r, mask: mask as u32 }
            })
        }
        _ => None,
    }
}

fn extract(word: u32) -> Option<Insn> {
    let x = bit(word, 31);
    let lsb = bits(word, 10, 6) as u8;
    if bits(word, 29, 2) != 0 || bit(word, 21) || x != bit(word, 22) || (!x && lsb >= 32) {
        return None;
    }
    let (d, n, m) = (dst(word, 0), src(word, 5), src(word, 16));
    Some(if x { Insn::ExtrX { d, n, m, lsb } } else { Insn::ExtrW { d, n, m, lsb } })
}
