//! A replay that goes anywhere: forward by execution, back from the nearest snapshot.
//!
//! Implements [`traces::replay::Replay`] for the viewer; used by `elfuse-trace replay --to`, too. States are
//! ranked: applying an event is one step, executing an instruction is one, so that stepping n forward and n
//! back is always the same place.

use super::snapshots::{Limits, Snapshots};
use super::{Player, ReplayError};
use crate::debug::disasm;
use crate::debug::symbols::Symbols;
use crate::engine::{Vcpu, to_image};
use crate::guest::MemoryMode;
use std::sync::Arc;
use traces::event::RegImage;
use traces::replay::{DisasmLine, Position, Replay, ReplayError as Told, Stop};
use traces::{EventIndex, GuestAddr, InsnCount, Trace};

/// Instructions that are executed at a time, so that a long seek can be cancelled.
const SLICE: u64 = 4_000_000;
/// Least instructions that are executed at a time on the way.
const LEAST_SLICE: u64 = 100_000;
/// Events between two reports of progress.
const REPORT: u32 = 64;

/// A replay with snapshots.
pub struct Session {
    player: Player,
    snapshots: Snapshots,
    symbols: Symbols,
    /// The last motion failed half-way: what there is now is no state of the run.
    failed: bool,
}

impl Session {
    /// A session that stands before the first event.
    ///
    /// # Errors
    /// If the trace cannot be replayed.
    pub fn new(trace: Arc<Trace>, memory: MemoryMode) -> Result<Session, ReplayError> {
        Session::with_limits(trace, memory, Limits::default())
    }

    /// A session whose snapshots cost at most so much.
    pub(super) fn with_limits(
        trace: Arc<Trace>,
        memory: MemoryMode,
        limits: Limits,
    ) -> Result<Session, ReplayError> {
        Session::over(Player::new(trace, memory)?, limits)
    }

    /// A session on one process of a trace that stands before its first event: the processes that it was forked
    /// off are replayed up to there, which takes as long as they ran.
    ///
    /// # Errors
    /// If the trace cannot be replayed, or the run differs from its recording on the way.
    pub fn of_stream(trace: Arc<Trace>, memory: MemoryMode, stream: u32) -> Result<Session, ReplayError> {
        Session::over(Player::at_stream(trace, memory, stream)?, Limits::default())
    }

    fn over(player: Player, limits: Limits) -> Result<Session, ReplayError> {
        if player.event_count() == 0 {
            return Err(ReplayError::Empty);
        }
        let snapshots = Snapshots::new(&player, limits);
        Ok(Session { player, snapshots, symbols: Symbols::default(), failed: false })
    }

    /// The replay itself.
    #[must_use]
    pub fn player(&self) -> &Player {
        &self.player
    }

    /// Offers a program file for symbols, for guests whose own file is gone. It is used where the guest has
    /// mapped the same bytes.
    pub fn know(&mut self, program: &'static [u8]) {
        self.symbols.offer(program);
    }

    /// Steps from the start of the run to the present state.
    fn rank(&self) -> u64 {
        self.player.icount().0.saturating_add(self.player.applied())
    }

    /// The rank of a position.
    fn rank_of(&self, to: Position) -> Result<u64, ReplayError> {
        let trace = self.player.trace().stream(self.player.stream())?;
        let last = trace.len().saturating_sub(1);
        if to.event.0 > last {
            return Err(ReplayError::NoSuchPosition(to, last));
        }
        let damaged = |event, what| ReplayError::Damaged { event, what };
        let here = trace.event(to.event)?.icount.0;
        let too_high = || damaged(to.event.0, "its instruction count is out of bounds");
        let before = here.checked_add(to.event.0).ok_or_else(too_high)?;
        let Some(InsnCount(insns)) = to.after else { return Ok(before) };
        if insns > 0 {
            if to.event.0 == last {
                return Err(ReplayError::NoSuchPosition(to, last));
            }
            let next = to.event.0 + 1;
            let backwards = || damaged(next, "its instruction count is below that of the event before");
            let there = trace.event(EventIndex(next))?.icount.0;
            let between = there.checked_sub(here).ok_or_else(backwards)?;
            if insns > between {
                return Err(ReplayError::BehindNext(to, next, between));
            }
        }
        before.checked_add(1).and_then(|rank| rank.checked_add(insns)).ok_or_else(too_high)
    }

    /// The rank behind the last event, as far as the trace's index tells.
    fn last_rank(&self) -> u64 {
        let stream = self.player.trace().stream(self.player.stream());
        let last = stream.ok().and_then(|stream| stream.blocks().last());
        last.map_or(0, |block| block.icount.1.0.saturating_add(block.last.0).saturating_add(1))
    }

