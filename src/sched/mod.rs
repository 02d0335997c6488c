//! Running guest threads: who runs, for how long, and what follows when it stops.
//!
//! Used by `record` and by `elfuse-trace run`. One host thread runs all threads of a guest process, one at a time:
//! the baton passes when a quantum of instructions ends, when a call waits, and when a thread yields or ends. A call
//! that waits is tried again when the host or another thread has what it waits for (`kernel::park`).

pub mod chaos;
mod fault;

use self::chaos::Chaos;
use crate::engine::soft::Soft;
use crate::engine::{Exit, Vcpu, to_image};
use crate::guest::digest;
use crate::guest::{MemoryMode, Space};
use crate::host;
use crate::kernel::dispatch::{self, Outcome};
use crate::kernel::door::Door;
use crate::kernel::effects::{EffectLog, NoLog, Stamp};
use crate::kernel::exec::{self, StartError};
use crate::kernel::{Config, Kernel, signal};
use std::collections::VecDeque;
use std::sync::Arc;
use traces::event::{Body, Digests, End, EndStatus, SharedMemory};
use traces::{Cycles, Tid};

/// Instructions that a thread runs before the counter is synchronised and signals are looked at.
const QUANTUM: u64 = 1 << 20;
/// The same where other threads wait for their turn.
const SHARED_QUANTUM: u64 = 1 << 18;
/// Instructions by which a quantum is extended inside a restartable sequence.
const SEQUENCE: u64 = 64;
/// How often that is done: what does not end by then is no such sequence, and others want to run.
const EXTENSIONS: u32 = 1024;
/// Host time between two checkpoints, in nanoseconds.
const CHECKPOINT_NS: u64 = 1_000_000_000;

/// A guest process that runs here.
pub struct Guest {
    kernel: Kernel,
    vcpu: Soft,
    space: Arc<Space>,
    /// Threads that can run, in the order in which they will.
    ready: VecDeque<Tid>,
    /// Instructions left of the quantum.
    left: u64,
    /// How often the quantum was extended.
    extended: u32,
    checkpoints: bool,
    next_checkpoint: u64,
    /// Decides instead of the rules, if asked to.
    chaos: Option<Chaos>,
    /// Whether the first in line is next, chaos or not.
    hurried: bool,
}

/// What the current thread does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// It runs on.
    Goes,
    /// It can run, after the others.
    Yields,
    /// It waits, or is no more.
    Stops,
}

impl Guest {
    /// Loads a program and logs the start of the run.
    ///
    /// # Errors
    /// Says what is wrong with the program or its surroundings.
    pub fn start(
        config: &Config,
        memory: MemoryMode,
        checkpoints: bool,
        log: &mut dyn EffectLog,
    ) -> Result<Guest, StartError> {
        let space = Arc::new(Space::new(memory).map_err(|e| StartError::Host("an address space", e))?);
        let mut vcpu = Soft::new(Arc::clone(&space));
        let mut kernel = exec::start(config, &space, &mut vcpu, log)?;
        kernel.space = Some(Arc::clone(&space));
        if let Some(page) = kernel.vdso() {
            vcpu.set_counted(&page.entries());
        }
        let next_checkpoint = host::monotonic_ns().saturating_add(CHECKPOINT_NS);
        Ok(Guest {
            kernel,
            vcpu,
            space,
            ready: VecDeque::new(),
            left: QUANTUM,
            extended: 0,
            checkpoints,
            next_checkpoint,
            chaos: None,
            hurried: false,
        })
    }

    /// Leaves to dice how long quanta are, who runs next, and whether who is woken runs at once.
    pub fn set_chaos(&mut self, chaos: Chaos) {
        self.chaos = Some(chaos);
        self.left = self.quantum();
    }

    /// Looks whether the program could be started, without a trace of it.
    ///
    /// # Errors
    /// As [`Guest::start`].
    pub fn check(config: &Config, memory: MemoryMode) -> Result<(), StartError> {
        Guest::start(config, memory, false, &mut NoLog).map(drop)
    }

