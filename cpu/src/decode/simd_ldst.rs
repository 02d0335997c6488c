//! Decoder of Advanced SIMD structure loads and stores: LD1 to LD4, ST1 to ST4, LD1R to LD4R. Called by `decode`.

/// A predecoded structure load or store; `Copy`, at most 12 bytes, alignment at most 4.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum SimdMem {}

/// Decodes a word with bits 31 and 29:25 equal to 0, 00110; none if unallocated.
pub(crate) fn decode_simd_ldst(_word: u32) -> Option<SimdMem> {
    None
}
