//! The soft engine: the `cpu` crate over a guest [`Space`].
//!
//! Runs on every host and replays every trace.

use super::{Counter, Exit, Probe, Regs, Vcpu};
use crate::guest::memory::{CheckedMemory, ProtectedMemory};
use crate::guest::{MemoryMode, Space};
use std::sync::Arc;
use traces::{Cycles, GuestAddr, InsnCount};

/// The name of this engine in trace headers.
pub const NAME: &str = "soft";

/// A software processor.
pub struct Soft {
    core: cpu::Core,
    state: cpu::State,
    space: Arc<Space>,
    counted: usize,
}

impl Soft {
    /// A processor at reset over an address space.
    #[must_use]
    pub fn new(space: Arc<Space>) -> Soft {
        Soft { core: cpu::Core::new(), state: cpu::State::default(), space, counted: 0 }
    }

    /// Counts executions of up to four addresses; the others of [`Probe::counts`] stay 0.
    pub fn set_counted(&mut self, addresses: &[u64]) {
        let kept = &addresses[..addresses.len().min(4)];
        self.counted = kept.len();
        self.core.set_counted(kept);
    }

    /// Whether YIELD, WFE and WFI end an excursion with [`Exit::Hint`]; initially they do not.
    pub fn set_hints(&mut self, hints: bool) {
        self.core.set_hints(hints);
    }

    /// Overwrites the instruction count (replay from a checkpoint).
    pub fn set_icount(&mut self, icount: InsnCount) {
        self.state.icount = icount.0;
    }

    /// The address space it runs in.
    #[must_use]
    pub fn space(&self) -> &Arc<Space> {
        &self.space
    }

    /// The architectural and counting state, for a checkpoint.
    #[must_use]
    pub fn state(&self) -> &cpu::State {
        &self.state
    }

    /// Goes back to the state of a checkpoint, whose memory is in place.
    pub fn restore(&mut self, state: cpu::State) {
        self.state = state;
        self.core.invalidate_all();
    }
}

impl Vcpu for Soft {
    fn run(&mut self, budget: u64) -> Exit {
        match self.space.mode() {
            MemoryMode::Checked => self.core.run(&mut self.state, &CheckedMemory(&self.space), budget),
            MemoryMode::Protected => self.core.run(&mut self.state, &ProtectedMemory(&self.space), budget),
        }
    }

    fn regs(&self) -> Regs {
        self.state.regs()
    }

    fn set_regs(&mut self, regs: &Regs) {
        self.state.set_regs(regs);
    }

    fn x(&self, n: usize) -> u64 {
        self.state.x(n)
    }

    fn set_x(&mut self, n: usize, value: u64) {
        self.state.set_x(n, value);
    }

    fn pc(&self) -> u64 {
        self.state.pc()
    }

    fn icount(&self) -> InsnCount {
        InsnCount(self.state.icount)
    }

    fn counter(&self) -> (Cycles, Counter) {
        (Cycles(self.state.cntvct()), self.state.counter)
    }

    fn set_counter(&mut self, counter: Counter) {
        self.state.counter = counter;
    }

    fn probe(&self) -> Probe {
        let mut counts = [0; 4];
        counts[..self.counted].copy_from_slice(&self.core.counts()[..self.counted]);
        let last = self.state.last_branch();
        Probe { last_branch: (last != 0).then_some(GuestAddr(last)), counts: Some(counts) }
    }

    fn clear_exclusive(&mut self) {
        self.state.clear_exclusive();
    }

    fn set_last_branch(&mut self, at: Option<GuestAddr>) {
        self.state.set_last_branch(at.map_or(0, |at| at.0));
    }
}