    /// Runs the guest to its end and logs everything on the way.
    pub fn run(&mut self, log: &mut dyn EffectLog) -> EndStatus {
        loop {
            let turn = self.turn(log);
            if turn == Turn::Yields {
                // Those that were woken meanwhile stand before it.
                let woken = self.kernel.take_woken();
                self.line_up(woken);
                self.ready.push_back(self.kernel.tid());
            }
            if turn != Turn::Goes && self.kernel.ended().is_none() {
                self.pass(log);
            }
            // A signal can end the process as a thread's wait is over, too.
            if let Some(status) = self.kernel.ended() {
                self.end(status, log);
                return status;
            }
        }
    }

    /// Runs the current thread until it stops for any reason, and sees to that.
    fn turn(&mut self, log: &mut dyn EffectLog) -> Turn {
        self.kernel.enter_shared(&mut Door::new(&self.space, log));
        self.report_changes(log);
        let before = self.vcpu.icount();
        let exit = self.execute();
        let ran = self.vcpu.icount().0 - before.0;
        let mut turn = Turn::Goes;
        match exit {
            Exit::Svc { .. } => {
                let from = self.vcpu.pc();
                let outcome = dispatch::syscall(&mut self.kernel, &mut self.vcpu, &self.space, log);
                turn = self.after_call(outcome, log);
                if let Some(chaos) = &mut self.chaos {
                    self.left = chaos.left_behind_call(from, self.left);
                }
            }
            Exit::Budget => {}
            Exit::Hint => turn = Turn::Yields,
            other => self.kernel.raise_fault(fault::signal_of(other, &self.vcpu)),
        }
        // A call that waits is not in the trace yet: nothing may come between its SVC and its event.
        if self.left == 0 && turn != Turn::Stops && self.finishes_sequence() {
            self.left = SEQUENCE;
        } else if self.left == 0 && turn != Turn::Stops {
            self.extended = 0;
            // Only a long quantum without a call in it says how fast instructions run.
            self.end_quantum(if ran == self.longest_quantum() { ran } else { 0 }, log);
            self.left = self.quantum();
            self.kernel.leave_shared(&self.space);
            turn = if turn == Turn::Goes { Turn::Yields } else { turn };
        }
        if turn != Turn::Stops {
            self.deliver_signals(log);
        }
        if turn == Turn::Yields && self.kernel.threads.len() == 1 { Turn::Goes } else { turn }
    }

    /// Runs the current thread up to the end of its quantum, or to whatever stops it before.
    fn execute(&mut self) -> Exit {
        loop {
            let slice = self.chaos.as_mut().map_or(self.left, |chaos| chaos.slice(self.left));
            let before = self.vcpu.icount();
            let exit = self.vcpu.run(slice);
            self.left = self.left.saturating_sub(self.vcpu.icount().0 - before.0);
            let pc = self.vcpu.pc();
            if exit == Exit::Budget && self.chaos.as_mut().is_some_and(|chaos| chaos.ends_at(pc)) {
                self.left = 0;
            }
            if exit != Exit::Budget || self.left == 0 {
                return exit;
            }
        }
    }

    /// What follows a call: threads that it started are known from here on, and it may wait, yield or end its own.
    fn after_call(&mut self, outcome: Outcome, log: &mut dyn EffectLog) -> Turn {
        if self.kernel.take_fresh() {
            self.begin_as_child();
        }
        if outcome == Outcome::Done
            && let Some(fork) = self.kernel.take_forked()
        {
            log.emit(self.stamp(), Body::Fork(fork));
        }
        for (tid, regs) in self.kernel.take_born() {
            log.emit(Stamp { tid, ..self.stamp() }, Body::ThreadStart(Box::new(to_image(&regs))));
            self.ready.push_back(tid);
            self.vcpu.set_hints(true);
            self.left = self.left.min(SHARED_QUANTUM);
            if self.chaos.as_mut().is_some_and(Chaos::preempts) {
                self.ready.rotate_right(1);
                self.hurried = true;
            }
        }
        if let Some(code) = self.kernel.take_exit() {
            log.emit(self.stamp(), Body::ThreadExit { code });
            self.kernel.threads.remove(self.kernel.tid());
            return Turn::Stops;
        }
        let yields = self.kernel.take_yield() | self.preempted();
        match outcome {
            Outcome::Parked => Turn::Stops,
            Outcome::Done if yields => Turn::Yields,
            Outcome::Done => Turn::Goes,
        }
    }

