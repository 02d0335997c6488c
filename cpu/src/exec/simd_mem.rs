//! Semantics of Advanced SIMD structure loads and stores.

use crate::decode::simd_ldst::SimdMem;
use crate::mem::{MemError, Memory};
use crate::state::State;

/// Executes `insn`; the base register 31 is [`crate::state::SP`].
///
/// The `mem` that the interpreter passes strips tag bits and never answers [`MemError::CodeWritten`] (it takes
/// a note instead), so `?` is enough. On an error nothing of the instruction, the write-back included, has taken effect:
/// check the whole range of a store with [`Memory::check`] first, and keep loaded values aside until all are there.
pub(crate) fn exec_simd_mem<M: Memory>(insn: &SimdMem, _st: &mut State, _mem: &M) -> Result<(), MemError> {
    match *insn {}
}
