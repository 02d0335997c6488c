//! The events of one process: by index, by instruction or time, in order, or as columns.

use super::cache::Decoded;
use super::{Block, StreamIndex, Trace, damaged};
use crate::columns::{Hot, Slot};
use crate::error::Error;
use crate::event::{Body, Event};
use crate::summary::Summary;
use crate::units::{Cycles, EventIndex, InsnCount};
use std::ops::Range;
use std::sync::Arc;

/// The events of one process.
#[derive(Clone, Copy, Debug)]
pub struct Stream<'a> {
    pub(super) trace: &'a Trace,
    pub(super) id: u32,
    pub(super) index: &'a StreamIndex,
}

impl<'a> Stream<'a> {
    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The guest process id, as its first event has it; none if that cannot be read.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match &self.event(EventIndex(0)).ok()?.body {
            Body::Start(start) => Some(start.pid),
            Body::ForkStart(start) => Some(start.pid),
            _ => None,
        }
    }

    /// Whether events of more than one thread are in it, as far as its index tells.
    #[must_use]
    pub fn has_threads(&self) -> bool {
        let mut first = None;
        self.index.events.iter().any(|block| match block.summary.tids.as_deref() {
            Some(tids) => tids.iter().any(|tid| *first.get_or_insert(*tid) != *tid),
            None => true,
        })
    }

    /// One more than the highest event index; counts events that were lost in between.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.index.events.last().map_or(0, |block| block.last.0.saturating_add(1))
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.events.is_empty()
    }

    /// Its event blocks in order.
    #[must_use]
    pub fn blocks(&self) -> &'a [Block] {
        &self.index.events
    }

    /// The summaries of all its blocks together.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut sum = Summary::empty();
        self.index.events.iter().for_each(|block| sum.merge(&block.summary));
        sum
    }

    /// Ranges of event indices that no block holds.
    pub fn gaps(&self) -> impl Iterator<Item = Range<u64>> + 'a {
        let firsts = self.index.events.iter().map(|block| block.first.0);
        let ends = self.index.events.iter().map(|block| block.last.0.saturating_add(1));
        std::iter::once(0)
            .chain(ends)
            .zip(firsts)
            .filter(|(end, first)| end < first)
            .map(|(end, first)| end..first)
    }

    /// The block that holds an event.
    ///
    /// # Errors
    /// [`Error::NoSuchEvent`] or [`Error::LostEvent`].
    pub fn block_of(&self, index: EventIndex) -> Result<usize, Error> {
        let blocks = &self.index.events;
        let at = blocks.partition_point(|block| block.last < index);
        match blocks.get(at) {
            Some(block) if block.first <= index => Ok(at),
            Some(block) => Err(Error::LostEvent { index, stream: self.id, next: block.first.0 }),
            None => Err(Error::NoSuchEvent { index, stream: self.id, count: self.len() }),
        }
    }

    /// An event.
    ///
    /// # Errors
    /// If there is none of this number, it is lost, its block is damaged, or its kind is not known.
    pub fn event(&self, index: EventIndex) -> Result<Arc<Event>, Error> {
        let block = &self.index.events[self.block_of(index)?];
        pick(block, &self.decoded(block)?, index)
    }

    /// The events of a range of indices in order, each with its index. Where a block is damaged or missing there
    /// is one error for all its events.
    #[must_use]
    pub fn events(&self, range: Range<u64>) -> Events<'a> {
        Events { stream: *self, next: range.start, end: range.end.min(self.len()), open: None }
    }

    /// The hot columns of a block, by its place in [`Stream::blocks`].
    ///
    /// # Errors
    /// If there is no such block or it is damaged.
    pub fn hot(&self, block: usize) -> Result<Arc<Hot>, Error> {
        let count = self.len();
        let index = EventIndex(count);
        let block =
            self.index.events.get(block).ok_or(Error::NoSuchEvent { index, stream: self.id, count })?;
        let key = (block.offset, true);
        if let Some(Decoded::Hot(hot)) = self.trace.cache.get(key) {
            return Ok(hot);
        }
        let section = self.trace.hot_section(block.offset, &block.head)?;
        let hot = Hot::decode(&section, block.head.count);
        let hot = Arc::new(hot.map_err(|bad| damaged(block.offset, &block.head, bad.0))?);
        self.trace.cache.put(key, Decoded::Hot(hot.clone()), hot.len() * 43);
        Ok(hot)
    }

    fn decoded(&self, block: &Block) -> Result<Arc<Vec<Slot>>, Error> {
        let key = (block.offset, false);
        if let Some(Decoded::Events(slots)) = self.trace.cache.get(key) {
            return Ok(slots);
        }
        let (slots, bytes) = self.trace.decode_events(block.offset, &block.head)?;
        let slots = Arc::new(slots);
        self.trace.cache.put(key, Decoded::Events(slots.clone()), bytes);
        Ok(slots)
    }

    /// The first event whose instruction count is `icount` or more, none if all are below.
    ///
    /// # Errors
    /// If its block is damaged.
    pub fn at_icount(&self, icount: InsnCount) -> Result<Option<EventIndex>, Error> {
        let block = self.index.events.partition_point(|block| block.icount.1 < icount);
        self.find(block, |hot| hot.icount.iter().position(|&at| at >= icount.0))
    }

    /// The first event whose guest counter is `clock` or more, none if all are below.
    ///
    /// # Errors
    /// If its block is damaged.
    pub fn at_clock(&self, clock: Cycles) -> Result<Option<EventIndex>, Error> {
        let block = self.index.events.partition_point(|block| block.clock.1 < clock);
        self.find(block, |hot| hot.clock.iter().position(|&at| at >= clock.0))
    }

    fn find(&self, block: usize, place: impl Fn(&Hot) -> Option<usize>) -> Result<Option<EventIndex>, Error> {
        let Some(found) = self.index.events.get(block) else { return Ok(None) };
        let hot = self.hot(block)?;
        // A counter that ran backwards inside the block may leave none; then the block's end is nearest.
        let place = place(&hot).unwrap_or(hot.len().saturating_sub(1));
        Ok(Some(EventIndex(found.first.0 + place as u64)))
    }
}

