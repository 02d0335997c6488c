//! A replay that moves forward: execute to the next event, verify, repeat its effects.

use super::{Divergence, ReplayError};
use crate::engine::soft::Soft;
use crate::engine::{Access, Counter, Exit, Regs, Vcpu, from_image, to_image};
use crate::guest::{MemoryMode, PAGE, Prot, Region, Space, digest};
use crate::host;
use std::collections::BTreeMap;
use std::sync::Arc;
use traces::event::{Body, Digests, Effect, Event, RegImage, Start, Svc};
use traces::header::Fidelity;
use traces::{BlobId, Cycles, EventIndex, GuestAddr, InsnCount, Tid, Trace};

/// Guest memory is measured each time that stored contents have filled so many bytes.
const MEASURE: u64 = 1 << 30;

/// A place in a run, without memory.
#[derive(Clone)]
pub(super) struct Parts {
    state: cpu::State,
    tid: Tid,
    others: Arc<BTreeMap<Tid, Regs>>,
    applied: u64,
    arrived: bool,
}

/// A replay somewhere in its run.
pub struct Player {
    pub(super) trace: Arc<Trace>,
    /// The stream of the process that is replayed.
    pub(super) stream: u32,
    pub(super) vcpu: Soft,
    pub(super) space: Arc<Space>,
    pub(super) tid: Tid,
    /// Registers of the threads that do not run.
    pub(super) others: Arc<BTreeMap<Tid, Regs>>,
    /// Events that have taken effect.
    pub(super) applied: u64,
    /// Whether the next event has been reached.
    pub(super) arrived: bool,
    /// The next event, once it has been fetched.
    pub(super) next: Option<(u64, Arc<Event>)>,
    /// Bytes that stored contents may still fill before guest memory is measured.
    pub(super) unmeasured: u64,
}

impl Player {
    /// A replay of the first process that stands before its first event.
    ///
    /// # Errors
    /// If the trace cannot be replayed, or the host has no address space for it.
    pub fn new(trace: Arc<Trace>, memory: MemoryMode) -> Result<Player, ReplayError> {
        let fidelity = trace.header().fidelity;
        if fidelity == Fidelity::Observe {
            return Err(ReplayError::NotReplayable(fidelity.name()));
        }
        let space = Space::new(memory).map_err(|e| ReplayError::Host("an address space", e))?;
        let space = Arc::new(space);
        let vcpu = Soft::new(Arc::clone(&space));
        Ok(Player {
            trace,
            stream: 0,
            vcpu,
            space,
            tid: Tid(0),
            others: Arc::default(),
            applied: 0,
            arrived: true,
            next: None,
            unmeasured: MEASURE,
        })
    }

    /// The stream of the process that is replayed.
    #[must_use]
    pub fn stream(&self) -> u32 {
        self.stream
    }

