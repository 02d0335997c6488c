//! A64 decoder: one instruction word to one predecoded operation. Total: what is not allocated is [`Insn::Undefined`].
//!
//! Called by the block builder of the interpreter. Class files beside it decode one encoding group each.

pub(crate) mod fp;
pub(crate) mod simd;
pub(crate) mod simd_ldst;

use fp::FpInsn;
use simd::SimdInsn;
use simd_ldst::SimdMem;

/// A predecoded instruction of 16 bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Insn {
    /// Unallocated or not implemented.
    Undefined {
        /// The word.
        word: u32,
    },
    /// Scalar floating point.
    Fp(FpInsn),
    /// Advanced SIMD without memory access, and cryptography.
    Simd(SimdInsn),
    /// Advanced SIMD structure loads and stores.
    SimdMem(SimdMem),
}

const _: () = assert!(size_of::<Insn>() <= 16);

/// Decodes `word` (C4.1).
pub(crate) fn decode(word: u32) -> Insn {
    match word >> 25 & 0xF {
        0b0100 | 0b0110 | 0b1100 | 0b1110 if word >> 26 & 1 == 1 && word & 0xBE00_0000 == 0x0C00_0000 => {
            simd_ldst::decode_simd_ldst(word).map(Insn::SimdMem)
        }
        0b0111 | 0b1111 => {
            fp::decode_fp(word).map(Insn::Fp).or_else(|| simd::decode_simd(word).map(Insn::Simd))
        }
        _ => None,
    }
    .unwrap_or(Insn::Undefined { word })
}
