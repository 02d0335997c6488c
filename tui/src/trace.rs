//! A real trace as a [`Source`].

use crate::source::{Has, Info, Source, SourceError, Summary};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use traces::reader::{Block, Stream};
use traces::{BlobId, Cycles, Error, Event, EventIndex, EventKind, InsnCount, Status, Trace};

/// One process of a trace.
pub struct TraceSource {
    trace: Arc<Trace>,
    id: u32,
    info: Info,
}

impl TraceSource {
    /// Shows a stream of a trace; one that is not there has no events. Loss and damage are put into words here,
    /// once.
    #[must_use]
    pub fn new(trace: Arc<Trace>, id: u32) -> Self {
        let header = trace.header();
        let stream = trace.stream(id).ok();
        let (blocks, len) = stream.map_or((&[][..], 0), |stream| (stream.blocks(), stream.len()));
        let missing = missing(blocks);
        let info = Info {
            cntfrq: header.cntfrq,
            fidelity: header.fidelity.name().to_owned(),
            engine: header.engine.clone(),
            banner: banner(&trace, len, missing),
            lost: lost(&trace, missing),
        };
        TraceSource { trace, id, info }
    }
}

/// Events between the blocks that no block has.
fn missing(blocks: &[Block]) -> u64 {
    let mut next = 0u64;
    let mut sum = 0u64;
    for block in blocks {
        sum = sum.saturating_add(block.first.0.saturating_sub(next));
        next = block.last.0.saturating_add(1);
    }
    sum
}

fn lost(trace: &Trace, missing: u64) -> Option<u64> {
    match trace.status() {
        Status::Complete => Some(missing),
        // How many events the killed recorder still had is written nowhere.
        Status::Recovered => (missing > 0).then_some(missing),
        Status::Truncated { lost, .. } => Some(missing.saturating_add(lost)),
    }
}

fn banner(trace: &Trace, len: u64, missing: u64) -> Option<String> {
    let mut parts = Vec::new();
    match trace.status() {
        Status::Complete => {}
        status @ (Status::Recovered | Status::Truncated { .. }) => {
            parts.push(format!("{status}; shown are the {len} events that were written"));
        }
    }
    if missing > 0 {
        parts.push(format!("{missing} events in the middle are missing"));
    }
    let damage = trace.damage();
    if !damage.is_empty() {
        let bytes: u64 = damage.iter().fold(0, |sum, d| sum.saturating_add(d.len));
        parts.push(format!("{bytes} bytes in {} places are damaged", damage.len()));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

impl Source for TraceSource {
    fn info(&self) -> &Info {
        &self.info
    }

    fn len(&self) -> u64 {
        self.stream().map_or(0, |stream| stream.len())
    }

    fn event(&self, at: EventIndex) -> Result<Arc<Event>, SourceError> {
        let found = self.stream().and_then(|stream| stream.event(at));
        found.map_err(|error| SourceError(error.to_string()))
    }

    fn blob(&self, id: BlobId) -> Option<Vec<u8>> {
        self.trace.blob(id).ok()
    }

    fn summary(&self, at: EventIndex) -> Option<Summary> {
        let stream = self.stream().ok()?;
        match stream.block_of(at) {
            Ok(place) => stream.blocks().get(place).map(summary),
            // A gap has nothing in it and ends where the next block begins.
            Err(Error::LostEvent { next, .. }) => Some(Summary { events: at.0..next, has: Has(0) }),
            Err(_) => None,
        }
    }

    fn scan(&self, range: Range<u64>, visit: &mut dyn FnMut(EventIndex, &Event) -> ControlFlow<()>) {
        let Ok(stream) = self.stream() else { return };
        for (at, event) in stream.events(range).flatten() {
            if visit(at, &event).is_break() {
                return;
            }
        }
    }

    fn at_clock(&self, clock: Cycles) -> EventIndex {
        let last = EventIndex(self.len().saturating_sub(1));
        self.stream().and_then(|stream| stream.at_clock(clock)).ok().flatten().unwrap_or(last)
    }

    fn at_insn(&self, insn: InsnCount) -> EventIndex {
        let after = InsnCount(insn.0.saturating_add(1));
        self.before(self.stream().and_then(|stream| stream.at_icount(after)))
    }
}

impl TraceSource {
    fn stream(&self) -> Result<Stream<'_>, Error> {
        self.trace.stream(self.id)
    }

    /// The event before the first one that lies beyond a place; the last event if none does.
    fn before(&self, beyond: Result<Option<EventIndex>, Error>) -> EventIndex {
        let next = beyond.ok().flatten().map_or(self.len(), |e| e.0);
        EventIndex(next.saturating_sub(1))
    }
}

/// What a block's own summary says, in the terms of a hop.
fn summary(block: &Block) -> Summary {
    let of = &block.summary;
    let kind = |kind: EventKind| of.kinds.iter().any(|(number, n)| *number == kind.number() && *n > 0);
    // Signals and the end may be described as errors, and so may calls that the kernel remarked on.
    let errors = of.errors > 0 || of.flagged > 0 || kind(EventKind::Signal) || kind(EventKind::End);
    // An entered call has its vDSO exit too, but is counted at its return.
    let fallbacks = !of.vdso.is_empty() || kind(EventKind::SvcEnter);
    let bits = [
        (errors, Has::ERROR),
        (fallbacks, Has::FALLBACK),
        (kind(EventKind::Reseed), Has::RESEED),
        (kind(EventKind::Signal), Has::SIGNAL),
        (kind(EventKind::Switch), Has::SWITCH),
    ];
    let has = bits.iter().filter(|(holds, _)| *holds).fold(0, |all, (_, bit)| all | bit.0);
    Summary { events: block.first.0..block.last.0.saturating_add(1), has: Has(has) }
}
