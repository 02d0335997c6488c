//! What the faults of a processor become: signals, as Linux has them.
//!
//! Used by the scheduler.

use crate::engine::{Access, Exit, Fault, FaultKind, Vcpu};
use crate::kernel::signal::{FaultSignal, number};

/// The signal that an exit other than a call or the budget becomes (arch/arm64/mm/fault.c, kernel/traps.c).
pub(super) fn signal_of(exit: Exit, vcpu: &dyn Vcpu) -> FaultSignal {
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
        // The processor sees a page that is not there; it is Linux who knows of the file.
        FaultKind::External => (number::SIGBUS, 2, 0x07),
    };
    let class: u64 = if fault.access == Access::Fetch { 0x20 } else { 0x24 };
    let write = if fault.access == Access::Write { 1 << 6 } else { 0 };
    FaultSignal { signo, code, addr: fault.addr, esr: (class << 26) | (1 << 25) | write | status }
}