    /// Goes to a rank.
    fn go(&mut self, rank: u64, progress: &mut dyn FnMut(u32) -> bool) -> Result<(), ReplayError> {
        let best = self.snapshots.before(rank);
        if let Some((number, there)) = best
            && (self.failed || rank < self.rank() || there > self.rank())
        {
            self.failed = true;
            self.snapshots.restore(number, &mut self.player)?;
        }
        let outcome = self.run_to(rank, progress);
        self.failed = outcome.is_err();
        self.symbols.refresh(self.player.space());
        outcome
    }

    fn run_to(&mut self, rank: u64, progress: &mut dyn FnMut(u32) -> bool) -> Result<(), ReplayError> {
        let from = self.rank();
        let mut unreported = 0;
        while self.rank() < rank {
            let here = self.rank();
            if self.player.arrived() {
                self.player.advance()?;
            } else if self.player.at_end() {
                break;
            } else {
                // On the last stretch in ever shorter slices, so that snapshots can lie close to its end.
                let slice = ((rank - here) / 2).clamp(LEAST_SLICE, SLICE);
                self.player.approach(slice.min(rank - here))?;
            }
            let now = self.rank();
            self.snapshots.pass(&self.player, now, rank.saturating_sub(now));
            unreported += 1;
            if unreported >= REPORT || now - here >= LEAST_SLICE {
                unreported = 0;
                let share = u128::from(now - from) * 1000 / u128::from(rank - from);
                if !progress(u32::try_from(share).unwrap_or(1000)) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Goes to a position.
    ///
    /// # Errors
    /// If there is no such position, or the run differs from its recording.
    pub fn seek_to(
        &mut self,
        to: Position,
        progress: &mut dyn FnMut(u32) -> bool,
    ) -> Result<Stop, ReplayError> {
        let rank = self.rank_of(to)?;
        self.go(rank, progress)?;
        if self.rank() == rank && self.stop().position != to {
            self.player.call_arrived(to.after.is_none())?;
        }
        Ok(self.stop())
    }
}

fn tell(error: &ReplayError) -> Told {
    Told { message: error.to_string(), diverged: error.is_divergence() }
}

impl Replay for Session {
    fn seek(&mut self, to: Position, progress: &mut dyn FnMut(u32) -> bool) -> Result<Stop, Told> {
        self.seek_to(to, progress).map_err(|error| tell(&error))
    }

    fn step(&mut self, n: i64) -> Result<Stop, Told> {
        let rank = self.rank().saturating_add_signed(n).min(self.last_rank());
        self.go(rank, &mut |_| true).map_err(|error| tell(&error))?;
        Ok(self.stop())
    }

    fn stop(&self) -> Stop {
        let applied = self.player.applied();
        let icount = self.player.icount();
        let position = if self.player.arrived() && !self.player.at_end() {
            Position::before(EventIndex(applied))
        } else {
            let event = EventIndex(applied.saturating_sub(1));
            let stream = self.player.trace().stream(self.player.stream());
            let since = stream.and_then(|stream| stream.event(event));
            let since = since.map_or(0, |e| icount.0.saturating_sub(e.icount.0));
            Position { event, after: Some(InsnCount(since)) }
        };
        Stop { position, tid: self.player.tid(), icount, at_end: self.player.at_end() }
    }

    fn regs(&self) -> RegImage {
        to_image(&self.player.vcpu().regs())
    }

    fn read(&self, at: GuestAddr, buf: &mut [u8]) -> usize {
        self.player.space().read_available(at.0, buf)
    }

    fn disassemble(&self, at: GuestAddr, count: usize) -> Vec<DisasmLine> {
        let line = |n: usize| {
            let at = GuestAddr(at.0.wrapping_add(4 * n as u64));
            let mut bytes = [0; 4];
            let word = (self.read(at, &mut bytes) == 4).then(|| u32::from_le_bytes(bytes));
            let text = word.map_or("not mapped".to_owned(), |word| disasm::instruction(word, at.0));
            DisasmLine { at, word, text, symbol: self.symbol(at) }
        };
        (0..count).map(line).collect()
    }

    fn symbol(&self, at: GuestAddr) -> Option<String> {
        self.symbols.name(at)
    }

    fn cntvct(&self) -> u64 {
        self.player.vcpu().counter().0.0
    }
}

#[cfg(test)]
impl Session {
    /// Marks, near snapshots, pages held.
    pub(super) fn snapshot_figures(&self) -> (usize, usize, u64) {
        self.snapshots.figures()
    }
}
