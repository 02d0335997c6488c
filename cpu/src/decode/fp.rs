//! Decoder of scalar floating point (C4.1.96). Called by `decode`.

/// A predecoded scalar floating-point instruction; `Copy`, at most 12 bytes, alignment at most 4.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum FpInsn {}

/// Decodes a word of the group x0x1111x; none if it is not a scalar floating-point instruction.
pub(crate) fn decode_fp(_word: u32) -> Option<FpInsn> {
    None
}
