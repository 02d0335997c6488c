//! Answers from traces: pure functions over what was recorded.
//!
//! Used by the commands `stats` and `info` and by `make demo`.

pub mod findings;
pub mod stats;

use traces::event::{Body, EndStatus};
use traces::{Error, EventIndex, InsnCount, Trace};

/// Instructions retired at the last event; 0 for a trace without events.
///
/// # Errors
/// If the trace cannot be read there.
pub fn last_icount(trace: &Trace) -> Result<InsnCount, Error> {
    match trace.event_count().checked_sub(1) {
        Some(last) => Ok(trace.event(EventIndex(last))?.icount),
        None => Ok(InsnCount(0)),
    }
}

/// How the process ended; none if the recording ends before.
///
/// # Errors
/// If the trace cannot be read there.
pub fn ending(trace: &Trace) -> Result<Option<EndStatus>, Error> {
    let Some(last) = trace.event_count().checked_sub(1) else { return Ok(None) };
    match &trace.event(EventIndex(last))?.body {
        Body::End(end) => Ok(Some(end.status)),
        _ => Ok(None),
    }
}
