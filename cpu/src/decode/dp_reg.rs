//! Decoder of data processing with registers (C4.1.95).

use super::{Alu, Insn, OneSource, Shift, bit, bits, dst, sp, src};
use crate::state::ZR;

/// Decodes a word whose bits 27:25 are 101; none if unallocated.
pub(super) fn decode(word: u32) -> Option<Insn> {
    if !bit(word, 28) {
        return match (bit(word, 24), bit(word, 21)) {
            (false, _) => logical_shifted(word),
            (true, false) => add_sub_shifted(word),
            (true, true) => add_sub_extended(word),
        };
    }
    match bits(word, 21, 4) {
        0b0000 => carry_and_flags(word),
        0b0010 => cond_compare(word),
        0b0100 => cond_select(word),
        0b0110 if bit(word, 30) => one_source(word),
        0b0110 => two_source(word),
        0b1000..=0b1111 => three_source(word),
        _ => None,
    }
}

fn logical_shifted(word: u32) -> Option<Insn> {
    let x = bit(word, 31);
    let amount = bits(word, 10, 6) as u8;
    if !x && amount >= 32 {
        return None;
    }
    let shift = Shift::from_bits(bits(word, 22, 2));
    let (d, n, m) = (dst(word, 0), src(word, 5), src(word, 16));
    let op = match (bits(word, 29, 2), bit(word, 21)) {
        (0, false) => Alu::And,
        (0, true) => Alu::Bic,
        (1, false) => Alu::Orr,
        (1, true) => Alu::Orn,
        (2, false) => Alu::Eor,
        (2, true) => Alu::Eon,
        (_, false) => Alu::Ands,
        (_, true) => Alu::Bics,
    };
    if amount == 0 {
        match (op, x) {
            (Alu::Orr, true) if usize::from(n) == ZR => return Some(Insn::MovX { d, m }),
            (Alu::Orr, false) if usize::from(n) == ZR => return Some(Insn::MovW { d, m }),
            (Alu::And, true) => return Some(Insn::AndX { d, n, m }),
            (Alu::And, false) => return Some(Insn::AndW { d, n, m }),
            (Alu::Orr, true) => return Some(Insn::OrrX { d, n, m }),
            (Alu::Orr, false) => return Some(Insn::OrrW { d, n, m }),
            (Alu::Eor, true) => return Some(Insn::EorX { d, n, m }),
            (Alu::Eor, false) => return Some(Insn::EorW { d, n, m }),
            (Alu::Ands, true) => return Some(Insn::AndsX { d, n, m }),
            (Alu::Ands, false) => return Some(Insn::AndsW { d, n, m }),
            _ => {}
        }
    }
    Some(Insn::AluShift { op, x, d, n, m, shift, amount })
}

fn add_sub_op(word: u32) -> Alu {
    match bits(word, 29, 2) {
        0 => Alu::Add,
        1 => Alu::Adds,
        2 => Alu::Sub,
        _ => Alu::Subs,
    }
}

fn add_sub_shifted(word: u32) -> Option<Insn> {
    let x = bit(word, 31);
    let amount = bits(word, 10, 6) as u8;
    let shift = Shift::from_bits(bits(word, 22, 2));
    if shift == Shift::Ror || (!x && amount >= 32) {
        return None;
    }
    let (d, n, m) = (dst(word, 0), src(word, 5), src(word, 16));
    let op = add_sub_op(word);
    Some(match (op, x, amount) {
        (Alu::Add, true, 0) => Insn::AddX { d, n, m },
        (Alu::Add, false, 0) => Insn::AddW { d, n, m },
        (Alu::Sub, true, 0) => Insn::SubX { d, n, m },
        (Alu::Sub, false, 0) => Insn::SubW { d, n, m },
        (Alu::Subs, true, 0) => Insn::SubsX { d, n, m },
        (Alu::Subs, false, 0) => Insn::SubsW { d, n, m },
        (Alu::Add, true, _) if shift == Shift::Lsl => Insn::AddXL { d, n, m, shift: amount },
        _ => Insn::AluShift { op, x, d, n, m, shift, amount },
    })
}

fn add_sub_extended(word: u32) -> Option<Insn> {
    let amount = bits(word, 10, 3) as u8;
    if bits(word, 22, 2) != 0 || amount > 4 {
        return None;
    }
    let op = add_sub_op(word);
    let d = if bit(word, 29) { dst(word, 0) } else { sp(word, 0) };
    let ext = bits(word, 13, 3) as u8;
    Some(Insn::AluExt { op, x: bit(word, 31), d, n: sp(word, 5), m: src(word, 16), ext, amount })
}

