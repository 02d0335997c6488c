//! Decoding of Advanced SIMD data processing into [`SimdInsn`]; called by `decode` and by nobody else.
//!
//! Follows C4.1.96 class by class. Every encoding that the reference calls reserved or unallocated, or that
//! belongs to an extension this CPU does not have, decodes to None.

mod crypto;
pub(crate) mod imm;
mod misc;
mod moves;
mod ops;
mod shift;
mod three;

pub(crate) use ops::{Crypto, Dot, Fp, FpMisc, Long, Misc, Move, Op, Same, Shift};

/// How much of the registers takes part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// 64-bit vectors; the upper half of the result is zero.
    D,
    /// 128-bit vectors.
    Q,
    /// The lowest lane only; the rest of the result is zero.
    Scalar,
}

/// [`SimdInsn::index`] of an instruction that has no by-element operand.
pub(crate) const NO_INDEX: u8 = 0xFF;

/// One Advanced SIMD data-processing instruction, ready to run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SimdInsn {
    /// What to do.
    pub(crate) op: Op,
    /// log2 of the element size in bytes; see the enums of [`Op`] for which element.
    pub(crate) size: u8,
    /// How many lanes.
    pub(crate) shape: Shape,
    /// Destination, 0 to 31.
    pub(crate) rd: u8,
    /// First source, 0 to 31.
    pub(crate) rn: u8,
    /// Second source, 0 to 31.
    pub(crate) rm: u8,
    /// The element of `rm` that stands for all lanes, or [`NO_INDEX`]; for moves, the lane.
    pub(crate) index: u8,
    /// A shift amount, rotation, immediate or third source, as the operation says; else 0.
    pub(crate) imm: u8,
}

impl SimdInsn {
    fn new(word: u32, op: Op, size: u8, shape: Shape) -> Self {
        let reg = |at| bits(word, at, 5) as u8;
        SimdInsn { op, size, shape, rd: reg(0), rn: reg(5), rm: reg(16), index: NO_INDEX, imm: 0 }
    }
}

/// `len` bits of `word` from bit `at` on.
pub(super) fn bits(word: u32, at: u32, len: u32) -> u32 {
    word >> at & ((1 << len) - 1)
}

/// Decodes Advanced SIMD data processing and the cryptographic extensions; None if the word is none of them.
#[must_use]
pub(crate) fn decode_simd(word: u32) -> Option<SimdInsn> {
    let shape = match (word >> 31, word >> 30 & 1, word >> 28 & 1) {
        (0, 0, 0) => Shape::D,
        (0, 1, 0) => Shape::Q,
        (0, 1, 1) => Shape::Scalar,
        _ if word >> 24 == 0xCE => return crypto::modern(word),
        _ => return None,
    };
    match bits(word, 24, 4) {
        0b1110 => registers(word, shape),
        0b1111 if word >> 10 & 1 == 0 => three::indexed(word, shape),
        0b1111 if word >> 23 & 1 == 1 => None,
        0b1111 if bits(word, 19, 4) == 0 && shape != Shape::Scalar => moves::modified_immediate(word, shape),
        0b1111 => shift::by_immediate(word, shape),
        _ => None,
    }
}

/// The classes with bits 27:24 = 1110, told apart by bit 21 and the low bits.
fn registers(word: u32, shape: Shape) -> Option<SimdInsn> {
    let low = bits(word, 10, 2);
    if word >> 21 & 1 == 1 {
        return match (low, bits(word, 17, 5)) {
            (1 | 3, _) => three::same(word, shape),
            (0, _) => three::different(word, shape),
            (2, 0b10000) => misc::misc(word, shape),
            (2, 0b11000) if shape == Shape::Scalar => misc::pairwise(word),
            (2, 0b11000) => misc::across(word, shape),
            (2, 0b11100) if word >> 22 & 1 == 1 => misc::misc_fp16(word, shape),
            (2, 0b10100) => crypto_two(word, shape),
            _ => None,
        };
    }
    let u = word >> 29 & 1 == 1;
    let scalar = shape == Shape::Scalar;
    let upper = bits(word, 21, 3);
    let bit15 = word >> 15 & 1 == 1;
    match low {
        1 | 3 if bit15 => three::extension(word, shape),
        1 | 3 if upper & 0b011 == 0b010 && word >> 14 & 1 == 0 => three::same_fp16(word, shape),
        1 | 3 if upper == 0 && scalar => moves::scalar_copy(word),
        1 | 3 if upper == 0 => moves::copy(word, shape),
        0 if scalar && !u && upper == 0 && !bit15 => crypto::sha_three(word),
        1 | 3 => None,
        _ if scalar || bit15 => None,
        _ if u => moves::extract(word, shape),
        0 => moves::table(word, shape),
        _ => moves::permute(word, shape),
    }
}

/// "Cryptographic AES" and "two-register SHA", which share a corner of the miscellaneous class.
fn crypto_two(word: u32, shape: Shape) -> Option<SimdInsn> {
    if word >> 29 & 1 == 1 || bits(word, 22, 2) != 0 {
        return None;
    }
    match shape {
        Shape::D => None,
        Shape::Q => crypto::aes(word),
        Shape::Scalar => crypto::sha_two(word),
    }
}