/// The event of a decoded block.
fn pick(block: &Block, slots: &[Slot], index: EventIndex) -> Result<Arc<Event>, Error> {
    let slot = index.0.checked_sub(block.first.0).and_then(|at| slots.get(usize::try_from(at).ok()?));
    match slot {
        Some(Slot::Event(event)) => Ok(event.clone()),
        Some(Slot::Unknown { kind, what }) => {
            Err(Error::UnknownEvent { index, offset: block.offset, kind: *kind, what })
        }
        None => Err(damaged(block.offset, &block.head, "it has fewer events than its head says")),
    }
}

/// Iterator over events, see [`Stream::events`].
#[derive(Debug)]
pub struct Events<'a> {
    stream: Stream<'a>,
    next: u64,
    end: u64,
    open: Option<(&'a Block, Arc<Vec<Slot>>)>,
}

impl Iterator for Events<'_> {
    type Item = Result<(EventIndex, Arc<Event>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let index = EventIndex(self.next);
        if self.open.as_ref().is_none_or(|(block, _)| block.last < index) {
            let place = match self.stream.block_of(index) {
                Ok(place) => place,
                Err(error) => {
                    self.next = if let Error::LostEvent { next, .. } = error { next } else { self.end };
                    return Some(Err(error));
                }
            };
            let block = &self.stream.index.events[place];
            match self.stream.decoded(block) {
                Ok(slots) => self.open = Some((block, slots)),
                Err(error) => {
                    self.next = block.last.0.saturating_add(1);
                    return Some(Err(error));
                }
            }
        }
        let (block, slots) = self.open.as_ref()?;
        self.next += 1;
        Some(pick(block, slots, index).map(|event| (index, event)))
    }
}
