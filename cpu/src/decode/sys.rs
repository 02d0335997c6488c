//! Decoder of system instructions (C4.1.93, C5): hints, barriers, flag manipulation, cache maintenance, MRS and MSR.

use super::{Insn, SysReg, bit, bits, dst, src};
use crate::features;

/// Decodes a word whose bits 31:25 are 1101010; none if unallocated or not for EL0.
pub(super) fn decode(word: u32) -> Option<Insn> {
    if bits(word, 22, 10) != 0b11_0101_0100 {
        return None;
    }
    match (bits(word, 19, 2), bit(word, 21)) {
        (0b00, false) => no_register(word),
        (0b01, false) => cache(word),
        (0b10 | 0b11, true) => read(word),
        (0b10 | 0b11, false) => write(word),
        _ => None,
    }
}

/// op1:CRn:CRm:op2 as the manual lists them.
const fn key(word: u32) -> (u32, u32, u32, u32) {
    (bits(word, 16, 3), bits(word, 12, 4), bits(word, 8, 4), bits(word, 5, 3))
}

fn no_register(word: u32) -> Option<Insn> {
    if bits(word, 0, 5) != 31 {
        return None;
    }
    match key(word) {
        // YIELD, WFE, WFI; then every other hint, allocated or not: BTI, PAuth, ESB, SEV are NOPs here.
        (3, 2, 0, 1..=3) => Some(Insn::Hint),
        (3, 2, _, _) => Some(Insn::Nop),
        (3, 3, _, 2) => Some(Insn::Clrex),
        // DSB, DMB, ISB: one thread runs at a time and sees its own stores, also in fetches.
        (3, 3, _, 4..=6) => Some(Insn::Nop),
        // SB.
        (3, 3, 0, 7) => Some(Insn::Nop),
        (0, 4, 0, 0) => Some(Insn::Cfinv),
        (0, 4, 0, 1) => Some(Insn::Xaflag),
        (0, 4, 0, 2) => Some(Insn::Axflag),
        _ => None,
    }
}

fn cache(word: u32) -> Option<Insn> {
    let t = src(word, 0);
    match key(word) {
        (3, 7, 4, 1) => Some(Insn::DcZva { t }),
        (3, 7, 5, 1) => Some(Insn::IcIvau { t }),
        // CVAC, CVAU, CVAP, CVADP, CIVAC.
        (3, 7, 10..=14, 1) => Some(Insn::DcClean { t }),
        _ => None,
    }
}

fn state_register(word: u32) -> Option<SysReg> {
    if bits(word, 19, 2) != 3 {
        return None;
    }
    match key(word) {
        (3, 4, 2, 0) => Some(SysReg::Nzcv),
        (3, 4, 4, 0) => Some(SysReg::Fpcr),
        (3, 4, 4, 1) => Some(SysReg::Fpsr),
        (3, 13, 0, 2) => Some(SysReg::TpidrEl0),
        (3, 13, 0, 3) => Some(SysReg::TpidrroEl0),
        // CNTVCT_EL0 and CNTVCTSS_EL0.
        (3, 14, 0, 2 | 6) => Some(SysReg::Cntvct),
        _ => None,
    }
}

fn read(word: u32) -> Option<Insn> {
    let d = dst(word, 0);
    if let Some(reg) = state_register(word) {
        return Some(Insn::Mrs { d, reg });
    }
    if bits(word, 19, 2) != 3 {
        return None;
    }
    let imm = match key(word) {
        (3, 0, 0, 1) => features::CTR_EL0,
        (3, 0, 0, 7) => features::DCZID_EL0,
        (3, 14, 0, 0) => features::CNTFRQ_EL0,
        (0, 0, crm, op2) => features::id_register(crm, op2)?,
        _ => return None,
    };
    Some(Insn::MovI { d, imm })
}

fn write(word: u32) -> Option<Insn> {
    match state_register(word)? {
        SysReg::Cntvct | SysReg::TpidrroEl0 => None,
        reg => Some(Insn::Msr { t: src(word, 0), reg }),
    }
}
