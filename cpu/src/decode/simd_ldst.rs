//! Decoder of Advanced SIMD structure loads and stores: LD1 to LD4, ST1 to ST4, LD1R to LD4R. Called by `decode`.

use super::simd::bits;

/// How the elements lie in registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MemKind {
    /// LD1, ST1 of 1 to 4 whole registers: memory order is register order.
    Whole,
    /// LD2 to LD4, ST2 to ST4 of whole registers: consecutive elements go to consecutive registers.
    Interleaved,
    /// One lane of each register.
    Lane,
    /// One element to all lanes of each register (loads only).
    Replicate,
}

/// A structure load or store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SimdMem {
    /// How the elements lie in registers.
    pub(crate) kind: MemKind,
    /// Loads write registers, stores write memory.
    pub(crate) load: bool,
    /// Whole 128-bit registers, or their lower halves.
    pub(crate) q: bool,
    /// log2 of the element size in bytes, 0 to 3.
    pub(crate) size: u8,
    /// Registers transferred, 1 to 4, from `rt` on, modulo 32.
    pub(crate) regs: u8,
    /// The lane, for [`MemKind::Lane`].
    pub(crate) lane: u8,
    /// The first vector register.
    pub(crate) rt: u8,
    /// The base register; 31 is SP.
    pub(crate) rn: u8,
    /// Post-index: the register added to the base, 31 for the number of bytes transferred.
    pub(crate) rm: Option<u8>,
}

impl SimdMem {
    /// Bytes transferred, 1 to 64.
    #[must_use]
    pub(crate) fn bytes(&self) -> u64 {
        let each = match self.kind {
            MemKind::Whole | MemKind::Interleaved => 8 << u32::from(self.q),
            MemKind::Lane | MemKind::Replicate => 1u64 << self.size,
        };
        each * u64::from(self.regs)
    }
}

/// Decodes an Advanced SIMD structure load or store (C4.1.94, bits 31 and 29:25 are 0, 00110); none if unallocated.
#[must_use]
pub(crate) fn decode_simd_ldst(word: u32) -> Option<SimdMem> {
    if word >> 31 != 0 || bits(word, 25, 5) != 0b00110 {
        return None;
    }
    let post = word >> 23 & 1 == 1;
    let rm = bits(word, 16, 5) as u8;
    if !post && rm != 0 {
        return None;
    }
    let insn = SimdMem {
        kind: MemKind::Whole,
        load: word >> 22 & 1 == 1,
        q: word >> 30 & 1 == 1,
        size: bits(word, 10, 2) as u8,
        regs: 1,
        lane: 0,
        rt: bits(word, 0, 5) as u8,
        rn: bits(word, 5, 5) as u8,
        rm: post.then_some(rm),
    };
    if word >> 24 & 1 == 0 { multiple(word, insn) } else { single(word, insn) }
}

fn multiple(word: u32, insn: SimdMem) -> Option<SimdMem> {
    let (kind, regs) = match bits(word, 12, 4) {
        0b0000 => (MemKind::Interleaved, 4),
        0b0010 => (MemKind::Whole, 4),
        0b0100 => (MemKind::Interleaved, 3),
        0b0110 => (MemKind::Whole, 3),
        0b0111 => (MemKind::Whole, 1),
        0b1000 => (MemKind::Interleaved, 2),
        0b1010 => (MemKind::Whole, 2),
        _ => return None,
    };
    let one_lane = insn.size == 3 && !insn.q;
    let fits = word >> 21 & 1 == 0 && (kind == MemKind::Whole || !one_lane);
    fits.then_some(SimdMem { kind, regs, ..insn })
}

fn single(word: u32, insn: SimdMem) -> Option<SimdMem> {
    let opcode = bits(word, 13, 3) as u8;
    let s = word >> 12 & 1 == 1;
    let regs = (opcode & 1) << 1 | (word >> 21 & 1) as u8;
    let insn = SimdMem { kind: MemKind::Lane, regs: regs + 1, ..insn };
    let low = insn.size;
    let place = u8::from(insn.q) << 3 | u8::from(s) << 2 | low;
    match opcode >> 1 {
        0 => Some(SimdMem { size: 0, lane: place, ..insn }),
        1 if low & 1 == 0 => Some(SimdMem { size: 1, lane: place >> 1, ..insn }),
        2 if low == 0 => Some(SimdMem { size: 2, lane: place >> 2, ..insn }),
        2 if low == 1 && !s => Some(SimdMem { size: 3, lane: place >> 3, ..insn }),
        3 if insn.load && !s => Some(SimdMem { kind: MemKind::Replicate, ..insn }),
        _ => None,
    }
}
