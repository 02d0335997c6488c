//! The synthetic vDSO page of elfuse: its bytes, its anchor protocol, and the reading of its fallbacks.
//!
//! Used by the root crate (mapping, reseeding, classification) and by tests. It does no I/O and reads no
//! clock: the same parameters give the same bytes.
//!
//! In reading order: [`layout`] says where everything is and which branch leaves the fast path for which
//! reason; [`build`] makes the page from the words of a revision; [`anchor`] publishes and reads the time
//! anchor under its sequence word; [`stale`] decides whether an anchor still serves; [`mod@classify`] turns the
//! registers at a fallback SVC into its reason.
//!
//! ```
//! let image = vdso::build(&vdso::Params::default()).expect("24 MHz is in range");
//! let layout = vdso::Layout::of(&image.bytes).expect("our own page");
//! assert_eq!(layout.function(vdso::Function::ClockGettime).svc, 0x1E8);
//! assert_eq!(layout.branches().len(), 20);
//! ```
#![no_std]
#![forbid(unsafe_code)]

pub mod anchor;
pub mod classify;
mod code;
mod elf;
pub mod layout;
pub mod stale;

pub use anchor::{Anchor, HostVvar, Publish, Snapshot, Timespec, VvarWords, publish, snapshot};
pub use classify::{Classified, Confidence, FallbackRegs, VvarHead, branch_reason, classify, classify_call};
pub use elf::{BuildError, Image, Params, build};
pub use layout::{Branch, Function, FunctionLayout, Layout, Reason, Revision};
pub use stale::{Age, Drift, Predicates, predicates};
