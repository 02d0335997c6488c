//! Replaying: a recorded run is executed again from its trace alone, verified event by event.
//!
//! Used by `elfuse-trace replay`, the viewer and the debugger. No kernel takes part: the guest's instructions
//! are executed, and what the kernel once did is repeated as recorded.

mod desync;
mod fork;
mod image;
mod later;
mod player;
mod session;
mod snapshots;
#[cfg(test)]
mod tests;
mod whole;

pub use desync::Divergence;
pub use fork::fork_of;
pub use later::Later;
pub use player::Player;
pub use session::Session;
pub use whole::{Replayed, verify};

use thiserror::Error;
use traces::replay::Position;

/// Why a replay cannot go on.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The run differs from its recording.
    #[error("{0}")]
    Diverged(Box<Divergence>),
    /// The trace cannot be read there.
    #[error(transparent)]
    Trace(#[from] traces::Error),
    /// The trace contradicts itself.
    #[error("event {event} of the trace is damaged: {what}; it cannot be replayed beyond that")]
    Damaged {
        /// Which event.
        event: u64,
        /// In what way.
        what: &'static str,
    },
    /// The trace was recorded for viewing only.
    #[error("the trace has fidelity `{0}`: it can be viewed and queried, but not replayed")]
    NotReplayable(&'static str),
    /// The host refuses memory.
    #[error("the host refuses {0}: {1}")]
    Host(&'static str, std::io::Error),
    /// The position is not in the trace.
    #[error("there is no position {0} in this trace; its last event is E{1}")]
    NoSuchPosition(Position, u64),
    /// The position names an event and more instructions than follow it.
    #[error("there is no position {0}: E{1} comes {2} instructions after the event")]
    BehindNext(Position, u64, u64),
    /// A process does not begin where its first event says.
    #[error(
        "process stream {stream} of the trace does not begin where its parent forked it; \
         it cannot be replayed"
    )]
    NoFork {
        /// Which stream.
        stream: u32,
    },
    /// There is nothing to replay.
    #[error("the trace has no events, so there is nothing to replay")]
    Empty,
}

impl ReplayError {
    /// Whether it is a divergence (exit code 3), not a failure.
    #[must_use]
    pub fn is_divergence(&self) -> bool {
        matches!(self, ReplayError::Diverged(_))
    }
}
