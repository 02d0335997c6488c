//! Architectural state of one guest thread, its public snapshot, and the ways an excursion can end.
//!
//! `State` belongs to the interpreter; the root crate reads and writes it through [`Regs`] and accessors.

use crate::mem::Fault;

/// Index of XZR in `State::r`: always zero, never written.
pub const ZR: usize = 31;
/// Index of SP in `State::r`.
pub const SP: usize = 32;
/// Index that swallows writes to XZR.
pub const SINK: usize = 33;

/// Bits of FPCR that are implemented: AHP, DN, FZ, RMode, FZ16 (C5.2.8).
pub(crate) const FPCR_MASK: u32 = 0x07C8_0000;
/// Bits of FPSR that are implemented: QC, IDC, IXC, UFC, OFC, DZC, IOC (C5.2.9).
pub(crate) const FPSR_MASK: u32 = 0x0800_009F;

/// The registers a debugger shows, one thread. Values are architectural; no lazy state is pending.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Regs {
    /// X0 to X30.
    pub x: [u64; 31],
    /// SP_EL0.
    pub sp: u64,
    /// Address of the next instruction.
    pub pc: u64,
    /// NZCV in bits 31:28, all else zero.
    pub nzcv: u32,
    /// V0 to V31.
    pub v: [u128; 32],
    /// FPCR, only the bits that are implemented.
    pub fpcr: u32,
    /// FPSR, only the bits that are implemented.
    pub fpsr: u32,
    /// TPIDR_EL0, the thread pointer.
    pub tpidr_el0: u64,
    /// TPIDRRO_EL0.
    pub tpidrro_el0: u64,
}

/// How CNTVCT_EL0 follows from the instruction count:
/// `base + ((icount - at) * rate >> 32)`, so that a read needs no log entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counter {
    /// The counter at the last synchronisation, in cycles of CNTFRQ_EL0.
    pub base: u64,
    /// The instruction count at the last synchronisation.
    pub at: u64,
    /// Cycles per instruction as a 0.32 fixed-point fraction.
    pub rate: u32,
}

impl Counter {
    /// The counter after `icount` retired instructions. Wraps like the register.
    #[must_use]
    pub fn read(&self, icount: u64) -> u64 {
        let delta = u128::from(icount.wrapping_sub(self.at)) * u128::from(self.rate);
        self.base.wrapping_add((delta >> 32) as u64)
    }
}

/// Why `run` returned. An outcome, never an error of the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// `SVC #imm` retired: the PC is behind it and it is counted.
    Svc {
        /// The 16-bit immediate (Linux ignores it).
        imm: u16,
    },
    /// The instruction budget is spent.
    Budget,
    /// An access was refused. The PC is at the instruction, which is not counted.
    Fault(Fault),
    /// The word at the PC is undefined or not implemented; not counted.
    Undefined {
        /// The instruction word.
        word: u32,
    },
    /// `BRK #imm` at the PC; not counted.
    Breakpoint {
        /// The 16-bit immediate.
        imm: u16,
    },
    /// The PC is not a multiple of 4.
    PcAlignment,
    /// `YIELD`, `WFE` or `WFI` retired, and the caller asked to hear of it.
    Hint,
}

/// NZCV in the form that is cheapest to produce from a result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flags {
    /// N is bit 63.
    pub(crate) n: u64,
    /// Z is "this is zero".
    pub(crate) z: u64,
    pub(crate) c: bool,
    pub(crate) v: bool,
}

impl Default for Flags {
    fn default() -> Self {
        Flags { n: 0, z: 1, c: false, v: false }
    }
}

/// The state of one guest thread between and during excursions.
///
/// `r` holds X0..X30, [`ZR`], [`SP`] and [`SINK`] in one array of 64 so that a predecoded index masked
/// with 63 needs no bounds check.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) r: [u64; 64],
    pub(crate) pc: u64,
    pub(crate) flags: Flags,
    pub(crate) v: [u128; 32],
    pub(crate) fpcr: u32,
    pub(crate) fpsr: u32,
    pub(crate) tpidr_el0: u64,
    pub(crate) tpidrro_el0: u64,
    /// The exclusive monitor: address, size in bytes and value seen by the last load-exclusive.
    pub(crate) exclusive: Option<(u64, u8, u128)>,
    /// Address of the most recent taken branch.
    pub(crate) last_branch: u64,
    /// Retired instructions, over all threads of the process when the caller passes it along.
    pub icount: u64,
    /// The rule for CNTVCT_EL0.
    pub counter: Counter,
}

