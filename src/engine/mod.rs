//! The contract between the kernel and whatever executes guest instructions.
//!
//! The scheduler and the replayer drive a [`Vcpu`]; nothing outside this module can tell which engine runs,
//! except through the name in a trace header, for display.

pub mod soft;

pub use cpu::{Access, Counter, Exit, Fault, FaultKind, Regs};

use traces::event::RegImage;
use traces::{Cycles, GuestAddr, InsnCount};

/// One guest thread's processor.
pub trait Vcpu {
    /// Executes at most `budget` instructions; stops exactly there if nothing else stops it before.
    fn run(&mut self, budget: u64) -> Exit;

    /// A copy of the registers.
    fn regs(&self) -> Regs;

    /// Replaces the registers; an exclusive access that was open is lost.
    fn set_regs(&mut self, regs: &Regs);

    /// X`n`, n in 0..=30.
    fn x(&self, n: usize) -> u64;

    /// Sets X`n`, n in 0..=30.
    fn set_x(&mut self, n: usize, value: u64);

    /// Address of the next instruction.
    fn pc(&self) -> u64;

    /// Instructions retired so far.
    fn icount(&self) -> InsnCount;

    /// CNTVCT_EL0 now, and the rule by which it goes on.
    fn counter(&self) -> (Cycles, Counter);

    /// Replaces the counter rule.
    fn set_counter(&mut self, counter: Counter);

    /// What the engine knows beyond the architecture.
    fn probe(&self) -> Probe;

    /// What an exception return does to the exclusive monitor.
    fn clear_exclusive(&mut self);

    /// Sets [`Probe::last_branch`], where the engine has it: another thread's registers come with its own.
    fn set_last_branch(&mut self, at: Option<GuestAddr>);
}

/// Observations of an engine that has them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Probe {
    /// Address of the latest taken branch.
    pub last_branch: Option<GuestAddr>,
    /// How often each counted address was executed; see [`soft::Soft::set_counted`].
    pub counts: Option<[u64; 4]>,
}

/// Registers as a trace stores them.
#[must_use]
pub fn to_image(regs: &Regs) -> RegImage {
    RegImage {
        x: regs.x,
        sp: regs.sp,
        pc: regs.pc,
        nzcv: regs.nzcv,
        fpcr: regs.fpcr,
        fpsr: regs.fpsr,
        v: regs.v,
        tpidr: regs.tpidr_el0,
    }
}

/// Registers from a trace.
#[must_use]
pub fn from_image(image: &RegImage) -> Regs {
    Regs {
        x: image.x,
        sp: image.sp,
        pc: image.pc,
        nzcv: image.nzcv,
        fpcr: image.fpcr,
        fpsr: image.fpsr,
        v: image.v,
        tpidr_el0: image.tpidr,
        tpidrro_el0: 0,
    }
}
