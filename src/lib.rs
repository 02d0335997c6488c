//! Record, replay and trace aarch64-Linux programs the way elfuse runs them.
//!
//! `kernel::exec` loads a program into a `guest::Space`; `sched::Guest` runs it on an `engine::Vcpu` and lets
//! `kernel` serve its system calls; every change of guest state passes through `kernel::door` to an
//! `EffectLog`; `record` is one that writes a trace; `replay` executes a trace again and verifies it;
//! `decode` and `analyze` put events into words and numbers.

pub mod analyze;
pub mod debug;
pub mod decode;
pub mod engine;
pub mod guest;
pub mod host;
pub mod kernel;
pub mod record;
pub mod replay;
pub mod sched;
