//! Semantics of the predecoded instructions. Called by the interpreter loop only.

pub(crate) mod alu;
mod atomics;
pub(crate) mod fp;
pub(crate) mod ldst;
pub(crate) mod run_block;
pub(crate) mod simd;
pub(crate) mod simd_mem;
pub(crate) mod view;
