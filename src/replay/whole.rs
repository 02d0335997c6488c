//! Replaying all processes of a trace, each once: where one was forked its parent's replay is copied.
//!
//! Used by `elfuse-trace replay`.

use super::{Player, ReplayError, fork_of};
use crate::guest::MemoryMode;
use std::collections::BTreeMap;
use std::sync::Arc;
use traces::event::Digests;
use traces::{EventIndex, InsnCount, Trace};

/// Instructions between two looks at the progress.
const SLICE: u64 = 4_000_000;

/// What came of one process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replayed {
    /// Its stream.
    pub stream: u32,
    /// How many events were verified.
    pub events: u64,
    /// How many instructions it executed itself.
    pub insns: InsnCount,
    /// Its final state.
    pub digests: Digests,
}

/// Processes by where they were forked off.
type Forks = BTreeMap<(u32, EventIndex), Vec<u32>>;

/// Replays and verifies every process of a trace. `progress` is told how many events and instructions are done.
///
/// # Errors
/// At the first difference from the recording, or if the trace cannot be read.
pub fn verify(
    trace: &Arc<Trace>,
    memory: MemoryMode,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Replayed>, ReplayError> {
    if trace.event_count() == 0 {
        return Err(ReplayError::Empty);
    }
    let mut forks = Forks::new();
    for stream in trace.streams().filter(|&stream| stream != 0) {
        if let Some(at) = fork_of(trace, stream)? {
            forks.entry(at).or_default().push(stream);
        }
    }
    let mut run = Run { forks, progress, done: 0, finished: Vec::new() };
    run.process(Player::new(Arc::clone(trace), memory)?)?;
    if let Some(stream) = run.forks.into_values().flatten().next() {
        return Err(ReplayError::NoFork { stream });
    }
    run.finished.sort_by_key(|replayed| replayed.stream);
    Ok(run.finished)
}

struct Run<'a> {
    forks: Forks,
    progress: &'a mut dyn FnMut(u64),
    done: u64,
    finished: Vec<Replayed>,
}

impl Run<'_> {
    fn process(&mut self, mut player: Player) -> Result<(), ReplayError> {
        let begin = player.icount();
        loop {
            let next = EventIndex(player.applied());
            for child in self.forks.remove(&(player.stream(), next)).unwrap_or_default() {
                // Up to the call; the event of a parent that was killed there is not in the trace.
                while !player.at_end() && !player.approach(SLICE)? {}
                let mut copy = player.duplicate()?;
                copy.become_child(child)?;
                self.process(copy)?;
            }
            if player.at_end() {
                break;
            }
            let before = player.icount().0.saturating_add(player.applied());
            if player.approach(SLICE)? {
                player.advance()?;
            }
            self.done += player.icount().0.saturating_add(player.applied()).saturating_sub(before);
            (self.progress)(self.done);
        }
        self.finished.push(Replayed {
            stream: player.stream(),
            events: player.applied(),
            insns: InsnCount(player.icount().0.saturating_sub(begin.0)),
            digests: player.digests(),
        });
        Ok(())
    }
}