    /// In a forked child: the other threads, and what they have done, are the parent's.
    fn begin_as_child(&mut self) {
        self.ready.clear();
        if let Some(chaos) = &mut self.chaos {
            chaos.fork(self.kernel.stream());
        }
        self.hurried = false;
        self.left = self.quantum();
        self.next_checkpoint = host::monotonic_ns().saturating_add(CHECKPOINT_NS);
        let counts = self.vcpu.probe().counts;
        if let (Some(counts), Some(page)) = (counts, self.kernel.vdso.as_mut()) {
            page.take_hits(counts);
        }
    }

    /// Leaves the family of processes, after the trace of this one is whole. A forked process ends here; the first
    /// one waits for all others.
    pub fn leave(&mut self, status: EndStatus) {
        host::undo_semaphores();
        self.kernel.announce_own_end(status, false);
        if self.kernel.is_forked() {
            host::exit_now(0);
        }
        while let Some((process, status)) = host::wait_for_child() {
            self.kernel.bury_crashed(process, status);
        }
    }

    /// Whether the thread is inside a restartable sequence, which it brings to its end before another one runs.
    fn finishes_sequence(&mut self) -> bool {
        let alone = self.kernel.threads.len() == 1;
        if alone || self.extended == EXTENSIONS || !self.kernel.in_sequence(&self.space, self.vcpu.pc()) {
            return false;
        }
        self.extended += 1;
        true
    }

    fn longest_quantum(&self) -> u64 {
        if self.kernel.threads.len() > 1 { SHARED_QUANTUM } else { QUANTUM }
    }

    /// How long the next quantum is.
    fn quantum(&mut self) -> u64 {
        let longest = self.longest_quantum();
        self.chaos.as_mut().map_or(longest, |chaos| chaos.quantum(longest))
    }

    /// Lets threads that were woken stand in line before all others, if chaos wants them to run at once.
    fn preempted(&mut self) -> bool {
        let Some(chaos) = &mut self.chaos else { return false };
        if self.kernel.has_woken() && chaos.preempts() {
            for tid in self.kernel.take_woken() {
                self.ready.retain(|&other| other != tid);
                self.ready.push_front(tid);
            }
            self.hurried = true;
        }
        self.hurried
    }

    /// The thread that is next in line; any of those in it, if chaos decides.
    fn next_ready(&mut self) -> Option<Tid> {
        match &mut self.chaos {
            Some(chaos) if !std::mem::take(&mut self.hurried) => {
                let place = chaos.pick(self.ready.len());
                self.ready.remove(place)
            }
            _ => self.ready.pop_front(),
        }
    }

    /// Hands the baton to the next thread that can run, waiting for one if there is none; to nobody if the process
    /// ends.
    fn pass(&mut self, log: &mut dyn EffectLog) {
        while self.kernel.ended().is_none() {
            self.admit(log);
            let Some(tid) = self.next_ready() else { continue };
            if self.kernel.threads.get(tid).is_none() {
                continue;
            }
            self.switch_to(tid, log);
            self.kernel.enter_shared(&mut Door::new(&self.space, log));
            let turn = if self.kernel.me().call.is_some() {
                let outcome = dispatch::resume(&mut self.kernel, &mut self.vcpu, &self.space, log);
                self.after_call(outcome, log)
            } else {
                Turn::Goes
            };
            if turn == Turn::Stops {
                continue;
            }
            self.deliver_signals(log);
            if turn == Turn::Yields && self.kernel.threads.len() > 1 {
                self.ready.push_back(self.kernel.tid());
                continue;
            }
            self.left = self.quantum();
            return;
        }
    }

