//! Signals of a single thread: actions, masks, queue, delivery to a handler or by default.
//!
//! What the frame looks like is in `frame`, the system calls are in `calls`.

mod calls;
mod frame;

pub(super) use calls::CALLS;

use super::Kernel;
use super::door::Door;
use super::effects::{Change, Stamp};
use super::identity::PID;
use crate::engine::{Vcpu, to_image};
use crate::host::Errno;
use frame::{FRAME, UC, build_frame};
use std::collections::VecDeque;
use traces::event::{Body, EndStatus, Signal, SignalAction};

/// Signal numbers that matter here (include/uapi/asm-generic/signal.h).
pub mod number {
    #![expect(missing_docs, reason = "the header's own names")]
    pub const SIGILL: u32 = 4;
    pub const SIGTRAP: u32 = 5;
    pub const SIGBUS: u32 = 7;
    pub const SIGKILL: u32 = 9;
    pub const SIGSEGV: u32 = 11;
    pub const SIGPIPE: u32 = 13;
    pub const SIGSTOP: u32 = 19;
}
use number::{SIGKILL, SIGPIPE, SIGSTOP};

const HIGHEST: u32 = 64;
const SIG_DFL: u64 = 0;
const SIG_IGN: u64 = 1;
const SA_SIGINFO: u64 = 4;
const SA_RESTORER: u64 = 0x0400_0000;
const SA_ONSTACK: u64 = 0x0800_0000;
const SA_RESTART: u64 = 0x1000_0000;
const SA_NODEFER: u64 = 0x4000_0000;
const SA_RESETHAND: u64 = 0x8000_0000;
const SS_ONSTACK: u32 = 1;
const SS_DISABLE: u32 = 2;
const SS_AUTODISARM: u32 = 1 << 31;
const SI_USER: i32 = 0;
const SI_KERNEL: i32 = 0x80;
/// Real-time signals that may wait at a time, elfuse's and Linux's RLIMIT_SIGPENDING in spirit.
const QUEUE_LIMIT: usize = 1024;

/// A set of signals: bit n-1 for signal n.
type Set = u64;

fn bit(signal: u32) -> Set {
    1 << (signal - 1)
}

/// SIGKILL and SIGSTOP, which nobody blocks or catches.
const UNSTOPPABLE: Set = (1 << (SIGKILL - 1)) | (1 << (SIGSTOP - 1));

/// Signals that say what the running instruction did, which go first.
const SYNCHRONOUS: Set = (1 << 3) | (1 << 4) | (1 << 6) | (1 << 7) | (1 << 10) | (1 << 30);

/// An alternate signal stack: base, flags, size.
type AltStack = (u64, u32, u64);

/// struct sigaction of arm64.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Action {
    handler: u64,
    flags: u64,
    restorer: u64,
    mask: Set,
}

/// A signal on its way.
#[derive(Clone, Debug)]
struct Pending {
    signo: u32,
    info: [u8; 128],
    /// For faults: far and esr.
    fault: Option<(u64, u64)>,
}

/// A fault that becomes a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FaultSignal {
    /// Signal number.
    pub signo: u32,
    /// si_code.
    pub code: i32,
    /// si_addr.
    pub addr: u64,
    /// ESR_EL1 as Linux shows it.
    pub esr: u64,
}

/// The signal state of a process with one thread.
#[derive(Clone, Debug)]
pub(crate) struct Signals {
    actions: [Action; 65],
    blocked: Set,
    /// The mask to go back to after a wait under another one (rt_sigsuspend, ppoll, pselect6).
    saved: Option<Set>,
    queue: VecDeque<Pending>,
    altstack: AltStack,
    /// X0 of the call that a signal has just interrupted, if SA_RESTART makes it start again.
    interrupted: Option<u64>,
}

impl Default for Signals {
    fn default() -> Self {
        Signals {
            actions: [Action::default(); 65],
            blocked: 0,
            saved: None,
            queue: VecDeque::new(),
            altstack: (0, SS_DISABLE, 0),
            interrupted: None,
        }
    }
}

fn info(signo: u32, code: i32) -> [u8; 128] {
    let mut info = [0; 128];
    info[..4].copy_from_slice(&signo.to_le_bytes());
    info[8..12].copy_from_slice(&code.to_le_bytes());
    info
}

impl Signals {
    /// Queues a signal, unless it is ignored or a standard one that waits already.
    ///
    /// # Errors
    /// EAGAIN if too many real-time signals wait.
    fn queue(&mut self, signo: u32, info: [u8; 128]) -> Result<(), Errno> {
        let waits = signo < 32 && self.queue.iter().any(|p| p.signo == signo);
        if waits || self.is_ignored(signo) {
            return Ok(());
        }
        // A standard signal always fits: there are 31 of them.
        if signo >= 32 && self.queue.len() >= QUEUE_LIMIT {
            return Err(Errno::EAGAIN);
        }
        self.queue.push_back(Pending { signo, info, fault: None });
        Ok(())
    }

