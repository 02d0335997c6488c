//! A software AArch64 EL0: decoder, interpreter and architectural state behind a [`Memory`] trait.
//!
//! Used by the root crate's `engine::soft` and by tests. It knows no Linux, no host OS and no trace.
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

pub use decode::decode_undefined;
pub use interp::Core;
pub use mem::{Access, Fault, FaultKind, MemError, Memory, Word};
pub use state::{Counter, Exit, Regs, State};
