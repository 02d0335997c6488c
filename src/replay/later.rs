//! A session that is opened when it is first moved: to reach a forked process, those before it are replayed.
//!
//! Used by the viewer, whose worker does that while the screen goes on.

use super::{ReplayError, Session, fork_of};
use crate::guest::MemoryMode;
use std::sync::Arc;
use traces::event::RegImage;
use traces::header::Fidelity;
use traces::replay::{DisasmLine, Position, Replay, ReplayError as Told, Stop};
use traces::{EventIndex, GuestAddr, InsnCount, Tid, Trace};

/// A replay of one process of a trace.
pub struct Later {
    trace: Arc<Trace>,
    memory: MemoryMode,
    stream: u32,
    program: &'static [u8],
    session: Option<Session>,
}

impl Later {
    /// A replay of process `stream`. `program` is a program file for symbols, as [`Session::know`] takes it.
    ///
    /// # Errors
    /// If it is known already that it cannot be replayed.
    pub fn new(
        trace: Arc<Trace>,
        memory: MemoryMode,
        stream: u32,
        program: &'static [u8],
    ) -> Result<Later, ReplayError> {
        let fidelity = trace.header().fidelity;
        if fidelity == Fidelity::Observe {
            return Err(ReplayError::NotReplayable(fidelity.name()));
        }
        if trace.stream(stream)?.is_empty() {
            return Err(ReplayError::Empty);
        }
        fork_of(&trace, stream)?;
        Ok(Later { trace, memory, stream, program, session: None })
    }

    fn open(&mut self) -> Result<&mut Session, Told> {
        if self.session.is_none() {
            let opened = Session::of_stream(Arc::clone(&self.trace), self.memory, self.stream);
            let mut session = opened
                .map_err(|error| Told { message: error.to_string(), diverged: error.is_divergence() })?;
            session.know(self.program);
            self.session = Some(session);
        }
        let none = || Told { message: "the session is not there".to_owned(), diverged: false };
        self.session.as_mut().ok_or_else(none)
    }
}

impl Replay for Later {
    fn seek(&mut self, to: Position, progress: &mut dyn FnMut(u32) -> bool) -> Result<Stop, Told> {
        self.open()?.seek(to, progress)
    }

    fn step(&mut self, n: i64) -> Result<Stop, Told> {
        self.open()?.step(n)
    }

    fn stop(&self) -> Stop {
        match &self.session {
            Some(session) => session.stop(),
            None => Stop {
                position: Position::before(EventIndex(0)),
                tid: Tid(0),
                icount: InsnCount(0),
                at_end: false,
            },
        }
    }

    fn regs(&self) -> RegImage {
        self.session.as_ref().map(Replay::regs).unwrap_or_default()
    }

    fn read(&self, at: GuestAddr, buf: &mut [u8]) -> usize {
        self.session.as_ref().map_or(0, |session| session.read(at, buf))
    }

    fn disassemble(&self, at: GuestAddr, count: usize) -> Vec<DisasmLine> {
        self.session.as_ref().map_or(Vec::new(), |session| session.disassemble(at, count))
    }

    fn symbol(&self, at: GuestAddr) -> Option<String> {
        self.session.as_ref()?.symbol(at)
    }

    fn cntvct(&self) -> u64 {
        self.session.as_ref().map_or(0, Replay::cntvct)
    }
}