    /// Whether a signal that comes now has no effect. A blocked one may have one later. Stopping is not
    /// supported: there is nobody in the guest's world who could continue it.
    fn is_ignored(&self, signo: u32) -> bool {
        if self.blocked & bit(signo) != 0 {
            return false;
        }
        match self.actions[signo as usize].handler {
            SIG_IGN => true,
            SIG_DFL => matches!(default_action(signo), SignalAction::Ignored | SignalAction::Stopped),
            _ => false,
        }
    }

    /// SIGPIPE for a write to a pipe that nobody reads.
    pub(crate) fn raise_sigpipe(&mut self) {
        let mut info = info(SIGPIPE, SI_USER);
        info[16..24].copy_from_slice(&PID.to_le_bytes());
        let _ = self.queue(SIGPIPE, info); // a standard signal always fits
    }

    /// Signals that the host sent to this process: bit n-1 for signal n.
    pub(crate) fn raise_from_host(&mut self, set: Set) {
        for signo in (1..=HIGHEST).filter(|&s| set & bit(s) != 0) {
            let _ = self.queue(signo, info(signo, SI_KERNEL)); // those that the host forwards are standard ones
        }
    }

    /// Waits under another mask from now on; the old one comes back when signals have been delivered.
    pub(crate) fn suspend(&mut self, mask: Set) {
        self.saved = Some(self.blocked);
        self.blocked = mask & !UNSTOPPABLE;
    }

    /// Ends such a wait that no signal has ended.
    pub(crate) fn resume(&mut self) {
        self.blocked = self.saved.take().unwrap_or(self.blocked);
    }

    /// Notes that the call in progress, whose first argument was `x0`, ends because of a signal. Answers whether
    /// it will start again.
    pub(crate) fn interrupt(&mut self, x0: u64) -> bool {
        let restarts = self.next_index().is_some_and(|n| {
            let action = self.actions[self.queue[n].signo as usize];
            action.handler > SIG_IGN && action.flags & SA_RESTART != 0
        });
        self.interrupted = restarts.then_some(x0);
        restarts
    }

    /// A fault. It cannot be held back: if blocked or ignored, it acts by default.
    pub(crate) fn raise_fault(&mut self, fault: FaultSignal) {
        let action = &mut self.actions[fault.signo as usize];
        if self.blocked & bit(fault.signo) != 0 || action.handler == SIG_IGN {
            *action = Action::default();
            self.blocked &= !bit(fault.signo);
        }
        let mut bytes = info(fault.signo, fault.code);
        bytes[16..24].copy_from_slice(&fault.addr.to_le_bytes());
        self.queue.push_front(Pending {
            signo: fault.signo,
            info: bytes,
            fault: Some((fault.addr, fault.esr)),
        });
    }

    /// Whether something waits that is not blocked.
    pub(crate) fn has_deliverable(&self) -> bool {
        self.queue.iter().any(|p| self.blocked & bit(p.signo) == 0)
    }

    /// Place of the signal that goes first: what the running instruction did, then the lowest number, then the
    /// oldest.
    fn next_index(&self) -> Option<usize> {
        let open = self.queue.iter().enumerate().filter(|(_, p)| self.blocked & bit(p.signo) == 0);
        open.min_by_key(|(n, p)| (p.fault.is_none(), SYNCHRONOUS & bit(p.signo) == 0, p.signo, *n))
            .map(|(n, _)| n)
    }

    fn next(&mut self) -> Option<Pending> {
        let at = self.next_index()?;
        self.queue.remove(at)
    }

    /// Takes the signal of `set` that goes first, blocked or not.
    fn take_from(&mut self, set: Set) -> Option<Pending> {
        let wanted = self.queue.iter().enumerate().filter(|(_, p)| set & bit(p.signo) != 0);
        let at = wanted.min_by_key(|(n, p)| (p.signo, *n)).map(|(n, _)| n)?;
        self.queue.remove(at)
    }
}

/// What a signal without a handler does.
fn default_action(signo: u32) -> SignalAction {
    match signo {
        17 | 18 | 23 | 28 => SignalAction::Ignored,
        19..=22 => SignalAction::Stopped,
        3..=8 | 11 | 24 | 25 | 31 => SignalAction::Core,
        _ => SignalAction::Terminated,
    }
}

/// Delivers what is pending. As in Linux, the handler of a further signal is entered on top of the first one's, so
/// that the last signal's runs first. Called when the guest is about to run again; `stamp` says where.
pub(crate) fn deliver(k: &mut Kernel, vcpu: &mut dyn Vcpu, door: &mut Door<'_>, stamp: Stamp) {
    while k.process.ended.is_none() {
        let Some(pending) = k.signals.next() else {
            k.signals.resume();
            k.signals.interrupted = None;
            return;
        };
        let action = k.signals.actions[pending.signo as usize];
        let done = match action.handler {
            SIG_IGN => SignalAction::Ignored,
            SIG_DFL => default_action(pending.signo),
            _ if enter_handler(k, vcpu, door, &pending, action).is_ok() => SignalAction::Handler,
            // No room for the frame: Linux ends the process with SIGSEGV.
            _ => {
                k.signals.actions[number::SIGSEGV as usize] = Action::default();
                k.process.ended = Some(EndStatus::Signalled(number::SIGSEGV));
                SignalAction::Core
            }
        };
        if matches!(done, SignalAction::Terminated | SignalAction::Core) && k.process.ended.is_none() {
            k.process.ended = Some(EndStatus::Signalled(pending.signo));
        }
        let signal = Signal {
            signo: pending.signo,
            action: done,
            info: pending.info.to_vec(),
            effects: Vec::new(),
            data: Vec::new(),
        };
        door.log().emit(stamp, Body::Signal(Box::new(signal)));
    }
}

