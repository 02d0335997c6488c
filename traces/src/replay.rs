//! What a viewer or debugger asks of a replay. Implemented by the root crate's `replay`; used by `tui`.

use crate::event::RegImage;
use crate::units::{EventIndex, GuestAddr, InsnCount, Tid};
use std::fmt;

/// A place in a recorded run, totally ordered: before event `event`, `insns` instructions after the previous
/// event took effect; or just after it.
///
/// Written `E123` (just before event 123 takes effect), `E123!` (just after), `E123+42` (42 instructions
/// after it took effect).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Position {
    /// The event.
    pub event: EventIndex,
    /// Instructions retired since the event took effect; none means that it has not taken effect yet.
    pub after: Option<InsnCount>,
}

impl Position {
    /// Just before an event takes effect.
    #[must_use]
    pub fn before(event: EventIndex) -> Self {
        Position { event, after: None }
    }

    /// Just after an event took effect.
    #[must_use]
    pub fn after(event: EventIndex) -> Self {
        Position { event, after: Some(InsnCount(0)) }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.after {
            None => write!(f, "E{}", self.event.0),
            Some(InsnCount(0)) => write!(f, "E{}!", self.event.0),
            Some(InsnCount(n)) => write!(f, "E{}+{n}", self.event.0),
        }
    }
}

/// Where a replay stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stop {
    /// The place.
    pub position: Position,
    /// The thread that runs.
    pub tid: Tid,
    /// Instructions retired so far.
    pub icount: InsnCount,
    /// Whether the run has ended here.
    pub at_end: bool,
}

/// One line of a disassembly.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DisasmLine {
    /// Address of the instruction.
    pub at: GuestAddr,
    /// Its word; none where memory cannot be read.
    pub word: Option<u32>,
    /// Mnemonic and operands.
    pub text: String,
    /// `symbol+0x10`, if known.
    pub symbol: Option<String>,
}

/// A failed replay operation, in one sentence for people.
#[derive(Debug)]
pub struct ReplayError {
    /// What went wrong, where, and what to do.
    pub message: String,
    /// True if the run differs from its recording (exit code 3), false for anything else.
    pub diverged: bool,
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ReplayError {}

/// A recorded run that can be put at any position.
pub trait Replay {
    /// Goes to a position, forward or back. `progress` is called now and then with the share done in
    /// thousandths; returning false cancels, and the replay stays where it got to.
    ///
    /// # Errors
    /// If the position does not exist, or the run differs from the recording.
    fn seek(&mut self, to: Position, progress: &mut dyn FnMut(u32) -> bool) -> Result<Stop, ReplayError>;

    /// Goes `n` instructions forward, or back if negative, across events where need be.
    ///
    /// # Errors
    /// As [`Replay::seek`].
    fn step(&mut self, n: i64) -> Result<Stop, ReplayError>;

    /// Where it stands.
    fn stop(&self) -> Stop;

    /// The registers of the running thread.
    fn regs(&self) -> RegImage;

    /// Copies mapped guest memory from `at` on and returns how many bytes there were before the first gap.
    fn read(&self, at: GuestAddr, buf: &mut [u8]) -> usize;

    /// `count` instructions from `at` on.
    fn disassemble(&self, at: GuestAddr, count: usize) -> Vec<DisasmLine>;

    /// `symbol+0x10` for an address, if known.
    fn symbol(&self, at: GuestAddr) -> Option<String>;

    /// CNTVCT_EL0 where it stands.
    fn cntvct(&self) -> u64;
}