impl Default for State {
    fn default() -> Self {
        State {
            r: [0; 64],
            pc: 0,
            flags: Flags::default(),
            v: [0; 32],
            fpcr: 0,
            fpsr: 0,
            tpidr_el0: 0,
            tpidrro_el0: 0,
            exclusive: None,
            last_branch: 0,
            icount: 0,
            counter: Counter::default(),
        }
    }
}

impl State {
    /// NZCV in bits 31:28, all else zero.
    #[inline]
    pub(crate) fn nzcv(&self) -> u32 {
        let f = &self.flags;
        ((f.n >> 63) as u32) << 31 | u32::from(f.z == 0) << 30 | u32::from(f.c) << 29 | u32::from(f.v) << 28
    }

    /// Sets the flags from bits 31:28 of `nzcv`; the other bits are ignored.
    #[inline]
    pub(crate) fn set_nzcv(&mut self, nzcv: u32) {
        self.flags = Flags {
            n: u64::from(nzcv) << 32,
            z: u64::from(nzcv >> 30 & 1 ^ 1),
            c: nzcv >> 29 & 1 == 1,
            v: nzcv >> 28 & 1 == 1,
        };
    }

    /// Whether condition `cond` (0 to 15, C1.2.4) holds; 15 is "always" like 14.
    #[inline(always)]
    pub(crate) fn cond(&self, cond: u8) -> bool {
        let f = &self.flags;
        let n = (f.n as i64) < 0;
        match cond & 15 {
            0 => f.z == 0,
            1 => f.z != 0,
            2 => f.c,
            3 => !f.c,
            4 => n,
            5 => !n,
            6 => f.v,
            7 => !f.v,
            8 => f.c && f.z != 0,
            9 => !f.c || f.z == 0,
            10 => n == f.v,
            11 => n != f.v,
            12 => n == f.v && f.z != 0,
            13 => n != f.v || f.z == 0,
            _ => true,
        }
    }

    /// A copy of the architectural registers.
    #[must_use]
    pub fn regs(&self) -> Regs {
        let mut x = [0; 31];
        x.copy_from_slice(&self.r[..31]);
        Regs {
            x,
            sp: self.r[SP],
            pc: self.pc,
            nzcv: self.nzcv(),
            v: self.v,
            fpcr: self.fpcr,
            fpsr: self.fpsr,
            tpidr_el0: self.tpidr_el0,
            tpidrro_el0: self.tpidrro_el0,
        }
    }

    /// Replaces the architectural registers and clears the exclusive monitor.
    pub fn set_regs(&mut self, regs: &Regs) {
        self.r[..31].copy_from_slice(&regs.x);
        self.r[SP] = regs.sp;
        self.pc = regs.pc;
        self.set_nzcv(regs.nzcv);
        self.v = regs.v;
        self.fpcr = regs.fpcr & FPCR_MASK;
        self.fpsr = regs.fpsr & FPSR_MASK;
        self.tpidr_el0 = regs.tpidr_el0;
        self.tpidrro_el0 = regs.tpidrro_el0;
        self.exclusive = None;
    }

    /// X`n` for n in 0..=30.
    ///
    /// # Panics
    /// If `n` is above 30.
    #[must_use]
    pub fn x(&self, n: usize) -> u64 {
        assert!(n <= 30, "there is no X{n}");
        self.r[n]
    }

    /// Sets X`n` for n in 0..=30.
    ///
    /// # Panics
    /// If `n` is above 30.
    pub fn set_x(&mut self, n: usize, value: u64) {
        assert!(n <= 30, "there is no X{n}");
        self.r[n] = value;
    }

    /// The address of the next instruction.
    #[must_use]
    pub fn pc(&self) -> u64 {
        self.pc
    }

    /// Continues at `pc`.
    pub fn set_pc(&mut self, pc: u64) {
        self.pc = pc;
    }

    /// The stack pointer.
    #[must_use]
    pub fn sp(&self) -> u64 {
        self.r[SP]
    }

    /// Address of the most recent taken branch instruction of any kind; 0 before the first.
    #[must_use]
    pub fn last_branch(&self) -> u64 {
        self.last_branch
    }

    /// Sets what [`State::last_branch`] answers until the next branch.
    pub fn set_last_branch(&mut self, at: u64) {
        self.last_branch = at;
    }

    /// CNTVCT_EL0 now.
    #[must_use]
    pub fn cntvct(&self) -> u64 {
        self.counter.read(self.icount)
    }

    /// What an exception return does to the monitor: the next store-exclusive fails.
    pub fn clear_exclusive(&mut self) {
        self.exclusive = None;
    }
}
