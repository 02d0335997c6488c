//! Running guest threads: who runs, for how long, and what follows when it stops.
//!
//! Used by `record` and by `elfuse-trace run`. With one thread the baton never moves; quanta are what keeps
//! the counter in step with the host and lets signals in.

use crate::engine::soft::Soft;
use crate::engine::{Access, Exit, Fault, FaultKind, Vcpu, to_image};
use crate::guest::digest;
use crate::guest::{MemoryMode, Space};
use crate::host;
use crate::kernel::door::Door;
use crate::kernel::effects::{EffectLog, NoLog, Stamp};
use crate::kernel::exec::{self, StartError};
use crate::kernel::signal::{self, FaultSignal, number};
use crate::kernel::{Config, Kernel, dispatch};
use std::sync::Arc;
use traces::Cycles;
use traces::event::{Body, Digests, End, EndStatus};

/// Instructions that a thread runs before the counter is synchronised and signals are looked at.
const QUANTUM: u64 = 1 << 20;
/// Host time between two checkpoints, in nanoseconds.
const CHECKPOINT_NS: u64 = 1_000_000_000;

/// A guest process that runs here.
pub struct Guest {
    kernel: Kernel,
    vcpu: Soft,
    space: Arc<Space>,
    checkpoints: bool,
    next_checkpoint: u64,
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
        let kernel = exec::start(config, &space, &mut vcpu, log)?;
        if let Some(page) = kernel.vdso() {
            vcpu.set_counted(&page.entries());
        }
        let next_checkpoint = host::monotonic_ns().saturating_add(CHECKPOINT_NS);
        Ok(Guest { kernel, vcpu, space, checkpoints, next_checkpoint })
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
        let mut quantum = QUANTUM;
        loop {
            let before = self.vcpu.icount();
            let exit = self.vcpu.run(quantum);
            let ran = self.vcpu.icount().0 - before.0;
            quantum = quantum.saturating_sub(ran);
            match exit {
                Exit::Svc { .. } => {
                    dispatch::syscall(&mut self.kernel, &mut self.vcpu, &self.space, log);
                }
                Exit::Budget | Exit::Hint => {}
                other => self.kernel.signals.raise_fault(fault_signal(other, &self.vcpu)),
            }
            if quantum == 0 {
                quantum = QUANTUM;
                // Only a quantum without a call in it says how fast instructions run.
                self.end_quantum(if ran == QUANTUM { ran } else { 0 }, log);
            }
            self.deliver_signals(log);
            if let Some(status) = self.kernel.ended() {
                self.end(status, log);
                return status;
            }
        }
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

    fn deliver_signals(&mut self, log: &mut dyn EffectLog) {
        let arrived = host::take_signals();
        if arrived != 0 {
            self.kernel.signals.raise_from_host(arrived);
        }
        if self.kernel.signals.has_deliverable() {
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
        self.kernel.finish(&self.space);
        let digests = self.digests();
        log.emit(self.stamp(), Body::End(End { status, digests }));
    }
}

/// The signal that an exit other than a call or the budget becomes (arch/arm64/mm/fault.c, kernel/traps.c).
fn fault_signal(exit: Exit, vcpu: &dyn Vcpu) -> FaultSignal {
    const ILL_ILLOPC: i32 = 1;
    const TRAP_BRKPT: i32 = 1;
    const BUS_ADRALN: i32 = 1;
    let pc = vcpu.pc();
    match exit {
        Exit::Fault(fault) => memory_fault(fault),
        Exit::Breakpoint { imm } => FaultSignal {
            signo: number::SIGTRAP,
            code: TRAP_BRKPT,
            addr: pc,
            esr: (0x3C << 26) | (1 << 25) | u64::from(imm),
        },
        Exit::PcAlignment => {
            FaultSignal { signo: number::SIGBUS, code: BUS_ADRALN, addr: pc, esr: (0x22 << 26) | (1 << 25) }
        }
        Exit::Undefined { .. } | Exit::Svc { .. } | Exit::Budget | Exit::Hint => {
            FaultSignal { signo: number::SIGILL, code: ILL_ILLOPC, addr: pc, esr: 1 << 25 }
        }
    }
}

fn memory_fault(fault: Fault) -> FaultSignal {
    let (signo, code, status) = match fault.kind {
        FaultKind::Translation => (number::SIGSEGV, 1, 0x07),
        FaultKind::Permission => (number::SIGSEGV, 2, 0x0F),
        FaultKind::Alignment => (number::SIGBUS, 1, 0x21),
        FaultKind::External => (number::SIGBUS, 2, 0x10),
    };
    let class: u64 = if fault.access == Access::Fetch { 0x20 } else { 0x24 };
    let write = if fault.access == Access::Write { 1 << 6 } else { 0 };
    FaultSignal { signo, code, addr: fault.addr, esr: (class << 26) | (1 << 25) | write | status }
}
