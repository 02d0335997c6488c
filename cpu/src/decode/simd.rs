//! Decoder of Advanced SIMD data processing and cryptography. Called by `decode`.

/// A predecoded Advanced SIMD instruction; `Copy`, at most 12 bytes, alignment at most 4.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum SimdInsn {}

/// Decodes a word of the group xx111 that is not scalar floating point; none if unallocated.
pub(crate) fn decode_simd(_word: u32) -> Option<SimdInsn> {
    None
}
