//! Waiting: how a call that cannot be answered yet gives way to the other threads.
//!
//! A handler tries without waiting. Where it would have to wait, it returns what [`Call::park`] answers, naming what
//! it waits for; once that has happened the handler runs again, from its beginning and with the arguments of the
//! first time. What it has to know from before is in [`Call::resume`]. A signal that ends the wait is told by
//! `park` itself, so that a call which can be answered is answered first. `sched` does the waiting.

use super::signal::{self, Set};
use super::{Call, Kernel};
use crate::host::{self, Errno};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use traces::event::SvcFlags;
use traces::{Cycles, GuestAddr, InsnCount, Tid};

/// "Ask again later": what a handler passes on when it has parked; no guest ever sees it.
pub(crate) const PARKED: Errno = Errno(1 << 16);

/// What a call that SA_RESTART makes start again answers (include/linux/errno.h); no guest ever sees it.
pub(crate) const ERESTARTSYS: Errno = Errno(512);

/// What ends a wait, besides a signal and [`Kernel::wake`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Wait {
    /// Host descriptors and the poll(2) events any of which ends it.
    pub(crate) files: Vec<(Arc<OwnedFd>, i16)>,
    /// CLOCK_MONOTONIC in nanoseconds.
    pub(crate) until: Option<u64>,
    /// Whether it ends when another process rings: there may be news of a child, or of a shared futex.
    pub(crate) rung: bool,
    /// Blocked signals that end it all the same (rt_sigtimedwait).
    pub(crate) signals: Set,
    /// Whether a handler without SA_RESTART is needed to end the call with EINTR; else any handler does.
    pub(crate) restarts: bool,
}

impl Wait {
    /// For a wake-up, or for ever.
    pub(crate) fn forever() -> Wait {
        Wait::default()
    }

    /// Until there are news of a child.
    pub(crate) fn for_child() -> Wait {
        Wait { rung: true, restarts: true, ..Wait::default() }
    }

    /// Until a file answers one of `events`.
    pub(crate) fn on(file: &Arc<OwnedFd>, events: i16) -> Wait {
        Wait { files: vec![(Arc::clone(file), events)], ..Wait::default() }
    }

    /// For what no host descriptor tells of: looks again after `ns` nanoseconds.
    pub(crate) fn look_again(ns: u64) -> Wait {
        Wait::default().or_until(Some(host::monotonic_ns().saturating_add(ns)))
    }

    /// Ends at CLOCK_MONOTONIC `until` as well, if that is earlier.
    pub(crate) fn or_until(self, until: Option<u64>) -> Wait {
        let until = [self.until, until].into_iter().flatten().min();
        Wait { until, ..self }
    }

    /// A call that SA_RESTART makes start again.
    pub(crate) fn restarting(self) -> Wait {
        Wait { restarts: true, ..self }
    }
}

/// What a handler keeps from one attempt to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Resume {
    /// Whether there was an attempt before.
    pub(crate) again: bool,
    /// Whether [`Kernel::wake`] ended the wait.
    pub(crate) woken: bool,
    /// When to give up, CLOCK_MONOTONIC in nanoseconds, from the first attempt.
    pub(crate) deadline: Option<u64>,
    /// Progress in the handler's own terms: bytes moved, for reads and writes.
    pub(crate) done: u64,
}

/// A call between entry and return.
#[derive(Clone, Debug)]
pub(crate) struct InProgress {
    pub(crate) nr: u64,
    pub(crate) args: [u64; 6],
    pub(crate) pc: GuestAddr,
    pub(crate) x9: u64,
    pub(crate) icount: InsnCount,
    /// The guest counter at entry, synchronised.
    pub(crate) clock: Cycles,
    pub(crate) flags: SvcFlags,
    /// Whether its entry is an event of its own already.
    pub(crate) announced: bool,
    pub(crate) resume: Resume,
    pub(crate) wait: Wait,
}

impl Call<'_> {
    /// Gives way until `wait` is over: the handler returns the answer as its error.
    ///
    /// [`PARKED`], or what a signal makes of the call: [`ERESTARTSYS`] or EINTR.
    pub(crate) fn park(&mut self, wait: Wait) -> Errno {
        if signal::interrupts(self) {
            return if wait.restarts { ERESTARTSYS } else { Errno::EINTR };
        }
        // What came since this attempt began woke nobody: the thread does not wait yet.
        let missed = self.k.stirred && (wait.rung || wait.signals != 0);
        self.wait = Some(if missed { wait.or_until(Some(0)) } else { wait });
        PARKED
    }

    /// When this call gives up, CLOCK_MONOTONIC in nanoseconds: `length` after its first attempt.
    pub(crate) fn deadline_after(&mut self, length: u64) -> u64 {
        *self.resume.deadline.get_or_insert_with(|| host::monotonic_ns().saturating_add(length))
    }

    /// Whether the deadline has passed.
    pub(crate) fn is_over(&self) -> bool {
        self.resume.deadline.is_some_and(|at| host::monotonic_ns() >= at)
    }
}

impl Kernel {
    /// Ends the wait of a thread, if it waits: its call looks again.
    pub(crate) fn wake(&mut self, tid: Tid) {
        if let Some(call) = self.threads.get_mut(tid).and_then(|thread| thread.call.as_mut()) {
            call.resume.woken = true;
            self.woken.push(tid);
        }
    }

    /// Whether threads were woken since the last time.
    pub(crate) fn has_woken(&self) -> bool {
        !self.woken.is_empty()
    }

    /// The threads that were woken since the last time.
    pub(crate) fn take_woken(&mut self) -> Vec<Tid> {
        std::mem::take(&mut self.woken)
    }

    /// Waits until one of the parked threads has what it waits for, at most until CLOCK_MONOTONIC `limit`, and
    /// answers which ones have. A host signal ends it early.
    pub(crate) fn await_parked(&mut self, limit: Option<u64>) -> Vec<Tid> {
        let mut polled = Vec::new();
        let mut owners = Vec::new();
        let mut until = [limit, self.next_timer()].into_iter().flatten().min();
        for thread in self.threads.iter() {
            let Some(call) = &thread.call else { continue };
            until = [until, call.wait.until].into_iter().flatten().min();
            for (file, events) in &call.wait.files {
                polled.push((file.as_fd(), *events));
                owners.push(thread.tid);
            }
        }
        let mut answers = Vec::new();
        let left = until.map(|at| at.saturating_sub(host::monotonic_ns()));
        let mut ready: Vec<Tid> = match host::poll(&polled, &mut answers, left) {
            Ok(_) => {
                owners.into_iter().zip(answers).filter(|(_, events)| *events != 0).map(|(t, _)| t).collect()
            }
            // A signal; or the host lacks memory, and the calls find out for themselves.
            Err(_) => Vec::new(),
        };
        self.take_host_signals();
        let now = host::monotonic_ns();
        let over = |call: &InProgress| call.wait.until.is_some_and(|at| now >= at);
        ready.extend(self.threads.iter().filter(|t| t.call.as_ref().is_some_and(over)).map(|t| t.tid));
        ready.extend(self.take_woken());
        ready.sort_unstable();
        ready.dedup();
        ready
    }

    /// Whether a parked thread waits for something of the host, so that the host has to be asked from time to time.
    pub(crate) fn waits_for_host(&self) -> bool {
        self.threads.iter().any(|thread| {
            thread.call.as_ref().is_some_and(|call| !call.wait.files.is_empty() || call.wait.until.is_some())
        })
    }
}
