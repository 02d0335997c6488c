//! A replay that goes anywhere: forward by execution, back from the nearest snapshot.
//!
//! Implements [`traces::replay::Replay`] for the viewer; used by `elfuse-trace replay --to`, too. States are
//! ranked: applying an event is one step, executing an instruction is one, so that stepping n forward and n
//! back is always the same place.

use super::{Player, ReplayError};
use crate::debug::disasm;
use crate::debug::symbols::Symbols;
use crate::engine::{Vcpu, to_image};
use crate::guest::{MemoryMode, Region};
use std::collections::HashMap;
use std::sync::Arc;
use traces::event::RegImage;
use traces::replay::{DisasmLine, Position, Replay, ReplayError as Told, Stop};
use traces::{EventIndex, GuestAddr, InsnCount, Tid, Trace};

/// Instructions between two snapshots at first.
const SPACING: u64 = 10_000_000;
/// Events between two snapshots at first; an event costs about as much as some hundred instructions.
const EVENT_SPACING: u64 = 20_000;
/// Snapshots kept; when there are more, every other one goes and the spacing doubles.
const KEPT: usize = 48;
/// Instructions that are executed at a time, so that a long seek can be cancelled.
const SLICE: u64 = 4_000_000;

type Page = Arc<[u8; 4096]>;

struct Snapshot {
    rank: u64,
    parts: (cpu::State, Tid, u64, bool),
    regions: Vec<Region>,
    pages: HashMap<u64, Page>,
}

/// A replay with snapshots.
pub struct Session {
    player: Player,
    snapshots: Vec<Snapshot>,
    spacing: u64,
    symbols: Option<Symbols>,
    known: Vec<&'static [u8]>,
    error: Option<String>,
}

impl Session {
    /// A session that stands before the first event.
    ///
    /// # Errors
    /// If the trace cannot be replayed.
    pub fn new(trace: Arc<Trace>, memory: MemoryMode) -> Result<Session, ReplayError> {
        let player = Player::new(trace, memory)?;
        let mut session = Session {
            player,
            snapshots: Vec::new(),
            spacing: SPACING,
            symbols: None,
            known: Vec::new(),
            error: None,
        };
        session.snapshot();
        Ok(session)
    }

    /// The replay itself.
    #[must_use]
    pub fn player(&self) -> &Player {
        &self.player
    }

    /// Steps from the start of the run to the present state.
    fn rank(&self) -> u64 {
        self.player.vcpu().icount().0 + self.player.applied()
    }

    /// Cost of getting from one rank to another, in instructions.
    fn cost(&self, snapshot: &Snapshot) -> u64 {
        let insns = self.player.vcpu().icount().0.saturating_sub(snapshot.parts.0.icount);
        let events = self.player.applied().saturating_sub(snapshot.parts.2);
        insns.saturating_add(events.saturating_mul(SPACING / EVENT_SPACING))
    }

    fn snapshot(&mut self) {
        let rank = self.rank();
        let at = self.snapshots.partition_point(|s| s.rank < rank);
        if self.snapshots.get(at).is_some_and(|s| s.rank == rank) {
            return;
        }
        let space = self.player.space();
        // Pages that were not written since the previous snapshot are shared with it. Dirty marks tell only
        // about the time since the last one taken, which is the previous one when running forward.
        let previous = at.checked_sub(1).map(|i| &self.snapshots[i].pages);
        let mut pages = HashMap::new();
        space.for_each_touched(|page, bytes| {
            let shared = previous.and_then(|p| p.get(&page)).filter(|old| old[..] == bytes[..]);
            pages.insert(page, shared.cloned().unwrap_or_else(|| Arc::new(*bytes)));
        });
        let regions = space.regions().iter().cloned().collect();
        let snapshot = Snapshot { rank, parts: self.player.parts(), regions, pages };
        self.snapshots.insert(at, snapshot);
        if self.snapshots.len() > KEPT {
            self.spacing = self.spacing.saturating_mul(2);
            let mut n = 0;
            self.snapshots.retain(|_| {
                n += 1;
                n % 2 == 1
            });
        }
    }

    fn restore(&mut self, index: usize) -> Result<(), ReplayError> {
        let failed = |e| ReplayError::Host("guest memory", e);
        let space = Arc::clone(self.player.space());
        let snapshot = &self.snapshots[index];
        space.clear().map_err(failed)?;
        for region in &snapshot.regions {
            space.map(region.start..region.end, region.prot, region.backing.clone()).map_err(failed)?;
        }
        for (&page, bytes) in &snapshot.pages {
            space.write_forced(page, &bytes[..]).map_err(failed)?;
        }
        self.player.restore(snapshot.parts.clone());
        Ok(())
    }

