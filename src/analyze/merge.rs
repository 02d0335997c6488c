//! The events of several processes in one order: that of the guest clock, each stream's own order kept.
//!
//! Used by `dump`. A stream is opened when its turn comes and closed at its end, so that a trace of many short
//! processes costs no more than those that run side by side.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use traces::reader::Events;
use traces::{Body, Error, Event, EventIndex, Trace};

type Read = Result<(EventIndex, Arc<Event>), Error>;

/// Iterates over the events of some streams by clock; of two at the same moment that of the lower stream comes
/// first, and a process begins after the call that forked it. Where a part cannot be read there is one error, in
/// the place of what is lost.
pub struct Merged<'a> {
    trace: &'a Trace,
    /// Streams that wait for the event that forks them.
    unborn: BTreeMap<(u32, EventIndex), Vec<u32>>,
    /// When the next event of each stream is due.
    due: BinaryHeap<Reverse<(u64, u32)>>,
    open: BTreeMap<u32, (Events<'a>, Option<Read>)>,
}

impl<'a> Merged<'a> {
    /// The events of these streams; those that are not in the trace are left out.
    #[must_use]
    pub fn new(trace: &'a Trace, streams: &[u32]) -> Self {
        let mut merged =
            Merged { trace, unborn: BTreeMap::new(), due: BinaryHeap::new(), open: BTreeMap::new() };
        for &id in streams {
            let Ok(stream) = trace.stream(id) else { continue };
            let Some(block) = stream.blocks().first() else { continue };
            let parent = match stream.event(EventIndex(0)).as_deref().map(|event| &event.body) {
                Ok(Body::ForkStart(start)) if streams.contains(&start.stream) && start.stream < id => {
                    let there = trace.stream(start.stream).is_ok_and(|s| s.event(start.event).is_ok());
                    there.then_some((start.stream, start.event))
                }
                _ => None,
            };
            match parent {
                Some(at) => merged.unborn.entry(at).or_default().push(id),
                None => merged.due.push(Reverse((block.clock.0.0, id))),
            }
        }
        merged
    }

    /// Lets the processes begin that an event forked.
    fn give_birth(&mut self, parent: u32, now: &Read, clock: u64) {
        let Ok((index, _)) = now else { return };
        let born = self.unborn.remove(&(parent, *index)).unwrap_or_default();
        self.due.extend(born.into_iter().map(|id| Reverse((clock, id))));
    }
}

impl Iterator for Merged<'_> {
    type Item = (u32, Read);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Reverse((clock, id)) = self.due.pop()?;
            // A clock that goes back, in a damaged trace, must not turn a stream's own order round.
            let key = |read: &Read| Reverse((read.as_ref().map_or(0, |(_, e)| e.clock.0).max(clock), id));
            let Some((events, held)) = self.open.get_mut(&id) else {
                let Ok(stream) = self.trace.stream(id) else { continue };
                let mut events = stream.events(0..stream.len());
                let Some(first) = events.next() else { continue };
                self.due.push(key(&first));
                self.open.insert(id, (events, Some(first)));
                continue;
            };
            let Some(now) = held.take() else { continue };
            match events.next() {
                Some(next) => {
                    self.due.push(key(&next));
                    *held = Some(next);
                }
                None => drop(self.open.remove(&id)),
            }
            self.give_birth(id, &now, clock);
            return Some((id, now));
        }
    }
}
