//! What a debugger shows of a replay: disassembly and symbols.
//!
//! Used by `replay::Session`.

pub mod disasm;
pub mod symbols;
