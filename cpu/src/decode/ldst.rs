//! Decoder of loads and stores of general and FP registers (C4.1.94); exclusives and atomics go on to `atomics`.

use super::{Insn, MemOp, PairOp, atomics, bit, bits, dst, signed, sp, src};

/// Decodes a word whose bits 27 and 25 are 1 and 0 and which is no SIMD structure access; none if unallocated.
pub(super) fn decode(word: u32) -> Option<Insn> {
    match (bits(word, 28, 2), bits(word, 24, 2)) {
        (0b00, 0b00) if !bit(word, 26) => atomics::exclusive(word),
        (0b01, 0b00) => literal(word),
        (0b01, 0b01) if !bit(word, 26) && !bit(word, 21) && bits(word, 10, 2) == 0 => rcpc_unscaled(word),
        (0b10, _) => pair(word),
        (0b11, 0b01) => unsigned_offset(word),
        (0b11, 0b00) => match (bit(word, 21), bits(word, 10, 2)) {
            (false, mode) => nine_bit_offset(word, mode),
            (true, 0b00) => atomics::atomic(word),
            (true, 0b10) => register_offset(word),
            (true, _) => None,
        },
        _ => None,
    }
}

/// The register field at bit 0 as what `op` transfers.
fn transfer(word: u32, op: MemOp) -> u8 {
    let vector = bit(word, 26);
    if vector || op.is_store() { src(word, 0) } else { dst(word, 0) }
}

/// Size and opc of a single-register access, `Err` for a prefetch.
fn operation(word: u32) -> Option<Result<MemOp, Prefetch>> {
    use MemOp::{
        LdS8W, LdS8X, LdS16W, LdS16X, LdS32X, LdU8, LdU16, LdU32, LdU64, LdVB, LdVD, LdVH, LdVQ, LdVS, St8,
        St16, St32, St64, StVB, StVD, StVH, StVQ, StVS,
    };
    Some(Ok(match (bit(word, 26), bits(word, 30, 2), bits(word, 22, 2)) {
        (false, 0, 0) => St8,
        (false, 0, 1) => LdU8,
        (false, 0, 2) => LdS8X,
        (false, 0, 3) => LdS8W,
        (false, 1, 0) => St16,
        (false, 1, 1) => LdU16,
        (false, 1, 2) => LdS16X,
        (false, 1, 3) => LdS16W,
        (false, 2, 0) => St32,
        (false, 2, 1) => LdU32,
        (false, 2, 2) => LdS32X,
        (false, 3, 0) => St64,
        (false, 3, 1) => LdU64,
        (false, 3, 2) => return Some(Err(Prefetch)),
        (true, 0, 0) => StVB,
        (true, 0, 1) => LdVB,
        (true, 0, 2) => StVQ,
        (true, 0, 3) => LdVQ,
        (true, 1, 0) => StVH,
        (true, 1, 1) => LdVH,
        (true, 2, 0) => StVS,
        (true, 2, 1) => LdVS,
        (true, 3, 0) => StVD,
        (true, 3, 1) => LdVD,
        _ => return None,
    }))
}

/// PRFM and PRFUM: a hint without effect.
struct Prefetch;

/// Access at `n + off`, in its own variant if it is a hot one.
fn immediate(op: MemOp, t: u8, n: u8, off: i32) -> Insn {
    match op {
        MemOp::LdU64 => Insn::LdrX { t, n, off },
        MemOp::LdU32 => Insn::LdrW { t, n, off },
        MemOp::LdU16 => Insn::LdrH { t, n, off },
        MemOp::LdU8 => Insn::LdrB { t, n, off },
        MemOp::LdS32X => Insn::Ldrsw { t, n, off },
        MemOp::St64 => Insn::StrX { t, n, off },
        MemOp::St32 => Insn::StrW { t, n, off },
        MemOp::St16 => Insn::StrH { t, n, off },
        MemOp::St8 => Insn::StrB { t, n, off },
        MemOp::LdVQ => Insn::LdrQ { t, n, off },
        MemOp::StVQ => Insn::StrQ { t, n, off },
        MemOp::LdVD => Insn::LdrD { t, n, off },
        MemOp::StVD => Insn::StrD { t, n, off },
        _ => Insn::MemImm { op, t, n, off },
    }
}

fn unsigned_offset(word: u32) -> Option<Insn> {
    match operation(word)? {
        Ok(op) => {
            let off = (bits(word, 10, 12) << op.scale()) as i32;
            Some(immediate(op, transfer(word, op), sp(word, 5), off))
        }
        Err(Prefetch) => Some(Insn::Nop),
    }
}

