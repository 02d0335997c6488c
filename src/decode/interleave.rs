//! Calls that other processes act in the middle of, told in two lines as strace does: `<unfinished ...>` and
//! `<... resumed>`. For `dump`.
//!
//! A trace has such a call as one event, since nothing else of its own process happened meanwhile.

use std::sync::Arc;
use traces::{Body, Cycles, Event, EventIndex};

/// An event to be told, and whose it is.
pub type Told = (u32, EventIndex, Arc<Event>);

/// Takes events in the order of the clock and gives them back as they are to be told.
#[derive(Debug, Default)]
pub struct Interleave {
    /// The call that came last, as long as nothing has come after it.
    held: Option<Told>,
    /// Calls that were told as unfinished, by when they end.
    open: Vec<(u64, Told)>,
}

impl Interleave {
    /// Takes the next event of a stream and appends to `out` what can be told now.
    pub fn push(&mut self, next: Told, out: &mut Vec<Told>) {
        let now = next.2.clock.0;
        if let Some(held) = self.held.take() {
            match end_of(&held.2) {
                Some(end) if end > now && held.0 != next.0 => {
                    out.push((held.0, held.1, Arc::new(halved(&held.2, None))));
                    let at = self.open.partition_point(|(before, _)| *before <= end);
                    self.open.insert(at, (end, held));
                }
                _ => out.push(held),
            }
        }
        // What a process does next comes after the end of its call, whatever the clocks say.
        let due = |end: u64, told: &Told| end <= now || told.0 == next.0;
        while let Some(at) = self.open.iter().position(|(end, told)| due(*end, told)) {
            let (end, told) = self.open.remove(at);
            out.push((told.0, told.1, Arc::new(halved(&told.2, Some(end)))));
        }
        if end_of(&next.2).is_some() {
            self.held = Some(next);
        } else {
            out.push(next);
        }
    }

    /// Appends what is left at the end.
    pub fn finish(&mut self, out: &mut Vec<Told>) {
        out.extend(self.held.take());
        let open = self.open.drain(..);
        out.extend(open.map(|(end, told)| (told.0, told.1, Arc::new(halved(&told.2, Some(end))))));
    }
}

/// When a call that is one event ends.
fn end_of(event: &Event) -> Option<u64> {
    match &event.body {
        Body::Svc(svc) => Some(event.clock.0.saturating_add(svc.dur.0)),
        _ => None,
    }
}

/// The entry of a call, or its return at a moment.
fn halved(event: &Event, end: Option<u64>) -> Event {
    let mut half = event.clone();
    if let Body::Svc(svc) = half.body {
        half.body = if end.is_some() { Body::SvcExit(svc) } else { Body::SvcEnter(svc) };
    }
    half.clock = end.map_or(half.clock, Cycles);
    half
}

#[cfg(test)]
mod tests {
    use super::*;
    use traces::event::Svc;
    use traces::{InsnCount, Tid};

    fn call(stream: u32, at: u64, dur: u64) -> Told {
        let body = Body::Svc(Svc { nr: 172, dur: Cycles(dur), ..Svc::default() });
        (
            stream,
            EventIndex(at),
            Arc::new(Event { tid: Tid(1), icount: InsnCount(0), clock: Cycles(at), body }),
        )
    }

    fn told(calls: &[(u32, u64, u64)]) -> Vec<String> {
        let (mut interleave, mut out) = (Interleave::default(), Vec::new());
        calls.iter().for_each(|&(stream, at, dur)| interleave.push(call(stream, at, dur), &mut out));
        interleave.finish(&mut out);
        let part = |event: &Event| match event.body {
            Body::SvcEnter(_) => "(",
            Body::SvcExit(_) => ")",
            _ => "",
        };
        out.iter().map(|(stream, index, event)| format!("s{stream}:E{}{}", index.0, part(event))).collect()
    }

    #[test]
    fn only_calls_that_are_interrupted_are_halved() {
        for (calls, expected) in [
            // One after the other.
            (&[(0, 1, 5), (1, 9, 1), (0, 12, 1)][..], &["s0:E1", "s1:E9", "s0:E12"][..]),
            // A wait, and what the child does meanwhile.
            (
                &[(0, 1, 50), (1, 9, 1), (1, 12, 1), (0, 60, 1)],
                &["s0:E1(", "s1:E9", "s1:E12", "s0:E1)", "s0:E60"],
            ),
            // Calls that overlap end in the order of their ends.
            (
                &[(0, 1, 50), (1, 9, 20), (2, 12, 100), (1, 40, 1)],
                &["s0:E1(", "s1:E9(", "s2:E12(", "s1:E9)", "s1:E40", "s0:E1)", "s2:E12)"],
            ),
            // The next event of the same process ends it even if its clock disagrees.
            (&[(0, 1, 50), (1, 2, 0), (0, 10, 0)], &["s0:E1(", "s1:E2", "s0:E1)", "s0:E10"]),
        ] {
            assert_eq!(told(calls), expected, "{calls:?}");
        }
    }
}
