//! The `.etrace` format: what a recorded run is made of, how it is written, read, recovered and searched.
//!
//! Used by the recorder, by every command that reads a trace, and by the viewer. It describes what happened
//! and knows neither engines, nor kernel types, nor terminals. `FORMAT.md` beside it is the schema in prose.
#![forbid(unsafe_code)]

pub mod describe;
pub mod event;
pub mod replay;
pub mod units;

pub use event::{Body, Event};
pub use units::{BlobId, Cycles, EventIndex, GuestAddr, InsnCount, Nanos, Tid};
