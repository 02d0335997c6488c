//! A replay that moves forward: execute to the next event, verify, repeat its effects.

use super::{Divergence, ReplayError};
use crate::engine::soft::Soft;
use crate::engine::{Counter, Exit, Vcpu, from_image, to_image};
use crate::guest::{MemoryMode, PAGE, Prot, Space, digest};
use std::sync::Arc;
use traces::event::{Body, Digests, Effect, Event, RegImage, Start, Svc};
use traces::header::Fidelity;
use traces::{BlobId, Cycles, EventIndex, GuestAddr, InsnCount, Tid, Trace};

/// A replay somewhere in its run.
pub struct Player {
    trace: Arc<Trace>,
    vcpu: Soft,
    space: Arc<Space>,
    tid: Tid,
    /// Events that have taken effect.
    applied: u64,
    /// Whether the next event has been reached.
    arrived: bool,
    /// The open system calls of threads that were interrupted by others.
    last_digests: Option<Digests>,
}

impl Player {
    /// A replay that stands before the first event.
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
        Ok(Player { trace, vcpu, space, tid: Tid(0), applied: 0, arrived: true, last_digests: None })
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
        self.applied >= self.trace.event_count()
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
    pub(super) fn parts(&self) -> (cpu::State, Tid, u64, bool) {
        (self.vcpu.state().clone(), self.tid, self.applied, self.arrived)
    }

    /// Goes back to the state of a snapshot, whose memory is in place.
    pub(super) fn restore(&mut self, (state, tid, applied, arrived): (cpu::State, Tid, u64, bool)) {
        self.vcpu.restore(state);
        self.tid = tid;
        self.applied = applied;
        self.arrived = arrived;
    }

    /// Executes up to the next event, which does not take effect yet.
    ///
    /// # Errors
    /// If the run takes another course than recorded, or the trace cannot be read.
    pub fn run_to_next(&mut self) -> Result<Arc<Event>, ReplayError> {
        let event = self.trace.event(EventIndex(self.applied))?;
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
            _ => {
                let expected = format!("{} after {} instructions", kind(&event), event.icount.0);
                let got = format!("{exit:x?} after {} instructions", self.vcpu.icount().0);
                return Err(self.diverged("the course of execution", expected, got));
            }
        }
        self.arrived = true;
        Ok(event)
    }

    /// Executes `count` instructions, all of them before the next event.
    ///
    /// # Errors
    /// If the run stops before that.
    pub fn run_insns(&mut self, count: u64) -> Result<(), ReplayError> {
        if count == 0 {
            return Ok(());
        }
        let target = self.vcpu.icount().0 + count;
        match self.vcpu.run(count) {
            Exit::Budget if self.vcpu.icount().0 == target => Ok(()),
            exit => {
                let got = format!("{exit:x?} after {} instructions", self.vcpu.icount().0);
                Err(self.diverged("the course of execution", format!("{target} instructions"), got))
            }
        }
    }

    /// Executes up to the next event, verifies it and lets it take effect.
    ///
    /// # Errors
    /// At the first difference from the recording, or if the trace cannot be read.
    pub fn advance(&mut self) -> Result<Arc<Event>, ReplayError> {
        let event = self.run_to_next()?;
        self.tid = event.tid;
        self.verify(&event)?;
        self.apply(&event)?;
        self.applied += 1;
        self.arrived = false;
        Ok(event)
    }

    fn verify(&mut self, event: &Event) -> Result<(), ReplayError> {
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
            | Body::ThreadExit { .. } => Ok(()),
        }
    }

    fn verify_svc(&self, svc: &Svc) -> Result<(), ReplayError> {
        if svc.nr != u32::MAX {
            self.same("the system call number (x8)", u64::from(svc.nr), self.vcpu.x(8))?;
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

    fn verify_digests(&mut self, recorded: &Digests) -> Result<(), ReplayError> {
        let now = self.digests();
        self.last_digests = Some(now);
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
            Body::SvcExit(svc) => self.apply_svc(svc),
            Body::Sync { base, rate } => {
                self.synchronise(*base, Some(*rate));
                self.vcpu.clear_exclusive();
                Ok(())
            }
            Body::Reseed(reseed) => self.repeat(&reseed.effects, &reseed.data).map(drop),
            Body::Signal(signal) => self.repeat(&signal.effects, &signal.data).map(drop),
            Body::Switch { to } => {
                self.tid = *to;
                Ok(())
            }
            Body::SvcEnter(_)
            | Body::Hits(_)
            | Body::Checkpoint(_)
            | Body::ThreadExit { .. }
            | Body::End(_) => Ok(()),
        }
    }

    fn apply_start(&mut self, start: &Start) -> Result<(), ReplayError> {
        self.repeat(&start.effects, &start.data)?;
        self.vcpu.set_regs(&from_image(&start.regs));
        let clock = start.clock;
        self.vcpu.set_counter(Counter { base: clock.base.0, at: clock.at.0, rate: clock.rate });
        if let Some(base) = start.vdso_base {
            let mut page = vec![0; 4096];
            if self.space.read_available(base.0, &mut page) == page.len()
                && let Some(layout) = vdso::Layout::of(&page)
            {
                let entries = vdso::Function::ALL.map(|f| base.0 + u64::from(layout.function(f).offset));
                self.vcpu.set_counted(&entries);
            }
        }
        Ok(())
    }

    fn apply_svc(&mut self, svc: &Svc) -> Result<(), ReplayError> {
        self.vcpu.clear_exclusive();
        let skip: u64 = svc.inputs.iter().map(|i| u64::from(i.len)).sum();
        let data = usize::try_from(skip).ok().and_then(|skip| svc.data.get(skip..));
        let data = data.ok_or_else(|| self.damaged("its inputs are longer than its data"))?;
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

    fn write_blob(&self, at: GuestAddr, blob: BlobId) -> Result<(), ReplayError> {
        let bytes = self.trace.blob(blob)?;
        self.write(at, &bytes)
    }

    fn write(&self, at: GuestAddr, bytes: &[u8]) -> Result<(), ReplayError> {
        let outcome = self.space.write_forced(at.0, bytes);
        outcome.map_err(|_| self.damaged("it writes where nothing is mapped"))
    }

    fn zero(&self, at: GuestAddr, len: u64) -> Result<(), ReplayError> {
        let zeros = [0; 4096];
        let end = at.0.checked_add(len).filter(|&end| end <= self.space.size());
        let end = end.ok_or_else(|| self.damaged("it clears memory beyond the address space"))?;
        let mut from = at.0;
        while from < end {
            let step = (end - from).min(PAGE);
            let zeros = &zeros[..usize::try_from(step).expect("at most a page")];
            self.write(GuestAddr(from), zeros)?;
            from += step;
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
        ReplayError::Diverged(Box::new(divergence.with_context(&self.trace)))
    }

    fn damaged(&self, what: &'static str) -> ReplayError {
        ReplayError::Damaged { event: self.applied, what }
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
