//! The one seam between the kernel and whoever keeps what it does: record, or nobody.
//!
//! The kernel reports every change of guest state to an [`EffectLog`] and never asks what becomes of it. A
//! replay needs no kernel: it repeats the changes.

use std::ops::Range;
use traces::event::{Backing, Body, Input, RegImage};
use traces::{Cycles, EventIndex, InsnCount, Tid};

/// Where an event stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// The thread.
    pub tid: Tid,
    /// Instructions retired.
    pub icount: InsnCount,
    /// The guest counter.
    pub clock: Cycles,
}

/// A change of guest state, about to be made visible to the guest.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// Bytes were written.
    Write {
        /// Where.
        at: u64,
        /// What.
        bytes: &'a [u8],
    },
    /// Zeros were written.
    Zero {
        /// Where.
        at: u64,
        /// How many.
        len: u64,
    },
    /// Zero pages were mapped, replacing what was there.
    Map {
        /// Where.
        range: &'a Range<u64>,
        /// PROT_ bits.
        prot: u8,
        /// What backs them.
        backing: &'a Backing,
    },
    /// Pages were unmapped.
    Unmap(&'a Range<u64>),
    /// Rights changed.
    Protect {
        /// Where.
        range: &'a Range<u64>,
        /// PROT_ bits.
        prot: u8,
    },
    /// Pages moved.
    Move {
        /// From where.
        from: &'a Range<u64>,
        /// To where.
        to: u64,
    },
    /// Pages are seen at a second range as well.
    Alias {
        /// Where they were.
        from: &'a Range<u64>,
        /// Where else they are.
        to: u64,
    },
    /// Pages came to lie behind the end of their file, or no longer do.
    FileEnd {
        /// Where.
        range: &'a Range<u64>,
        /// Whether they do.
        behind: bool,
    },
    /// All registers were replaced.
    Regs(&'a RegImage),
    /// The address space was emptied.
    ClearSpace,
}

/// Keeps what the kernel does.
///
/// Inputs and changes are collected until [`EffectLog::emit`] names the event that they belong to.
pub trait EffectLog {
    /// Whether [`EffectLog::inputs`] is worth calling.
    fn wants_inputs(&self) -> bool;

    /// What the call in progress was given through pointers, and the bytes, one after the other.
    fn inputs(&mut self, inputs: &[Input], data: &[u8]);

    /// A change of guest state.
    fn change(&mut self, change: Change<'_>);

    /// Whether there were changes since the last event that could take them.
    fn has_changes(&self) -> bool;

    /// An event, with everything since the last one as its inputs and effects; `body` has none itself.
    fn emit(&mut self, at: Stamp, body: Body);

    /// The kernel is about to wait for the host: what is known should be safe before that.
    fn will_block(&mut self);

    /// The number that the next event gets.
    fn next_event(&self) -> EventIndex;

    /// This process is about to fork; what is known has to be where the child's copy cannot write it again.
    fn before_fork(&mut self);

    /// This process is the child of a fork: what was collected is its parent's, and what comes is stream `stream`.
    fn after_fork(&mut self, stream: u32);
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLog;

impl EffectLog for NoLog {
    fn wants_inputs(&self) -> bool {
        false
    }

    fn inputs(&mut self, _inputs: &[Input], _data: &[u8]) {}

    fn change(&mut self, _change: Change<'_>) {}

    fn has_changes(&self) -> bool {
        false
    }

    fn emit(&mut self, _at: Stamp, _body: Body) {}

    fn will_block(&mut self) {}

    fn next_event(&self) -> EventIndex {
        EventIndex(0)
    }

    fn before_fork(&mut self) {}

    fn after_fork(&mut self, _stream: u32) {}
}
