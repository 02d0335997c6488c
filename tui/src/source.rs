//! What the viewer reads: a trace behind a trait, so that screens can be tested without files.
//!
//! Implemented for real traces in `trace` and by tests in memory. Everything else here goes through
//! [`Source`]; nothing opens files or counts on an event being readable.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use traces::describe::{Describe, Severity};
use traces::event::Svc;
use traces::{BlobId, Body, Cycles, Event, EventIndex, InsnCount};

/// What is known about a trace as a whole.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Info {
    /// CNTFRQ_EL0 in Hz; 0 if it was not recorded, then times are shown in cycles.
    pub cntfrq: u64,
    /// `exact`, `inputs` or `observe`.
    pub fidelity: String,
    /// The engine that ran the guest.
    pub engine: String,
    /// If the trace is not whole: one sentence that says what is missing.
    pub banner: Option<String>,
    /// Events known to be lost; none if that was not recorded.
    pub lost: Option<u64>,
}

/// An event that cannot be read, in one sentence for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// Properties that some event of a block has; a search skips blocks without the one that it looks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Has(pub u8);

impl Has {
    /// An event that may be described as an error; every failed call may.
    pub const ERROR: Has = Has(1);
    /// A vDSO-served call that reached the kernel.
    pub const FALLBACK: Has = Has(2);
    /// An attempt to publish an anchor.
    pub const RESEED: Has = Has(4);
    /// A signal.
    pub const SIGNAL: Has = Has(8);
    /// A thread switch.
    pub const SWITCH: Has = Has(16);
    /// Anything: what an unsummarised block must be taken for.
    pub const ANY: Has = Has(0xFF);

    /// Whether it has all of `other`.
    #[must_use]
    pub fn contains(self, other: Has) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A run of events and what is in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Its events.
    pub events: Range<u64>,
    /// What some of them are.
    pub has: Has,
}

/// A trace.
///
/// Calls may come from several threads at once and should be cheap for events near those asked for before.
pub trait Source: Send + Sync {
    /// The trace as a whole.
    fn info(&self) -> &Info;

    /// How many events there are; the same for the life of the source.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One event.
    ///
    /// # Errors
    /// If there is no such event or it cannot be read.
    fn event(&self, at: EventIndex) -> Result<Arc<Event>, SourceError>;

    /// A stored byte string, none if it cannot be read.
    fn blob(&self, id: BlobId) -> Option<Vec<u8>>;

    /// The block that holds an event, as far as it is summarised.
    fn summary(&self, _at: EventIndex) -> Option<Summary> {
        None
    }

    /// Visits the events of a range in order, until the visitor breaks. Unreadable events are passed over.
    fn scan(&self, range: Range<u64>, visit: &mut dyn FnMut(EventIndex, &Event) -> ControlFlow<()>) {
        for index in range.start..range.end.min(self.len()) {
            let Ok(event) = self.event(EventIndex(index)) else { continue };
            if visit(EventIndex(index), &event).is_break() {
                return;
            }
        }
    }

    /// The first event that began at or after a counter value; the last event if all are earlier.
    fn at_clock(&self, clock: Cycles) -> EventIndex {
        let before = count_where(self.len(), |at| self.event(at).is_ok_and(|e| e.clock < clock));
        EventIndex(before.min(self.len().saturating_sub(1)))
    }

    /// The last event at or before an instruction count; the first event if all are later.
    fn at_insn(&self, insn: InsnCount) -> EventIndex {
        let upto = count_where(self.len(), |at| self.event(at).is_ok_and(|e| e.icount <= insn));
        EventIndex(upto.saturating_sub(1))
    }
}

/// For how many of `len` events a predicate holds that is true up to some event and false after it.
fn count_where(len: u64, holds: impl Fn(EventIndex) -> bool) -> u64 {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(EventIndex(middle)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The system call in an event, whole or in part.
#[must_use]
pub fn svc(event: &Event) -> Option<&Svc> {
    match &event.body {
        Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) => Some(svc),
        Body::Start(_)
        | Body::Sync { .. }
        | Body::Reseed(_)
        | Body::Signal(_)
        | Body::Switch { .. }
        | Body::Hits(_)
        | Body::Checkpoint(_)
        | Body::ThreadExit { .. }
        | Body::End(_)
        | Body::ThreadStart(_)
        | Body::ForkStart(_)
        | Body::Fork(_)
        | Body::Shared(_) => None,
    }
}

/// The errno of a call that failed: results from -4095 to -1 are errors (Linux `include/linux/err.h`).
#[must_use]
pub fn errno(event: &Event) -> Option<u32> {
    let svc = match &event.body {
        Body::Svc(svc) | Body::SvcExit(svc) => svc,
        _ => return None,
    };
    (-4095..0).contains(&svc.ret).then(|| u32::try_from(svc.ret.unsigned_abs()).unwrap_or(0))
}

/// Whether an event is an error. Counts, signs and hops all ask this, and it is the describer who decides: a
/// read that would block fails, but is no error to look at.
#[must_use]
pub fn is_error(event: &Event, describe: &dyn Describe) -> bool {
    describe.severity(event) == Severity::Error
}

/// Decides whether an event belongs to a selection; made from text by a [`Language`].
pub trait Matcher: Send + Sync {
    /// Whether it does.
    fn matches(&self, at: EventIndex, event: &Event) -> bool;

    /// The events of a range that do, ascending, where that can be told without reading them one by one;
    /// otherwise none, and [`Matcher::matches`] is asked about each.
    fn select(&self, _range: Range<u64>) -> Option<Vec<EventIndex>> {
        None
    }
}

/// An expression that does not compile.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct LanguageError {
    /// Character position of the fault, from 0.
    pub column: usize,
    /// What is wrong, with the nearest known name if a name is unknown.
    pub message: String,
}

/// The filter language.
pub trait Language: Send + Sync {
    /// Compiles an expression.
    ///
    /// # Errors
    /// If it is not one.
    fn compile(&self, text: &str) -> Result<Arc<dyn Matcher>, LanguageError>;
}
