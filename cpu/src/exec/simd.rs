//! Semantics of Advanced SIMD data processing and cryptography.

use crate::decode::simd::SimdInsn;
use crate::state::State;

/// Executes `insn`. Register 31 of a general operand is [`crate::state::ZR`] when read, [`crate::state::SINK`] when written.
pub(crate) fn exec_simd(insn: &SimdInsn, _st: &mut State) {
    match *insn {}
}
