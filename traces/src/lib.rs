//! The `.etrace` format: what a recorded run is made of, how it is written, read, recovered and searched.
//!
//! Used by the recorder, by every command that reads a trace, and by the viewer. It describes what happened
//! and knows neither engines, nor kernel types, nor terminals. `FORMAT.md` beside it is the schema in prose.
#![forbid(unsafe_code)]

pub mod columns;
pub mod describe;
pub mod event;
pub mod filter;
pub mod header;
pub mod kind;
pub mod position;
pub mod reader;
pub mod replay;
pub mod summary;
pub mod units;
pub mod writer;

mod blob;
mod block;
mod codec;
mod error;
#[cfg(test)]
mod format_tests;
#[cfg(test)]
mod samples;
mod stored;
mod varint;

pub use columns::Hot;
pub use error::Error;
pub use event::{Body, Event};
pub use filter::{Filter, FilterError, Scene};
pub use header::{Fidelity, Header, IdReg, TraceId};
pub use kind::EventKind;
pub use position::{Place, PlaceError};
pub use reader::{Block, Damage, Events, Status, Stream, Trace};
pub use summary::Summary;
pub use units::{BlobId, Cycles, EventIndex, GuestAddr, InsnCount, Nanos, Tid};
pub use writer::{Options, Totals, Writer};