fn carry_and_flags(word: u32) -> Option<Insn> {
    let n = src(word, 5);
    if bits(word, 10, 6) == 0 {
        let (d, m) = (dst(word, 0), src(word, 16));
        return Some(Insn::Carry { sub: bit(word, 30), set: bit(word, 29), x: bit(word, 31), d, n, m });
    }
    if bits(word, 10, 5) == 0b00001 && bits(word, 29, 3) == 0b101 && !bit(word, 4) {
        return Some(Insn::Rmif { n, rotate: bits(word, 15, 6) as u8, mask: bits(word, 0, 4) as u8 });
    }
    if bits(word, 29, 3) == 0b001
        && bits(word, 15, 6) == 0
        && bits(word, 10, 4) == 0b0010
        && bits(word, 0, 5) == 0b01101
    {
        return Some(Insn::Setf { n, width: if bit(word, 14) { 16 } else { 8 } });
    }
    None
}

fn cond_compare(word: u32) -> Option<Insn> {
    if !bit(word, 29) || bit(word, 10) || bit(word, 4) {
        return None;
    }
    let (sub, x, n) = (bit(word, 30), bit(word, 31), src(word, 5));
    let (cond, nzcv) = (bits(word, 12, 4) as u8, bits(word, 0, 4) as u8);
    Some(if bit(word, 11) {
        Insn::CcmpI { sub, x, n, imm: bits(word, 16, 5) as u8, cond, nzcv }
    } else {
        Insn::CcmpR { sub, x, n, m: src(word, 16), cond, nzcv }
    })
}

fn cond_select(word: u32) -> Option<Insn> {
    if bit(word, 29) || bit(word, 11) {
        return None;
    }
    let (d, n, m, cond) = (dst(word, 0), src(word, 5), src(word, 16), bits(word, 12, 4) as u8);
    Some(match (bit(word, 31), bit(word, 30), bit(word, 10)) {
        (true, false, false) => Insn::CselX { d, n, m, cond },
        (false, false, false) => Insn::CselW { d, n, m, cond },
        (true, false, true) => Insn::CsincX { d, n, m, cond },
        (false, false, true) => Insn::CsincW { d, n, m, cond },
        (true, true, false) => Insn::CsinvX { d, n, m, cond },
        (false, true, false) => Insn::CsinvW { d, n, m, cond },
        (true, true, true) => Insn::CsnegX { d, n, m, cond },
        (false, true, true) => Insn::CsnegW { d, n, m, cond },
    })
}

fn one_source(word: u32) -> Option<Insn> {
    let x = bit(word, 31);
    if bit(word, 29) || bits(word, 16, 5) != 0 {
        return None;
    }
    let op = match (bits(word, 10, 6), x) {
        (0, _) => OneSource::Rbit,
        (1, _) => OneSource::Rev16,
        (2, _) => OneSource::Rev32,
        (3, true) => OneSource::Rev64,
        (4, _) => OneSource::Clz,
        (5, _) => OneSource::Cls,
        _ => return None,
    };
    Some(Insn::OneSource { op, x, d: dst(word, 0), n: src(word, 5) })
}

fn two_source(word: u32) -> Option<Insn> {
    if bit(word, 29) {
        return None;
    }
    let x = bit(word, 31);
    let (d, n, m) = (dst(word, 0), src(word, 5), src(word, 16));
    let opcode = bits(word, 10, 6);
    Some(match (opcode, x) {
        (0b000010, true) => Insn::UdivX { d, n, m },
        (0b000010, false) => Insn::UdivW { d, n, m },
        (0b000011, true) => Insn::SdivX { d, n, m },
        (0b000011, false) => Insn::SdivW { d, n, m },
        (0b001000..=0b001011, _) => Insn::ShiftV { op: Shift::from_bits(opcode), x, d, n, m },
        (0b010000..=0b010111, _) if x == (opcode & 3 == 3) => {
            Insn::Crc { castagnoli: opcode & 4 != 0, bytes: 1 << (opcode & 3), d, n, m }
        }
        _ => return None,
    })
}

fn three_source(word: u32) -> Option<Insn> {
    if bits(word, 29, 2) != 0 {
        return None;
    }
    let (d, n, m, a) = (dst(word, 0), src(word, 5), src(word, 16), src(word, 10));
    Some(match (bit(word, 31), bits(word, 21, 3), bit(word, 15)) {
        (true, 0b000, false) => Insn::MaddX { d, n, m, a },
        (true, 0b000, true) => Insn::MsubX { d, n, m, a },
        (false, 0b000, false) => Insn::MaddW { d, n, m, a },
        (false, 0b000, true) => Insn::MsubW { d, n, m, a },
        (true, 0b001, false) => Insn::Smaddl { d, n, m, a },
        (true, 0b001, true) => Insn::Smsubl { d, n, m, a },
        (true, 0b010, false) => Insn::Smulh { d, n, m },
        (true, 0b101, false) => Insn::Umaddl { d, n, m, a },
        (true, 0b101, true) => Insn::Umsubl { d, n, m, a },
        (true, 0b110, false) => Insn::Umulh { d, n, m },
        _ => return None,
    })
}
