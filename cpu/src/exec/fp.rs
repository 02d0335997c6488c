//! Semantics of scalar floating point.

use crate::decode::fp::FpInsn;
use crate::state::State;

/// Executes `insn`. General registers are `st.r[n]` (use [`crate::state::ZR`] and [`crate::state::SINK`] for 31);
/// flags go through [`State::set_nzcv`], conditions through [`State::cond`].
pub(crate) fn exec_fp(insn: &FpInsn, _st: &mut State) {
    match *insn {}
}