/// Whether the stack pointer is on the alternate stack; one that disarms itself is never in use.
fn on_altstack(altstack: AltStack, sp: u64) -> bool {
    let (base, flags, size) = altstack;
    flags & (SS_DISABLE | SS_AUTODISARM) == 0 && sp > base && sp - base <= size
}

fn enter_handler(
    k: &mut Kernel,
    vcpu: &mut dyn Vcpu,
    door: &mut Door<'_>,
    pending: &Pending,
    action: Action,
) -> Result<(), Errno> {
    let mut regs = vcpu.regs();
    if let Some(x0) = k.signals.interrupted.take()
        && action.flags & SA_RESTART != 0
    {
        regs.x[0] = x0;
        regs.pc = regs.pc.wrapping_sub(4);
    }
    let altstack = k.signals.altstack;
    let mut top = regs.sp;
    if action.flags & SA_ONSTACK != 0 && altstack.1 & SS_DISABLE == 0 && !on_altstack(altstack, top) {
        top = altstack.0.wrapping_add(altstack.2);
    }
    // The frame record lies above the frame; both keep the stack 16-aligned.
    let record = top.wrapping_sub(16) & !15;
    let base = record.wrapping_sub(FRAME as u64);
    let mask = k.signals.saved.take().unwrap_or(k.signals.blocked);
    let frame = build_frame(&regs, pending, altstack, mask);
    let mut both = frame;
    both.extend_from_slice(&regs.x[29].to_le_bytes());
    both.extend_from_slice(&regs.x[30].to_le_bytes());
    door.write(base, &both)?;
    regs.x[0] = pending.signo.into();
    if action.flags & SA_SIGINFO != 0 {
        regs.x[1] = base;
        regs.x[2] = base + UC as u64;
    }
    regs.x[29] = record;
    regs.x[30] = if action.flags & SA_RESTORER != 0 { action.restorer } else { k.sigreturn };
    regs.sp = base;
    regs.pc = action.handler;
    vcpu.set_regs(&regs);
    door.log().change(Change::Regs(&to_image(&regs)));
    let signals = &mut k.signals;
    signals.blocked = mask | action.mask;
    if action.flags & SA_NODEFER == 0 {
        signals.blocked |= bit(pending.signo);
    }
    signals.blocked &= !UNSTOPPABLE;
    if action.flags & SA_RESETHAND != 0 {
        signals.actions[pending.signo as usize] = Action::default();
    }
    if altstack.1 & SS_AUTODISARM != 0 {
        signals.altstack = (0, SS_DISABLE, 0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(signals: &mut Signals, signo: u32) {
        signals.queue(signo, info(signo, 0)).unwrap();
    }

    #[test]
    fn standard_signals_do_not_queue_twice_and_blocked_ones_wait() {
        let mut signals = Signals::default();
        for signo in [10, 10, 40, 40] {
            push(&mut signals, signo);
        }
        signals.blocked = bit(10);
        assert_eq!(signals.next().map(|p| p.signo), Some(40));
        assert_eq!(signals.next().map(|p| p.signo), Some(40));
        assert!(signals.next().is_none() && !signals.has_deliverable());
        signals.blocked = 0;
        assert_eq!(signals.next().map(|p| p.signo), Some(10));
        assert!(signals.next().is_none());
    }

    #[test]
    fn faults_go_first_and_then_the_lowest_number() {
        let mut signals = Signals::default();
        for signo in [41, 15, 11, 40, 10] {
            push(&mut signals, signo);
        }
        signals.raise_fault(FaultSignal { signo: 7, code: 1, addr: 0, esr: 0 });
        let order: Vec<u32> = std::iter::from_fn(|| signals.next()).map(|p| p.signo).collect();
        assert_eq!(order, [7, 11, 10, 15, 40, 41]);
    }

    #[test]
    fn an_ignored_signal_is_not_queued_unless_it_is_blocked() {
        let mut signals = Signals::default();
        for signo in [17, 18, 20, 23, 28] {
            push(&mut signals, signo);
            assert!(!signals.has_deliverable(), "{signo}");
        }
        signals.blocked = bit(28);
        push(&mut signals, 28);
        assert_eq!(signals.take_from(bit(28)).map(|p| p.signo), Some(28));
    }

    #[test]
    fn real_time_signals_run_out_of_room_and_standard_ones_do_not() {
        let mut signals = Signals::default();
        for _ in 0..QUEUE_LIMIT {
            push(&mut signals, 64);
        }
        assert_eq!(signals.queue(64, info(64, 0)), Err(Errno::EAGAIN));
        push(&mut signals, 9);
        assert_eq!(signals.next().map(|p| p.signo), Some(9));
    }
}