    /// How many events it has.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        self.trace.stream(self.stream).map_or(0, |stream| stream.len())
    }

    /// The trace.
    #[must_use]
    pub fn trace(&self) -> &Arc<Trace> {
        &self.trace
    }

    /// The processor.
    #[must_use]
    pub fn vcpu(&self) -> &Soft {
        &self.vcpu
    }

    /// Guest memory.
    #[must_use]
    pub fn space(&self) -> &Arc<Space> {
        &self.space
    }

    /// The running thread.
    #[must_use]
    pub fn tid(&self) -> Tid {
        self.tid
    }

    /// Instructions retired.
    #[must_use]
    pub fn icount(&self) -> InsnCount {
        self.vcpu.icount()
    }

    /// How many events have taken effect: the number of the next one.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// Whether the next event has been reached and takes effect next.
    #[must_use]
    pub fn arrived(&self) -> bool {
        self.arrived
    }

    /// Whether all events have taken effect.
    #[must_use]
    pub fn at_end(&self) -> bool {
        self.applied >= self.event_count()
    }

    /// Digests of the present state.
    #[must_use]
    pub fn digests(&self) -> Digests {
        Digests {
            regs: digest::of_registers(&to_image(&self.vcpu.regs())),
            memory: Some(digest::of_memory(&self.space)),
        }
    }

    /// The state for a snapshot, without memory.
    pub(super) fn parts(&self) -> Parts {
        Parts {
            state: self.vcpu.state().clone(),
            tid: self.tid,
            others: Arc::clone(&self.others),
            applied: self.applied,
            arrived: self.arrived,
        }
    }

    /// Goes back to the state of a snapshot, whose memory is in place.
    pub(super) fn restore(&mut self, parts: Parts) {
        self.vcpu.restore(parts.state);
        self.tid = parts.tid;
        self.others = parts.others;
        self.applied = parts.applied;
        self.arrived = parts.arrived;
    }

    fn next_event(&mut self) -> Result<Arc<Event>, ReplayError> {
        match &self.next {
            Some((index, event)) if *index == self.applied => Ok(Arc::clone(event)),
            _ => {
                let event = self.trace.stream(self.stream)?.event(EventIndex(self.applied))?;
                self.next = Some((self.applied, Arc::clone(&event)));
                Ok(event)
            }
        }
    }

    /// Executes up to the next event, which does not take effect yet.
    ///
    /// # Errors
    /// If the run takes another course than recorded, or the trace cannot be read.
    pub fn run_to_next(&mut self) -> Result<Arc<Event>, ReplayError> {
        let event = self.next_event()?;
        if self.arrived {
            return Ok(event);
        }
        let now = self.vcpu.icount();
        let Some(budget) = event.icount.0.checked_sub(now.0) else {
            return Err(self.damaged("its instruction count is below that of the event before"));
        };
        let wants_svc = matches!(event.body, Body::Svc(_) | Body::SvcEnter(_));
        let exit = if budget == 0 { Exit::Budget } else { self.vcpu.run(budget) };
        let there = self.vcpu.icount() == event.icount;
        match exit {
            Exit::Svc { .. } if there && wants_svc => {}
            Exit::Budget if there && !wants_svc => {}
            Exit::Fault(_) | Exit::Undefined { .. } | Exit::Breakpoint { .. } | Exit::PcAlignment
                if there && matches!(event.body, Body::Signal(_)) => {}
            _ => return Err(self.astray(exit, &event)),
        }
        self.arrived = true;
        Ok(event)
    }

    /// The run stopped where the recording did not.
    fn astray(&self, exit: Exit, event: &Event) -> ReplayError {
        let expected = format!("{} after {} instructions", kind(event), event.icount.0);
        let got = format!("{} after {} instructions", outcome(exit), self.vcpu.icount().0);
        self.diverged("the course of execution", expected, got)
    }

    /// Executes `count` instructions, all of them before the next event.
    ///
    /// # Errors
    /// If the run stops before that.
    pub fn run_insns(&mut self, count: u64) -> Result<(), ReplayError> {
        let event = self.next_event()?;
        let target = self.vcpu.icount().0.checked_add(count).filter(|&target| target <= event.icount.0);
        let target =
            target.ok_or_else(|| self.damaged("its instruction count is below that of the event before"))?;
        if count == 0 {
            return Ok(());
        }
        match self.vcpu.run(count) {
            Exit::Budget if self.vcpu.icount().0 == target => Ok(()),
            exit => Err(self.astray(exit, &event)),
        }
    }

    /// Executes at most `most` instructions towards the next event; answers whether it has been reached.
    ///
    /// # Errors
    /// As [`Player::run_to_next`].
    pub fn approach(&mut self, most: u64) -> Result<bool, ReplayError> {
        let event = self.next_event()?;
        let left = event.icount.0.saturating_sub(self.vcpu.icount().0);
        if self.arrived || left <= most {
            self.run_to_next()?;
        } else {
            self.run_insns(most)?;
        }
        Ok(self.arrived)
    }

    /// Where just after one event is just before the next, says which of the two is meant; elsewhere nothing.
    pub(super) fn call_arrived(&mut self, arrived: bool) -> Result<(), ReplayError> {
        let Ok(next) = self.next_event() else { return Ok(()) };
        let between = !matches!(next.body, Body::Svc(_) | Body::SvcEnter(_)) && self.applied > 0;
        if between && next.icount == self.vcpu.icount() {
            self.arrived = arrived;
        }
        Ok(())
    }

    /// Executes up to the next event, verifies it and lets it take effect.
    ///
    /// # Errors
    /// At the first difference from the recording, or if the trace cannot be read.
    pub fn advance(&mut self) -> Result<Arc<Event>, ReplayError> {
        let event = self.run_to_next()?;
        let first = self.applied == 0;
        if first != matches!(event.body, Body::Start(_) | Body::ForkStart(_)) {
            let what =
                if first { "it is not the start of a run" } else { "a run starts in the middle of it" };
            return Err(self.damaged(what));
        }
        if matches!(event.body, Body::Start(_)) && event.icount.0 != 0 {
            return Err(self.damaged("the run starts with instructions behind it"));
        }
        if first {
            self.tid = event.tid;
        } else if event.tid != self.tid && !matches!(event.body, Body::ThreadStart(_)) {
            return Err(self.damaged("it is of another thread than the one that runs"));
        }
        self.verify(&event)?;
        self.apply(&event)?;
        self.applied += 1;
        self.arrived = false;
        Ok(event)
    }

    fn verify(&self, event: &Event) -> Result<(), ReplayError> {
        match &event.body {
            Body::Svc(svc) | Body::SvcEnter(svc) => self.verify_svc(svc),
            Body::Sync { .. } => {
                let read = self.vcpu.counter().0;
                self.same("CNTVCT_EL0", event.clock.0, read.0)
            }
            Body::Checkpoint(digests) => self.verify_digests(digests),
            Body::End(end) => self.verify_digests(&end.digests),
            Body::Start(_)
            | Body::SvcExit(_)
            | Body::Reseed(_)
            | Body::Signal(_)
            | Body::Switch { .. }
            | Body::Hits(_)
            | Body::ThreadExit { .. }
            | Body::ThreadStart(_)
            | Body::ForkStart(_)
            | Body::Fork(_)
            | Body::Shared(_) => Ok(()),
        }
    }

    fn verify_svc(&self, svc: &Svc) -> Result<(), ReplayError> {
        if svc.nr != u32::MAX {
            self.same("the system call number (x8)", u64::from(svc.nr), self.vcpu.x(8) & 0xFFFF_FFFF)?;
        }
        self.same("the address of the SVC", svc.pc.0, self.vcpu.pc().wrapping_sub(4))?;
        for (n, &arg) in svc.args.as_slice().iter().enumerate() {
            let now = self.vcpu.x(n);
            if now != arg {
                return self.same(&format!("argument {n} (x{n})"), arg, now);
            }
        }
        Ok(())
    }

    fn verify_digests(&self, recorded: &Digests) -> Result<(), ReplayError> {
        let now = self.digests();
        let hex = |d: Option<[u8; 16]>| d.map_or("not recorded".to_owned(), |d| digest::hex(&d));
        if now.regs != recorded.regs {
            return Err(self.diverged(
                "the digest of the registers",
                hex(Some(recorded.regs)),
                hex(Some(now.regs)),
            ));
        }
        if recorded.memory.is_some() && now.memory != recorded.memory {
            return Err(self.diverged("the digest of memory", hex(recorded.memory), hex(now.memory)));
        }
        Ok(())
    }

    fn apply(&mut self, event: &Event) -> Result<(), ReplayError> {
        match &event.body {
            Body::Start(start) => self.apply_start(start),
            Body::Svc(svc) => {
                self.apply_svc(svc)?;
                let base = event.clock.0.checked_add(svc.dur.0);
                let base = base.ok_or_else(|| self.damaged("its clock overflows"))?;
                self.synchronise(Cycles(base), None);
                Ok(())
            }
            Body::SvcEnter(svc) => {
                self.vcpu.clear_exclusive();
                self.repeat(&svc.effects, self.effect_data(svc)?)?;
                self.synchronise(event.clock, None);
                Ok(())
            }
            Body::SvcExit(svc) => {
                self.apply_svc(svc)?;
                self.synchronise(event.clock, None);
                Ok(())
            }
            Body::Sync { base, rate } => {
                self.synchronise(*base, Some(*rate));
                self.vcpu.clear_exclusive();
                Ok(())
            }
            Body::Reseed(reseed) => self.repeat(&reseed.effects, &reseed.data).map(drop),
            Body::Signal(signal) => self.repeat(&signal.effects, &signal.data).map(drop),
            Body::Switch { to } => self.switch_to(*to),
            Body::ThreadStart(regs) => {
                Arc::make_mut(&mut self.others).insert(event.tid, from_image(regs));
                Ok(())
            }
            Body::Shared(shared) => self.repeat(&shared.effects, &shared.data).map(drop),
            Body::ForkStart(start) => {
                self.vcpu.clear_exclusive();
                self.repeat(&start.effects, &start.data)?;
                self.set_regs(&start.regs);
                self.synchronise(event.clock, None);
                Ok(())
            }
            Body::Hits(_) | Body::Checkpoint(_) | Body::ThreadExit { .. } | Body::Fork(_) | Body::End(_) => {
                Ok(())
            }
        }
    }

    fn apply_start(&mut self, start: &Start) -> Result<(), ReplayError> {
        self.repeat(&start.effects, &start.data)?;
        self.vcpu.set_regs(&from_image(&start.regs));
        let clock = start.clock;
        self.vcpu.set_counter(Counter { base: clock.base.0, at: clock.at.0, rate: clock.rate });
        Ok(())
    }

    /// Makes another thread the running one.
    fn switch_to(&mut self, to: Tid) -> Result<(), ReplayError> {
        if to == self.tid {
            return Ok(());
        }
        let regs = self.vcpu.regs();
        let others = Arc::make_mut(&mut self.others);
        let Some(next) = others.remove(&to) else {
            return Err(self.damaged("it switches to a thread that does not exist"));
        };
        others.insert(self.tid, regs);
        self.tid = to;
        self.vcpu.set_regs(&next);
        Ok(())
    }

    /// The bytes of a call's effects, which stand behind those of its inputs.
    fn effect_data<'a>(&self, svc: &'a Svc) -> Result<&'a [u8], ReplayError> {
        let skip: u64 = svc.inputs.iter().map(|i| u64::from(i.len)).sum();
        let data = usize::try_from(skip).ok().and_then(|skip| svc.data.get(skip..));
        data.ok_or_else(|| self.damaged("its inputs are longer than its data"))
    }

    fn apply_svc(&mut self, svc: &Svc) -> Result<(), ReplayError> {
        self.vcpu.clear_exclusive();
        let data = self.effect_data(svc)?;
        if !self.repeat(&svc.effects, data)? {
            self.vcpu.set_x(0, svc.ret.cast_unsigned());
        }
        Ok(())
    }

    fn synchronise(&mut self, base: Cycles, rate: Option<u32>) {
        let rule = self.vcpu.counter().1;
        let at = self.vcpu.icount().0;
        self.vcpu.set_counter(Counter { base: base.0, at, rate: rate.unwrap_or(rule.rate) });
    }

    /// Repeats effects; answers whether the registers were among them.
    fn repeat(&mut self, effects: &[Effect], data: &[u8]) -> Result<bool, ReplayError> {
        let mut rest = data;
        let mut regs_replaced = false;
        for effect in effects {
            match effect {
                Effect::Write { at, len } => {
                    let len = usize::try_from(*len).unwrap_or(usize::MAX);
                    let Some((bytes, tail)) = rest.split_at_checked(len) else {
                        return Err(self.damaged("its data is shorter than its effects"));
                    };
                    rest = tail;
                    self.write(*at, bytes)?;
                }
                Effect::WriteBlob { at, blob } => self.write_blob(*at, *blob)?,
                Effect::Regs(image) => {
                    self.set_regs(image);
                    regs_replaced = true;
                }
                other => self.change_map(other)?,
            }
        }
        Ok(regs_replaced)
    }

    fn change_map(&mut self, effect: &Effect) -> Result<(), ReplayError> {
        let outcome = match effect {
            Effect::Zero { at, len } => return self.zero(*at, *len),
            Effect::Map { at, len, prot, backing } => {
                self.space.map(at.0..at.0.saturating_add(*len), Prot(prot & 7), backing.clone())
            }
            Effect::Unmap { at, len } => self.space.unmap(at.0..at.0.saturating_add(*len)),
            Effect::Protect { at, len, prot } => {
                self.space.protect(at.0..at.0.saturating_add(*len), Prot(prot & 7))
            }
            Effect::Move { from, to, len } => self.space.relocate(from.0..from.0.saturating_add(*len), to.0),
            Effect::ClearSpace => self.space.clear(),
            Effect::Alias { from, to, len } => self.space.alias(from.0..from.0.saturating_add(*len), to.0),
            Effect::FileEnd { at, len, behind } => {
                self.space.set_behind(at.0..at.0.saturating_add(*len), *behind)
            }
            Effect::Write { .. } | Effect::WriteBlob { .. } | Effect::Regs(_) => Ok(()),
        };
        outcome.map_err(|error| {
            if error.kind() == std::io::ErrorKind::InvalidInput {
                self.damaged("it changes the map in a way that cannot be")
            } else {
                ReplayError::Host("guest memory", error)
            }
        })
    }

    fn set_regs(&mut self, image: &RegImage) {
        self.vcpu.set_regs(&from_image(image));
    }

    fn write_blob(&mut self, at: GuestAddr, blob: BlobId) -> Result<(), ReplayError> {
        let bytes = self.trace.blob(blob)?;
        match self.unmeasured.checked_sub(bytes.len() as u64) {
            Some(left) => self.unmeasured = left,
            None => self.measure()?,
        }
        self.write(at, &bytes)
    }

    /// Refuses a guest that has more memory than the host: a few stored bytes, decompressed and written
    /// everywhere, could have that.
    fn measure(&mut self) -> Result<(), ReplayError> {
        let mut pages = 0;
        self.space.for_each_touched_page(|_, _| pages += 1);
        if pages * PAGE > host::memory_figures().0 {
            let error = std::io::ErrorKind::OutOfMemory.into();
            return Err(ReplayError::Host("the guest more memory than it has itself", error));
        }
        self.unmeasured = MEASURE;
        Ok(())
    }

    fn write(&self, at: GuestAddr, bytes: &[u8]) -> Result<(), ReplayError> {
        let outcome = self.space.write_forced(at.0, bytes);
        outcome.map_err(|_| self.damaged("it writes where nothing is mapped"))
    }

    /// Makes pages zero as the kernel did, by mapping them anew: what was never written stays unallocated.
    fn zero(&self, at: GuestAddr, len: u64) -> Result<(), ReplayError> {
        let range = at.0..at.0.saturating_add(len);
        if !self.space.is_valid_range(&range) {
            return Err(self.damaged("it clears what are no pages of the address space"));
        }
        let parts = self.space.regions().within(&range);
        for Region { start, end, prot, backing } in parts {
            self.space.map(start..end, prot, backing).map_err(|e| ReplayError::Host("guest memory", e))?;
        }
        Ok(())
    }

    fn same(&self, field: &str, expected: u64, got: u64) -> Result<(), ReplayError> {
        if expected == got {
            return Ok(());
        }
        Err(self.diverged(field, format!("{expected:#x}"), format!("{got:#x}")))
    }

    fn diverged(&self, field: &str, expected: String, got: String) -> ReplayError {
        let divergence = Divergence {
            event: EventIndex(self.applied),
            field: field.to_owned(),
            expected,
            got,
            pc: GuestAddr(self.vcpu.pc()),
            icount: InsnCount(self.vcpu.icount().0),
            around: Vec::new(),
        };
        ReplayError::Diverged(Box::new(divergence.with_context(&self.trace, self.stream)))
    }

    fn damaged(&self, what: &'static str) -> ReplayError {
        ReplayError::Damaged { event: self.applied, what }
    }
}

/// How an excursion of the processor ended, in words.
fn outcome(exit: Exit) -> String {
    match exit {
        Exit::Svc { .. } => "a system call".to_owned(),
        Exit::Budget => "nothing of the kind".to_owned(),
        Exit::Hint => "a hint instruction".to_owned(),
        Exit::Breakpoint { imm } => format!("a breakpoint instruction ({imm:#x})"),
        Exit::Undefined { word, .. } => format!("an undefined instruction ({word:#010x})"),
        Exit::PcAlignment => "a misaligned PC".to_owned(),
        Exit::Fault(fault) => {
            let access = match fault.access {
                Access::Read => "read",
                Access::Write => "write",
                Access::Fetch => "fetch",
            };
            format!("a fault ({access} at {:#x})", fault.addr)
        }
    }
}

fn kind(event: &Event) -> &'static str {
    match event.body {
        Body::Svc(_) | Body::SvcEnter(_) => "a system call",
        Body::Signal(_) => "a signal",
        Body::Sync { .. } => "the end of a quantum",
        _ => "an event",
    }
}
