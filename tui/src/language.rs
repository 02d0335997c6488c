//! The filter language of `traces`, for the viewer over a real trace.

use crate::source::{Language, LanguageError, Matcher};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use traces::describe::Describe;
use traces::filter::{Filter, FilterError, Scene};
use traces::{BlobId, Cycles, Error, Event, EventIndex, Trace};

/// Blocks whose selection is remembered: a scan asks for ranges that begin and end inside of blocks, and goes
/// forward and back from the cursor in turn.
const REMEMBERED: usize = 4;

/// Compiles filters over one trace.
pub struct TraceLanguage {
    scene: Arc<SceneOf>,
}

/// What an event cannot say by itself, kept for as long as a filter lives.
struct SceneOf {
    trace: Arc<Trace>,
    describe: Arc<dyn Describe>,
    start: Cycles,
    stream: u32,
    pid: Option<u32>,
}

impl SceneOf {
    fn with<R>(&self, use_it: impl FnOnce(&Scene<'_>) -> R) -> R {
        let blob = |id: BlobId| self.trace.blob(id).ok();
        use_it(&Scene {
            describe: self.describe.as_ref(),
            blob: &blob,
            cntfrq: self.trace.header().cntfrq,
            start: self.start,
            stream: self.stream,
            pid: self.pid,
        })
    }
}

impl TraceLanguage {
    /// The language over one process of a trace.
    #[must_use]
    pub fn new(trace: Arc<Trace>, stream: u32, describe: Arc<dyn Describe>) -> Self {
        let start = trace.event(EventIndex(0)).map_or(Cycles(0), |event| event.clock);
        let pid = trace.stream(stream).ok().and_then(|stream| stream.pid());
        TraceLanguage { scene: Arc::new(SceneOf { trace, describe, start, stream, pid }) }
    }
}

impl Language for TraceLanguage {
    fn compile(&self, text: &str) -> Result<Arc<dyn Matcher>, LanguageError> {
        let filter = Filter::parse(text, self.scene.describe.as_ref()).map_err(
            |FilterError { column, message, .. }| LanguageError { column: column.saturating_sub(1), message },
        )?;
        Ok(Arc::new(Compiled { filter, scene: Arc::clone(&self.scene), known: Mutex::default() }))
    }
}

struct Compiled {
    filter: Filter,
    scene: Arc<SceneOf>,
    known: Mutex<VecDeque<(usize, Arc<[EventIndex]>)>>,
}

impl Matcher for Compiled {
    fn matches(&self, at: EventIndex, event: &Event) -> bool {
        self.scene.with(|scene| self.filter.matches(at, event, scene))
    }

    fn select(&self, range: Range<u64>) -> Option<Vec<EventIndex>> {
        let stream = self.scene.trace.stream(self.scene.stream).ok()?;
        let mut selected = Vec::new();
        let mut next = range.start;
        while next < range.end {
            let place = match stream.block_of(EventIndex(next)) {
                Ok(place) => place,
                Err(Error::LostEvent { next: after, .. }) if after > next => {
                    next = after;
                    continue;
                }
                Err(_) => break,
            };
            let inside = self.block(place);
            let first = inside.partition_point(|at| at.0 < next);
            selected.extend(inside[first..].iter().take_while(|at| at.0 < range.end));
            next = stream.blocks().get(place).map_or(range.end, |block| block.last.0.saturating_add(1));
        }
        Some(selected)
    }
}

impl Compiled {
    /// What a block has; nothing, if it is damaged.
    fn block(&self, place: usize) -> Arc<[EventIndex]> {
        // The guarded value is whole at every moment.
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = known().iter().find(|(at, _)| *at == place) {
            return Arc::clone(found);
        }
        let stream = self.scene.trace.stream(self.scene.stream);
        let select = |scene: &Scene<'_>| self.filter.select(&stream?, place, scene);
        let found = self.scene.with(select).unwrap_or_default();
        let found: Arc<[EventIndex]> = found.into();
        let mut known = known();
        known.push_back((place, Arc::clone(&found)));
        if known.len() > REMEMBERED {
            known.pop_front();
        }
        found
    }
}