/// Unscaled (00), post-indexed (01), unprivileged (10), pre-indexed (11). At EL0 unprivileged is the same as unscaled.
fn nine_bit_offset(word: u32, mode: u32) -> Option<Insn> {
    let op = match (operation(word)?, mode) {
        (Err(Prefetch), 0b00) => return Some(Insn::Nop),
        (Err(Prefetch), _) => return None,
        (Ok(_), 0b10) if bit(word, 26) => return None,
        (Ok(op), _) => op,
    };
    let (t, n, off) = (transfer(word, op), sp(word, 5), signed(word, 12, 9) as i32);
    Some(match mode {
        0b01 => Insn::MemPost { op, t, n, off },
        0b11 => Insn::MemPre { op, t, n, off },
        _ => immediate(op, t, n, off),
    })
}

fn register_offset(word: u32) -> Option<Insn> {
    if !bit(word, 14) {
        return None;
    }
    let op = match operation(word)? {
        Ok(op) => op,
        Err(Prefetch) => return Some(Insn::Nop),
    };
    let (t, n, m) = (transfer(word, op), sp(word, 5), src(word, 16));
    let ext = bits(word, 13, 3) as u8;
    let shift = if bit(word, 12) { op.scale() as u8 } else { 0 };
    Some(match (op, ext) {
        (MemOp::LdU64, 3) => Insn::LdrXR { t, n, m, shift },
        (MemOp::LdU32, 3) => Insn::LdrWR { t, n, m, shift },
        (MemOp::LdU8, 3) => Insn::LdrBR { t, n, m, shift },
        (MemOp::LdVD, 3) => Insn::LdrDR { t, n, m, shift },
        (MemOp::St64, 3) => Insn::StrXR { t, n, m, shift },
        (MemOp::St32, 3) => Insn::StrWR { t, n, m, shift },
        (MemOp::St8, 3) => Insn::StrBR { t, n, m, shift },
        (MemOp::StVD, 3) => Insn::StrDR { t, n, m, shift },
        _ => Insn::MemReg { op, t, n, m, ext, shift },
    })
}

fn literal(word: u32) -> Option<Insn> {
    let op = match (bit(word, 26), bits(word, 30, 2)) {
        (false, 0) => MemOp::LdU32,
        (false, 1) => MemOp::LdU64,
        (false, 2) => MemOp::LdS32X,
        (false, _) => return Some(Insn::Nop),
        (true, 0) => MemOp::LdVS,
        (true, 1) => MemOp::LdVD,
        (true, 2) => MemOp::LdVQ,
        (true, _) => return None,
    };
    Some(Insn::MemLit { op, t: transfer(word, op), off: (signed(word, 5, 19) << 2) as i32 })
}

/// LDAPUR and STLUR (FEAT_LRCPC2).
fn rcpc_unscaled(word: u32) -> Option<Insn> {
    match operation(word)? {
        Ok(op) => {
            Some(Insn::Ordered { op, t: transfer(word, op), n: sp(word, 5), off: signed(word, 12, 9) as i32 })
        }
        Err(Prefetch) => None,
    }
}

fn pair(word: u32) -> Option<Insn> {
    let (vector, load, mode) = (bit(word, 26), bit(word, 22), bits(word, 23, 2));
    let op = match (vector, bits(word, 30, 2), load) {
        (false, 0, true) => PairOp::LdW,
        (false, 0, false) => PairOp::StW,
        // LDPSW has no non-temporal form; the store in its place belongs to FEAT_MTE.
        (false, 1, true) if mode != 0 => PairOp::LdSw,
        (false, 2, true) => PairOp::LdX,
        (false, 2, false) => PairOp::StX,
        (true, 0, true) => PairOp::LdVS,
        (true, 0, false) => PairOp::StVS,
        (true, 1, true) => PairOp::LdVD,
        (true, 1, false) => PairOp::StVD,
        (true, 2, true) => PairOp::LdVQ,
        (true, 2, false) => PairOp::StVQ,
        _ => return None,
    };
    let scale = match op {
        PairOp::LdW | PairOp::StW | PairOp::LdSw | PairOp::LdVS | PairOp::StVS => 2,
        PairOp::LdX | PairOp::StX | PairOp::LdVD | PairOp::StVD => 3,
        PairOp::LdVQ | PairOp::StVQ => 4,
    };
    let off = (signed(word, 15, 7) << scale) as i32;
    let n = sp(word, 5);
    let (t, t2) = if vector || !load { (src(word, 0), src(word, 10)) } else { (dst(word, 0), dst(word, 10)) };
    Some(match (mode, op) {
        (0b01, _) => Insn::PairPost { op, t, t2, n, off },
        (0b11, _) => Insn::PairPre { op, t, t2, n, off },
        (_, PairOp::LdX) => Insn::LdpX { t, t2, n, off },
        (_, PairOp::StX) => Insn::StpX { t, t2, n, off },
        _ => Insn::Pair { op, t, t2, n, off },
    })
}
