//! Decoder of exclusives, ordered accesses, compare-and-swap and atomic memory operations (C4.1.94).

use super::{AtomicOp, Insn, MemOp, bit, bits, dst, sp, src};

/// Decodes a word whose bits 29:24 are 001000; none if unallocated.
pub(super) fn exclusive(word: u32) -> Option<Insn> {
    let size = bits(word, 30, 2) as u8;
    let n = sp(word, 5);
    let load = bit(word, 22);
    match (bit(word, 23), bit(word, 21)) {
        (false, false) if load => Some(Insn::Ldxr { size, t: dst(word, 0), n }),
        (false, false) => Some(Insn::Stxr { size, s: dst(word, 16), t: src(word, 0), n }),
        (false, true) if size >= 2 && load => {
            Some(Insn::Ldxp { size, t: dst(word, 0), t2: dst(word, 10), n })
        }
        (false, true) if size >= 2 => {
            Some(Insn::Stxp { size, s: dst(word, 16), t: src(word, 0), t2: src(word, 10), n })
        }
        (false, true) => casp(word, n),
        (true, false) => {
            let op = ordered(size, load);
            Some(Insn::Ordered { op, t: if load { dst(word, 0) } else { src(word, 0) }, n, off: 0 })
        }
        (true, true) if bits(word, 10, 5) == 31 => {
            Some(Insn::Cas { size, s: src(word, 16), sd: dst(word, 16), t: src(word, 0), n })
        }
        (true, true) => None,
    }
}

/// CASP: sizes 0 and 1 of the pair forms, 32 and 64 bits a register; odd registers are undefined.
fn casp(word: u32, n: u8) -> Option<Insn> {
    if bits(word, 10, 5) != 31 || bit(word, 16) || bit(word, 0) {
        return None;
    }
    Some(Insn::Casp { size: bits(word, 30, 1) as u8 + 2, s: src(word, 16), t: src(word, 0), n })
}

/// LDAR, LDLAR, LDAPR and STLR, STLLR.
fn ordered(size: u8, load: bool) -> MemOp {
    match (size, load) {
        (0, true) => MemOp::LdU8,
        (1, true) => MemOp::LdU16,
        (2, true) => MemOp::LdU32,
        (_, true) => MemOp::LdU64,
        (0, false) => MemOp::St8,
        (1, false) => MemOp::St16,
        (2, false) => MemOp::St32,
        (_, false) => MemOp::St64,
    }
}

/// Decodes a word whose bits 29:27, 25:24, 21, 11:10 are 111, 00, 1, 00; none if unallocated.
pub(super) fn atomic(word: u32) -> Option<Insn> {
    if bit(word, 26) {
        return None;
    }
    let size = bits(word, 30, 2) as u8;
    let (s, t, n) = (src(word, 16), dst(word, 0), sp(word, 5));
    let op = match (bit(word, 15), bits(word, 12, 3)) {
        (false, 0) => AtomicOp::Add,
        (false, 1) => AtomicOp::Clr,
        (false, 2) => AtomicOp::Eor,
        (false, 3) => AtomicOp::Set,
        (false, 4) => AtomicOp::Smax,
        (false, 5) => AtomicOp::Smin,
        (false, 6) => AtomicOp::Umax,
        (false, _) => AtomicOp::Umin,
        (true, 0) => AtomicOp::Swp,
        // LDAPR.
        (true, 4) if bit(word, 23) && !bit(word, 22) && bits(word, 16, 5) == 31 => {
            return Some(Insn::Ordered { op: ordered(size, true), t, n, off: 0 });
        }
        _ => return None,
    };
    Some(Insn::Atomic { op, size, s, t, n })
}
