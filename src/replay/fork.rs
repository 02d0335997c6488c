//! Replays of forked processes: up to where the parent forked, and on as the child.
//!
//! Used by `replay::whole` and for sessions on one process.

use super::{Player, ReplayError};
use crate::engine::soft::Soft;
use crate::engine::{Exit, Vcpu};
use crate::guest::{MemoryMode, Space};
use std::sync::Arc;
use traces::event::Body;
use traces::{EventIndex, Trace};

impl Player {
    /// A replay of process `stream` that stands before its first event: the processes that it was forked off are
    /// replayed up to there.
    ///
    /// # Errors
    /// As [`Player::new`], and if a parent takes another course than recorded.
    pub fn at_stream(trace: Arc<Trace>, memory: MemoryMode, stream: u32) -> Result<Player, ReplayError> {
        let Some((parent, event)) = fork_of(&trace, stream)? else { return Player::new(trace, memory) };
        let mut player = Player::at_stream(trace, memory, parent)?;
        while player.applied < event.0 && !player.at_end() {
            player.advance()?;
        }
        player.become_child(stream)?;
        Ok(player)
    }

    /// A second replay that stands where this one does.
    ///
    /// # Errors
    /// If the host has no memory for it.
    pub fn duplicate(&self) -> Result<Player, ReplayError> {
        let failed = |e| ReplayError::Host("another address space", e);
        let space = Space::with_size(self.space.size(), self.space.mode()).map_err(failed)?;
        let regions = self.space.regions().clone();
        space.take_map(&regions).map_err(failed)?;
        let mut outcome = Ok(());
        self.space.for_each_touched(|page, bytes| {
            if outcome.is_ok() {
                outcome = space.write_forced(page, bytes);
            }
        });
        outcome.map_err(failed)?;
        let space = Arc::new(space);
        let mut vcpu = Soft::new(Arc::clone(&space));
        vcpu.restore(self.vcpu.state().clone());
        Ok(Player {
            trace: Arc::clone(&self.trace),
            stream: self.stream,
            vcpu,
            space,
            tid: self.tid,
            others: Arc::clone(&self.others),
            applied: self.applied,
            arrived: self.arrived,
            next: None,
            unmeasured: self.unmeasured,
        })
    }

    /// Goes on as process `stream`, which was forked at the event that comes next here.
    ///
    /// # Errors
    /// If it was not, or the run takes another course than recorded.
    pub fn become_child(&mut self, stream: u32) -> Result<(), ReplayError> {
        let first = self.trace.stream(stream)?.event(EventIndex(0))?;
        let fork = fork_of(&self.trace, stream)?;
        let wrong = ReplayError::NoFork { stream };
        if fork.is_none_or(|(parent, event)| parent != self.stream || event.0 != self.applied) {
            return Err(wrong);
        }
        // The child's copy was made at the parent's SVC; the event of that call may be lost.
        let Some(left) = first.icount.0.checked_sub(self.vcpu.icount().0) else { return Err(wrong) };
        if left > 0 && !matches!(self.vcpu.run(left), Exit::Svc { .. }) {
            return Err(wrong);
        }
        if self.vcpu.icount() != first.icount {
            return Err(wrong);
        }
        self.stream = stream;
        self.others = Arc::default();
        self.applied = 0;
        self.arrived = true;
        self.next = None;
        Ok(())
    }
}

/// Where process `stream` was forked off: its parent's stream and event; none for the first process.
///
/// # Errors
/// If its first event cannot be read, or names a parent that cannot be one.
pub fn fork_of(trace: &Trace, stream: u32) -> Result<Option<(u32, EventIndex)>, ReplayError> {
    if stream == 0 {
        return Ok(None);
    }
    match &trace.stream(stream)?.event(EventIndex(0))?.body {
        // A child's stream has a higher number than its parent's, so that no stream is its own ancestor.
        Body::ForkStart(start) if start.stream < stream => Ok(Some((start.stream, start.event))),
        _ => Err(ReplayError::NoFork { stream }),
    }
}
