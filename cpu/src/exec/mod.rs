//! Semantics of the predecoded instructions. Called by the interpreter loop only.

pub(crate) mod fp;
pub(crate) mod simd;
pub(crate) mod simd_mem;