    /// The rank of a position.
    fn rank_of(&self, to: Position) -> Result<u64, ReplayError> {
        let trace = self.player.trace();
        let count = trace.event_count();
        let missing = || ReplayError::NoSuchPosition(to.to_string(), count);
        if to.event.0 >= count {
            return Err(missing());
        }
        let before = trace.event(to.event)?.icount.0 + to.event.0;
        let Some(InsnCount(insns)) = to.after else { return Ok(before) };
        let rank = before.checked_add(1).and_then(|r| r.checked_add(insns)).ok_or_else(missing)?;
        let last = self.last_rank()?;
        if rank > last { Err(missing()) } else { Ok(rank) }
    }

    /// The rank behind the last event.
    fn last_rank(&self) -> Result<u64, ReplayError> {
        let trace = self.player.trace();
        match trace.event_count().checked_sub(1) {
            Some(last) => Ok(trace.event(EventIndex(last))?.icount.0 + last + 1),
            None => Ok(0),
        }
    }

    /// Goes to a rank.
    fn go(&mut self, rank: u64, progress: &mut dyn FnMut(u32) -> bool) -> Result<(), ReplayError> {
        let best = self.snapshots.partition_point(|s| s.rank <= rank).checked_sub(1);
        if let Some(best) = best
            && (rank < self.rank() || self.snapshots[best].rank > self.rank())
        {
            self.restore(best)?;
        }
        let from = self.rank();
        while self.rank() < rank {
            let here = self.rank();
            if self.player.arrived() {
                self.player.advance()?;
            } else if self.player.at_end() {
                break;
            } else {
                self.run_towards(rank)?;
            }
            let nearest = self.snapshots.partition_point(|s| s.rank <= self.rank());
            let due = nearest.checked_sub(1).is_none_or(|i| self.cost(&self.snapshots[i]) >= self.spacing);
            if due {
                self.snapshot();
            }
            if here.is_multiple_of(64) || self.rank() - here > 1000 {
                let share = u128::from(self.rank() - from) * 1000 / u128::from((rank - from).max(1));
                if !progress(u32::try_from(share).unwrap_or(1000)) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Executes a slice towards a rank, not beyond it and not beyond the next event.
    fn run_towards(&mut self, rank: u64) -> Result<(), ReplayError> {
        let wanted = (rank - self.rank()).min(SLICE);
        let next = self.player.trace().event(EventIndex(self.player.applied()))?;
        let until_event = next.icount.0.saturating_sub(self.player.vcpu().icount().0);
        if wanted >= until_event {
            self.player.run_to_next()?;
            Ok(())
        } else {
            self.player.run_insns(wanted)
        }
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
        Ok(self.stop())
    }

    fn tell(&mut self, error: ReplayError) -> Told {
        let diverged = error.is_divergence();
        let message = error.to_string();
        self.error = Some(message.clone());
        Told { message, diverged }
    }
}

impl Replay for Session {
    fn seek(&mut self, to: Position, progress: &mut dyn FnMut(u32) -> bool) -> Result<Stop, Told> {
        let stop = self.seek_to(to, progress).map_err(|error| self.tell(error))?;
        self.name_once();
        Ok(stop)
    }

    fn step(&mut self, n: i64) -> Result<Stop, Told> {
        let last = self.last_rank().map_err(|error| self.tell(error))?;
        let rank = self.rank().saturating_add_signed(n).min(last);
        self.go(rank, &mut |_| true).map_err(|error| self.tell(error))?;
        self.name_once();
        Ok(self.stop())
    }

    fn stop(&self) -> Stop {
        let applied = self.player.applied();
        let icount = self.player.vcpu().icount();
        let position = if self.player.arrived() && !self.player.at_end() {
            Position::before(EventIndex(applied))
        } else {
            let event = EventIndex(applied.saturating_sub(1));
            let since = self.player.trace().event(event).map_or(0, |e| icount.0.saturating_sub(e.icount.0));
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
        self.symbols.as_ref()?.name(at)
    }

    fn cntvct(&self) -> u64 {
        self.player.vcpu().counter().0.0
    }
}

impl Session {
    /// Loads the names of what is mapped now; worth calling once behind the start of the run.
    pub fn load_symbols(&mut self) {
        self.symbols = Some(Symbols::collect(self.player.space(), &self.known));
    }

    /// Loads the names when the program has been mapped, which is with the first event.
    fn name_once(&mut self) {
        if self.symbols.is_none() && self.player.applied() > 0 {
            self.load_symbols();
        }
    }

    /// Takes names from this program where it is what the guest has mapped, although its file may be gone.
    pub fn know(&mut self, program: &'static [u8]) {
        self.known.push(program);
    }
}
