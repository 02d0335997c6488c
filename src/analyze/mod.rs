//! Answers from traces: pure functions over what was recorded.
//!
//! Used by the commands `stats`, `info`, `dump` and `view` and by `make demo`.

pub mod findings;
pub mod merge;
pub mod processes;
pub mod stats;

#[cfg(test)]
mod tests;

use traces::event::{Body, EndStatus};
use traces::reader::Stream;
use traces::{Error, EventIndex, InsnCount, Trace};

/// Instructions retired at the last event, as the block index has it; 0 for a trace without events.
#[must_use]
pub fn last_icount(trace: &Trace) -> InsnCount {
    trace.blocks().last().map_or(InsnCount(0), |block| block.icount.1)
}

/// How the first process ended; none if the recording ends before.
///
/// # Errors
/// If the trace cannot be read there.
pub fn ending(trace: &Trace) -> Result<Option<EndStatus>, Error> {
    ending_of(&trace.first_stream())
}

/// How a process ended; none if the recording ends before.
///
/// # Errors
/// If the trace cannot be read there.
pub fn ending_of(stream: &Stream<'_>) -> Result<Option<EndStatus>, Error> {
    let Some(last) = stream.len().checked_sub(1) else { return Ok(None) };
    match &stream.event(EventIndex(last))?.body {
        Body::End(end) => Ok(Some(end.status)),
        _ => Ok(None),
    }
}

/// Instructions that all processes of a trace have executed, as far as its index tells.
#[must_use]
pub fn instructions(trace: &Trace) -> u64 {
    let of = |blocks: &[traces::reader::Block]| {
        let first = blocks.first().map_or(0, |block| block.icount.0.0);
        blocks.last().map_or(0, |block| block.icount.1.0.saturating_sub(first))
    };
    trace.streams().filter_map(|id| trace.stream(id).ok()).map(|stream| of(stream.blocks())).sum()
}

/// Events of all processes of a trace.
#[must_use]
pub fn events(trace: &Trace) -> u64 {
    trace.streams().filter_map(|id| trace.stream(id).ok()).map(|stream| stream.len()).sum()
}