    /// Lets threads whose wait is over stand in line; waits for that if nobody else does.
    fn admit(&mut self, log: &mut dyn EffectLog) {
        let mut fresh = self.kernel.take_woken();
        let idle = self.ready.is_empty() && fresh.is_empty();
        if idle {
            self.kernel.leave_shared(&self.space);
            log.will_block();
        }
        if idle || self.kernel.waits_for_host() {
            fresh.extend(self.kernel.await_parked(if idle { None } else { Some(0) }));
        }
        self.line_up(fresh);
    }

    /// Lets threads stand in line that do not already.
    fn line_up(&mut self, threads: Vec<Tid>) {
        for tid in threads {
            if !self.ready.contains(&tid) {
                self.ready.push_back(tid);
            }
        }
    }

    /// Makes another thread the current one. Whoever is left in the middle of a call is so in the trace as well.
    fn switch_to(&mut self, tid: Tid, log: &mut dyn EffectLog) {
        let from = self.kernel.tid();
        if from == tid {
            return;
        }
        dispatch::announce(&mut self.kernel, &mut self.vcpu, log);
        log.emit(self.stamp(), Body::Switch { to: tid });
        if let Some(thread) = self.kernel.threads.get_mut(from) {
            thread.regs = self.vcpu.regs();
            thread.last_branch = self.vcpu.probe().last_branch;
        }
        self.kernel.charge();
        self.kernel.threads.current = tid;
        let thread = self.kernel.me();
        self.vcpu.set_regs(&thread.regs);
        self.vcpu.set_last_branch(thread.last_branch);
    }

    fn stamp(&self) -> Stamp {
        let clock = self.vcpu.counter().0;
        Stamp { tid: self.kernel.tid(), icount: self.vcpu.icount(), clock }
    }

    fn end_quantum(&mut self, ran: u64, log: &mut dyn EffectLog) {
        let stamp = self.stamp();
        let rule = self.kernel.timeline().synchronise_quantum(&mut self.vcpu, ran);
        self.vcpu.clear_exclusive();
        log.emit(stamp, Body::Sync { base: Cycles(rule.base), rate: rule.rate });
        self.report_hits(log);
        if self.checkpoints && host::monotonic_ns() >= self.next_checkpoint {
            let digests = self.digests();
            log.emit(self.stamp(), Body::Checkpoint(digests));
            self.next_checkpoint = host::monotonic_ns().saturating_add(CHECKPOINT_NS);
        }
    }

    fn report_hits(&mut self, log: &mut dyn EffectLog) {
        let counts = self.vcpu.probe().counts;
        let stamp = self.stamp();
        if let (Some(counts), Some(page)) = (counts, self.kernel.vdso.as_mut())
            && let Some(hits) = page.take_hits(counts)
        {
            log.emit(stamp, Body::Hits(hits));
        }
    }

    /// Changes of memory that belong to no call are an event of their own.
    fn report_changes(&self, log: &mut dyn EffectLog) {
        if log.has_changes() {
            let shared = SharedMemory { effects: Vec::new(), data: Vec::new() };
            log.emit(self.stamp(), Body::Shared(Box::new(shared)));
        }
    }

    fn deliver_signals(&mut self, log: &mut dyn EffectLog) {
        self.kernel.take_host_signals();
        if self.kernel.has_deliverable() {
            let stamp = self.stamp();
            let mut door = Door::new(&self.space, log);
            signal::deliver(&mut self.kernel, &mut self.vcpu, &mut door, stamp);
        }
    }

    fn digests(&self) -> Digests {
        Digests {
            regs: digest::of_registers(&to_image(&self.vcpu.regs())),
            memory: Some(digest::of_memory(&self.space)),
        }
    }

    fn end(&mut self, status: EndStatus, log: &mut dyn EffectLog) {
        self.report_hits(log);
        self.kernel.enter_shared(&mut Door::new(&self.space, log));
        self.kernel.release_locks(&mut Door::new(&self.space, log));
        self.report_changes(log);
        self.kernel.finish(&self.space);
        let digests = self.digests();
        log.emit(self.stamp(), Body::End(End { status, digests }));
    }
}
