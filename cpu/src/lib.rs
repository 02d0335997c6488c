//! A software AArch64 EL0: decoder, interpreter and architectural state behind a [`Memory`] trait.
//!
//! Used by the root crate's `engine::soft` and by tests. It knows no Linux, no host OS and no trace.
//! [`Core::run`] executes a thread, whose registers are a [`State`], until something needs its caller, an [`Exit`].
//!
//! In reading order: `state` (registers, exits), `mem` (what is asked of memory), `decode` (a word becomes a 16-byte
//! `Insn`), `cache` (runs of them become blocks), `interp` (the loop over blocks), `exec::run_block` (the loop
//! over instructions), `exec::*` (semantics by class), `fp` (floating point as pure functions), `features` (what it claims to be).
//!
//! Section numbers are those of the Arm Architecture Reference Manual for A-profile, DDI 0487, issue J.a.
#![forbid(unsafe_code)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a register is a bag of bits here: truncation and reinterpretation are what the instructions do"
)]

mod cache;
mod crypto;
mod decode;
mod exec;
pub mod features;
pub mod fp;
mod interp;
pub mod mem;
pub mod state;

pub use decode::{decode_name, decode_undefined};
pub use interp::Core;
pub use mem::{Access, Fault, FaultKind, MemError, Memory, Word};
pub use state::{Counter, Exit, Regs, State};
