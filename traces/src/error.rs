//! What can go wrong with a trace file, a sentence each; for every caller of the crate.

use crate::units::{BlobId, EventIndex};
use std::io;
use std::path::PathBuf;

/// A trace could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The host refused an operation on the file.
    #[error("cannot {action} the trace {}: {source}", path.display())]
    Io {
        /// What was tried: `create`, `open`, `read`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The host's reason.
        source: io::Error,
    },
    /// The file does not begin as a trace does.
    #[error("{} is no elfuse trace: its first eight bytes are not the trace magic; check the file name", path.display())]
    NotATrace {
        /// The file.
        path: PathBuf,
    },
    /// The trace is of a format that this program does not know.
    #[error("{} has trace format {found}, but this program reads format {known}; use a program of the same age as the trace", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The format number in the file.
        found: u32,
        /// The format number of this program.
        known: u32,
    },
    /// The file header is damaged; without it nothing can be told about the rest.
    #[error("the header of {} is damaged at offset {offset} ({what}); restore the file from a copy", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// How.
        what: &'static str,
    },
    /// A field of a header to be written is longer than the format can hold.
    #[error("the trace header cannot hold this {what}; shorten it")]
    HeaderField {
        /// Which.
        what: &'static str,
    },
    /// A block's bytes are not what its checksum says, or make no sense.
    #[error(
        "the block at offset {offset} is damaged ({what}); its records {first} to {last} are lost, the others can be read"
    )]
    Damaged {
        /// Where the block begins.
        offset: u64,
        /// How.
        what: &'static str,
        /// First event or blob number in it.
        first: u64,
        /// Last event or blob number in it.
        last: u64,
    },
    /// One event cannot be decoded although its block is intact: it was written by a newer program.
    #[error("event E{} in the block at offset {offset} is of a kind that this program does not know ({kind}, {what}); use a newer program", index.0)]
    UnknownEvent {
        /// Which.
        index: EventIndex,
        /// Where its block begins.
        offset: u64,
        /// Number of the event kind, as in `FORMAT.md`.
        kind: u8,
        /// What could not be decoded.
        what: &'static str,
    },
    /// There is no such event.
    #[error("there is no event E{} in stream {stream}; it has {count} events", index.0)]
    NoSuchEvent {
        /// Which.
        index: EventIndex,
        /// Of which stream.
        stream: u32,
        /// How many there are, lost ones included.
        count: u64,
    },
    /// The event was recorded, but its block is missing from the file.
    #[error("event E{} is lost: no readable block of stream {stream} holds it; go on at E{next}", index.0)]
    LostEvent {
        /// Which.
        index: EventIndex,
        /// Of which stream.
        stream: u32,
        /// The first event after the gap.
        next: u64,
    },
    /// There is no such stream.
    #[error("there is no stream {stream} in this trace; `info` lists those that are there")]
    NoSuchStream {
        /// Which.
        stream: u32,
    },
    /// A blob is not in the file, or not all of it.
    #[error("the stored bytes {:#x} are missing from the trace ({what}); it was cut short or damaged", id.0)]
    NoSuchBlob {
        /// Which.
        id: BlobId,
        /// What is missing.
        what: &'static str,
    },
    /// The file became shorter after it was opened.
    #[error("the trace shrank while it was open: {len} bytes at offset {offset} are gone; open it again")]
    Shrunk {
        /// Where the missing bytes were.
        offset: u64,
        /// How many were to be read.
        len: u64,
    },
}

/// Bytes that make no sense, before it is known where in the file they stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Malformed(pub(crate) &'static str);
