//! Decoder of branches and exception generation (C4.1.93); system instructions go on to `sys`.

use super::{Insn, bit, bits, signed, src, sys};

/// Decodes a word whose bits 28:26 are 101; none if unallocated.
pub(super) fn decode(word: u32) -> Option<Insn> {
    match bits(word, 29, 3) {
        0b000 => Some(Insn::B { off: offset(word, 0, 26) }),
        0b100 => Some(Insn::Bl { off: offset(word, 0, 26) }),
        0b001 | 0b101 => Some(if bit(word, 25) { test_and_branch(word) } else { compare_and_branch(word) }),
        0b010 if bits(word, 24, 2) == 0 && !bit(word, 4) => {
            Some(Insn::Bcond { cond: bits(word, 0, 4) as u8, off: offset(word, 5, 19) })
        }
        0b110 if bits(word, 24, 2) == 0 => exception(word),
        0b110 if bits(word, 25, 1) == 0 => sys::decode(word),
        0b110 => branch_register(word),
        _ => None,
    }
}

fn offset(word: u32, lsb: u32, len: u32) -> i32 {
    (signed(word, lsb, len) << 2) as i32
}

fn compare_and_branch(word: u32) -> Insn {
    let (t, off) = (src(word, 0), offset(word, 5, 19));
    match (bit(word, 31), bit(word, 24)) {
        (true, false) => Insn::CbzX { t, off },
        (false, false) => Insn::CbzW { t, off },
        (true, true) => Insn::CbnzX { t, off },
        (false, true) => Insn::CbnzW { t, off },
    }
}

fn test_and_branch(word: u32) -> Insn {
    let (t, off) = (src(word, 0), offset(word, 5, 14));
    let bit_no = (bits(word, 31, 1) << 5 | bits(word, 19, 5)) as u8;
    if bit(word, 24) { Insn::Tbnz { t, bit: bit_no, off } } else { Insn::Tbz { t, bit: bit_no, off } }
}

/// SVC and BRK. HVC, SMC and HLT (halting debug is not enabled) are undefined at EL0.
fn exception(word: u32) -> Option<Insn> {
    if bits(word, 24, 8) != 0b1101_0100 {
        return None;
    }
    let imm = bits(word, 5, 16) as u16;
    match (bits(word, 21, 3), bits(word, 0, 5)) {
        (0b000, 0b00001) => Some(Insn::Svc { imm }),
        (0b001, 0b00000) => Some(Insn::Brk { imm }),
        _ => None,
    }
}

/// BR, BLR, RET; the forms that authenticate are undefined without FEAT_PAuth.
fn branch_register(word: u32) -> Option<Insn> {
    if bits(word, 16, 5) != 0b11111 || bits(word, 10, 6) != 0 || bits(word, 0, 5) != 0 {
        return None;
    }
    let n = src(word, 5);
    match bits(word, 21, 4) {
        0b0000 => Some(Insn::Br { n }),
        0b0001 => Some(Insn::Blr { n }),
        0b0010 => Some(Insn::Ret { n }),
        _ => None,
    }
}
