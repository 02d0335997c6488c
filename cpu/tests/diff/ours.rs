//! Our side: runs cases in the interpreter on a flat memory with the layout of the reference.

use crate::case::{
    BRK, CODE, Case, End, LIMIT, MAX_CASES, RO, RO_SIZE, RW, RW_SIZE, SLOT_WORDS, Signal, data, digest,
};
use crate::support::{EXEC, Flat, READ, WRITE};
use cpu::{Access, Core, Exit, FaultKind, Regs, State};

/// Instructions after which a case counts as endless.
const BUDGET: u64 = 3000;
const PAGE: u64 = 4096;
/// End of what the reference reserves for its guest (`-R` in reference.rs).
const RESERVED: u64 = 0x8000_0000;
/// Linux signal numbers and codes (asm-generic/siginfo.h).
const SIGILL: u64 = 4;
const SIGTRAP: u64 = 5;
const SIGBUS: u64 = 7;
const SIGSEGV: u64 = 11;
const SEGV_MAPERR: u64 = 1;
const SEGV_ACCERR: u64 = 2;
const BUS_ADRALN: u64 = 1;
const BUS_ADRERR: u64 = 2;

/// A CPU and its memory, good for many batches.
pub(crate) struct Ours {
    memory: Flat,
    core: Core,
}

impl Ours {
    /// With empty code slots.
    pub(crate) fn new() -> Self {
        let memory = Flat::new((LIMIT / PAGE) as usize);
        for page in (0..LIMIT).step_by(PAGE as usize) {
            let rights = match page {
                CODE..RW if page < CODE + (MAX_CASES * SLOT_WORDS * 4) as u64 => READ | EXEC,
                RW..RO => READ | WRITE,
                RO..LIMIT if page < RO + RO_SIZE => READ,
                _ => 0,
            };
            memory.protect(page, rights);
        }
        memory.set_words(RO, data(0, RO_SIZE));
        Ours { memory, core: Core::new() }
    }

    /// Writes the code of a batch and returns it; what no case has is BRK. A case may run into the code of another.
    pub(crate) fn load(&mut self, cases: &[Case]) -> Vec<u32> {
        let slots = cases.iter().map(|case| case.slot + 1).max().unwrap_or(0);
        let mut words = vec![BRK; slots * SLOT_WORDS];
        for case in cases {
            words[case.slot * SLOT_WORDS..][..case.words.len()].copy_from_slice(&case.words);
        }
        let pairs = words.chunks(2).map(|pair| u64::from(pair[0]) | u64::from(pair[1]) << 32);
        let rest = std::iter::repeat(u64::from(BRK) << 32 | u64::from(BRK));
        self.memory.set_words(CODE, pairs.chain(rest).take(MAX_CASES * SLOT_WORDS / 2));
        self.core.invalidate_all();
        words
    }

    /// Runs a case of the batch that is loaded. None if it is no case for the reference, because it does not end,
    /// calls the system, or touches memory of which the two sides have different notions.
    pub(crate) fn run(&mut self, case: &Case) -> Option<End> {
        self.memory.set_words(RW, data(case.seed, RW_SIZE));
        let mut st = start(case);
        let exit = loop {
            let budget = case.quantum.min(BUDGET - st.icount);
            match self.core.run(&mut st, &self.memory, budget) {
                Exit::Budget if st.icount < BUDGET => {}
                exit => break exit,
            }
        };
        let signal = signal(exit, st.pc())?;
        let regs = Regs { tpidrro_el0: 0, ..st.regs() };
        Some(End { regs, signal, digest: digest(self.memory.words(RW, RW_SIZE)) })
    }

    /// The writable data as the last case left it.
    pub(crate) fn data(&self) -> Vec<u64> {
        self.memory.words(RW, RW_SIZE).collect()
    }
}

fn start(case: &Case) -> State {
    let mut st = State::default();
    st.set_regs(&Regs { pc: case.pc(), ..case.regs.clone() });
    st
}

/// What Linux makes of an exit at `pc`.
fn signal(exit: Exit, pc: u64) -> Option<Signal> {
    let plain = |number| Some(Signal { number, code: 0, address: 0 });
    match exit {
        Exit::Svc { .. } | Exit::Budget | Exit::Hint => None,
        Exit::Undefined { .. } => plain(SIGILL),
        Exit::Breakpoint { .. } => plain(SIGTRAP),
        Exit::PcAlignment if (LIMIT..RESERVED).contains(&(pc << 8 >> 8)) => None,
        Exit::PcAlignment => Some(Signal { number: SIGBUS, code: BUS_ADRALN, address: pc << 8 >> 8 }),
        Exit::Fault(fault) => {
            let address = fault.addr << 8 >> 8;
            // Above, the reference has its program and stack, and beyond what it reserves, itself; it fetches nothing from there.
            let foreign = if fault.access == Access::Fetch { LIMIT..RESERVED } else { LIMIT..u64::MAX };
            if foreign.contains(&address) {
                return None;
            }
            let (number, code) = match fault.kind {
                FaultKind::Translation => (SIGSEGV, SEGV_MAPERR),
                FaultKind::Permission => (SIGSEGV, SEGV_ACCERR),
                FaultKind::Alignment => (SIGBUS, BUS_ADRALN),
                FaultKind::External => (SIGBUS, BUS_ADRERR),
            };
            Some(Signal { number, code, address })
        }
    }
}
