//! Replaying: a recorded run is executed again from its trace alone, verified event by event.
//!
//! Used by `elfuse-trace replay`, the viewer and the debugger. No kernel takes part: the guest's instructions
//! are executed, and what the kernel once did is repeated as recorded.

mod desync;
mod player;
mod session;

pub use desync::Divergence;
pub use player::Player;
pub use session::Session;

use thiserror::Error;

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
    #[error("there is no position {0} in this trace; it has {1} events")]
    NoSuchPosition(String, u64),
}

impl ReplayError {
    /// Whether it is a divergence (exit code 3), not a failure.
    #[must_use]
    pub fn is_divergence(&self) -> bool {
        matches!(self, ReplayError::Diverged(_))
    }
}
