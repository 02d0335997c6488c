//! Signals: actions of the process, masks and queues of the process and its threads, delivery to a handler or by
//! default.
//!
//! A signal for the process waits in its queue, and one thread that does not block it is chosen to take it. What the
//! frame looks like is in `frame`, how signals come into the queues in `send`, the system calls are in `calls`.

mod calls;
mod frame;
mod send;

pub(super) use calls::{CALLS, from_user, valid};

use super::door::Door;
use super::effects::{Change, Stamp};
use super::signalfd::SignalFile;
use super::thread::Thread;
use super::{Call, Kernel, rseq};
use crate::engine::{Vcpu, to_image};
use crate::host::{self, Errno};
use frame::{FRAME, UC, build_frame};
use std::collections::VecDeque;
use std::sync::Weak;
use traces::Tid;
use traces::event::{Body, EndStatus, Signal, SignalAction};

/// Signal numbers that matter here (include/uapi/asm-generic/signal.h).
pub mod number {
    #![expect(missing_docs, reason = "the header's own names")]
    pub const SIGHUP: u32 = 1;
    pub const SIGILL: u32 = 4;
    pub const SIGTRAP: u32 = 5;
    pub const SIGBUS: u32 = 7;
    pub const SIGKILL: u32 = 9;
    pub const SIGSEGV: u32 = 11;
    pub const SIGPIPE: u32 = 13;
    pub const SIGCONT: u32 = 18;
    pub const SIGSTOP: u32 = 19;
    pub const SIGTSTP: u32 = 20;
}
use number::{SIGHUP, SIGKILL, SIGPIPE, SIGSTOP, SIGTSTP};

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
/// kill(2).
pub(super) const SI_USER: i32 = 0;
pub(super) const SI_KERNEL: i32 = 0x80;
/// Real-time signals that may wait at a time, elfuse's and Linux's RLIMIT_SIGPENDING in spirit.
const QUEUE_LIMIT: usize = 1024;

/// A set of signals: bit n-1 for signal n.
pub(crate) type Set = u64;

fn bit(signal: u32) -> Set {
    1 << (signal - 1)
}

/// SIGKILL and SIGSTOP, which nobody blocks or catches.
const UNSTOPPABLE: Set = (1 << (SIGKILL - 1)) | (1 << (SIGSTOP - 1));

/// Signals that a terminal sends to the group in its foreground: SIGINT, SIGQUIT, SIGTSTP.
const FROM_TERMINAL: Set = (1 << 1) | (1 << 2) | (1 << 19);

/// Signals that stop a process: SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU.
const STOPS: Set = 0xF << 18;

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
pub(super) struct Pending {
    pub(super) signo: u32,
    pub(super) info: [u8; 128],
    /// For faults: far and esr.
    pub(super) fault: Option<(u64, u64)>,
    /// The timer of timer_create that sent it, which rests until it is taken.
    pub(super) timer: Option<i32>,
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

/// What all threads of a process have in common.
#[derive(Clone, Debug)]
pub(crate) struct Signals {
    actions: [Action; 65],
    /// Signals for the process as a whole.
    queue: VecDeque<Pending>,
    /// The signalfds that are open; some may have been closed since.
    files: Vec<Weak<SignalFile>>,
}

impl Default for Signals {
    fn default() -> Self {
        Signals { actions: [Action::default(); 65], queue: VecDeque::new(), files: Vec::new() }
    }
}

/// What each thread has of its own.
#[derive(Clone, Debug)]
pub(crate) struct ThreadSignals {
    blocked: Set,
    /// The mask to go back to after a wait under another one (rt_sigsuspend, ppoll, pselect6).
    saved: Option<Set>,
    queue: VecDeque<Pending>,
    /// Whether this thread looks at the queue of the process (TIF_SIGPENDING).
    chosen: bool,
    altstack: AltStack,
    /// X0 of the call that a signal has just interrupted, if SA_RESTART makes it start again.
    interrupted: Option<u64>,
}

impl Default for ThreadSignals {
    fn default() -> Self {
        ThreadSignals {
            blocked: 0,
            saved: None,
            queue: VecDeque::new(),
            chosen: false,
            altstack: (0, SS_DISABLE, 0),
            interrupted: None,
        }
    }
}

impl ThreadSignals {
    /// Those of a thread that this one starts: its mask, no stack and no signals.
    pub(crate) fn inherited(&self) -> ThreadSignals {
        ThreadSignals { blocked: self.blocked, ..ThreadSignals::default() }
    }

    /// Those of a forked child: mask and stack.
    pub(crate) fn for_child(&self) -> ThreadSignals {
        ThreadSignals { altstack: self.altstack, ..self.inherited() }
    }

    /// Those of the same thread in another program: mask and what is pending.
    pub(crate) fn after_exec(&self) -> ThreadSignals {
        ThreadSignals { queue: self.queue.clone(), chosen: true, ..self.inherited() }
    }

    fn open(&self, pending: &Pending) -> bool {
        self.blocked & bit(pending.signo) == 0
    }
}

/// A siginfo with number and code.
pub(super) fn info(signo: u32, code: i32) -> [u8; 128] {
    let mut info = [0; 128];
    info[..4].copy_from_slice(&signo.to_le_bytes());
    info[8..12].copy_from_slice(&code.to_le_bytes());
    info
}

impl Signals {
    /// Whether children leave no zombies: SIGCHLD is ignored, or its action says so.
    pub(super) fn drops_children(&self) -> bool {
        const SA_NOCLDWAIT: u64 = 2;
        const SIGCHLD: usize = 17;
        let action = self.actions[SIGCHLD];
        action.handler == SIG_IGN || action.flags & SA_NOCLDWAIT != 0
    }

    /// Whether SIGCHLD is not wanted for children that stop or go on.
    pub(super) fn spares_stops(&self) -> bool {
        const SA_NOCLDSTOP: u64 = 1;
        const SIGCHLD: usize = 17;
        self.actions[SIGCHLD].flags & SA_NOCLDSTOP != 0
    }
}

/// In a forked child: nothing is pending. With `clear_handlers` (CLONE_CLEAR_SIGHAND) nothing is handled either.
pub(super) fn forget_pending(k: &mut Kernel, clear_handlers: bool) {
    k.signals.queue.clear();
    if clear_handlers {
        reset_handlers(k);
    }
}

/// What execve does to actions: handlers are gone, what is ignored stays so.
pub(super) fn reset_handlers(k: &mut Kernel) {
    for action in k.signals.actions.iter_mut() {
        let handler = if action.handler == SIG_IGN { SIG_IGN } else { SIG_DFL };
        *action = Action { handler, ..Action::default() };
    }
}

/// Place of the signal that goes first: what the running instruction did, then the lowest number, then the oldest.
fn first(queue: &VecDeque<Pending>, open: impl Fn(&Pending) -> bool) -> Option<usize> {
    let candidates = queue.iter().enumerate().filter(|(_, p)| open(p));
    candidates
        .min_by_key(|(n, p)| (p.fault.is_none(), SYNCHRONOUS & bit(p.signo) == 0, p.signo, *n))
        .map(|(n, _)| n)
}

impl Kernel {
    /// Whether a signal that comes now has no effect on a thread. A blocked one may have one later. A process that is
    /// alone does not stop: there is nobody in the guest's world who could continue it.
    fn is_ignored(&self, signo: u32, blocked: Set) -> bool {
        if blocked & bit(signo) != 0 {
            return false;
        }
        self.is_idle(signo)
    }

    /// Whether the action for a signal is to do nothing.
    fn is_idle(&self, signo: u32) -> bool {
        match (self.signals.actions[signo as usize].handler, default_action(signo)) {
            (SIG_IGN, _) | (SIG_DFL, SignalAction::Ignored) => true,
            (SIG_DFL, SignalAction::Stopped) => !self.can_stop(),
            _ => false,
        }
    }

    /// Whether there is somebody who could continue this process if it stopped: another one of the run, or whoever
    /// has started the run at a terminal, who takes over then.
    fn can_stop(&self) -> bool {
        self.family.alive() > 1 || (self.asked_to_stop && !self.is_forked())
    }

    /// Whether SIGKILL waits for this process.
    pub(super) fn is_killed(&self) -> bool {
        let killed = |queue: &VecDeque<Pending>| queue.iter().any(|p| p.signo == SIGKILL);
        killed(&self.signals.queue) || self.threads.iter().any(|t| killed(&t.signals.queue))
    }

    /// Whether a thread sits in rt_sigtimedwait for a signal.
    fn awaits(&self, tid: Tid, signo: u32) -> bool {
        let call = self.threads.get(tid).and_then(|thread| thread.call.as_ref());
        call.is_some_and(|call| call.wait.signals & bit(signo) != 0)
    }

    /// Chooses a thread for a signal of the process (kernel/signal.c complete_signal): the first, else the one that
    /// runs, else any that does not block it.
    fn choose(&mut self, signo: u32) {
        let wants = |k: &Kernel, tid: Tid| {
            let thread = k.threads.get(tid);
            thread.is_some_and(|t| t.signals.blocked & bit(signo) == 0) || k.awaits(tid, signo)
        };
        let preferred = [Tid(self.pid), self.threads.current];
        let all = preferred.into_iter().chain(self.threads.iter().map(|thread| thread.tid));
        let Some(tid) = all.collect::<Vec<_>>().into_iter().find(|&tid| wants(self, tid)) else { return };
        if let Some(thread) = self.threads.get_mut(tid) {
            thread.signals.chosen = true;
        }
        self.wake(tid);
    }

    /// SIGPIPE for a write to a pipe that nobody reads: for the thread that writes.
    pub(crate) fn raise_sigpipe(&mut self) {
        self.raise_on_self(SIGPIPE);
    }

    /// Raises a standard signal of the kernel's own on the thread whose call is the reason.
    pub(crate) fn raise_on_self(&mut self, signo: u32) {
        let mut info = info(signo, SI_USER);
        info[16..20].copy_from_slice(&self.pid.to_le_bytes());
        info[20..24].copy_from_slice(&self.ids.uid.real.to_le_bytes());
        let _ = self.signal_thread(self.threads.current, signo, info); // a standard signal always fits
    }

    /// Takes in the signals that the host sent to this process, and those of timers whose time has come.
    pub(crate) fn take_host_signals(&mut self) {
        self.run_timers();
        self.take_family_news();
        let set = host::take_signals();
        if set == 0 {
            return;
        }
        // All processes of a session are one group of the host's, to which the terminal sends.
        let me = self.family.me();
        let background = self.family.foreground(me.session).is_some_and(|group| group != me.group);
        let hangup = if me.session == me.pid { 0 } else { bit(SIGHUP) };
        let mut set = if background { set & !(FROM_TERMINAL | hangup) } else { set };
        if self.family.is_orphaned(&me) {
            set &= !bit(SIGTSTP); // nobody would continue it
        }
        self.asked_to_stop |= set & bit(SIGTSTP) != 0;
        for signo in (1..=HIGHEST).filter(|&s| set & bit(s) != 0) {
            let _ = self.signal_process(signo, info(signo, SI_KERNEL)); // those that the host forwards are standard ones
        }
    }

    /// The sets of a thread that `/proc` shows: waiting for it, waiting for the process, blocked, ignored, caught.
    pub(super) fn signal_sets(&self, thread: &Thread) -> [Set; 5] {
        let waiting = |queue: &VecDeque<Pending>| queue.iter().fold(0, |set, p| set | bit(p.signo));
        let with = |wanted: fn(u64) -> bool| {
            let all = (1..=HIGHEST).filter(|&s| wanted(self.signals.actions[s as usize].handler));
            all.fold(0, |set, signo| set | bit(signo))
        };
        [
            waiting(&thread.signals.queue),
            waiting(&self.signals.queue),
            thread.signals.blocked,
            with(|handler| handler == SIG_IGN),
            with(|handler| handler > SIG_IGN),
        ]
    }

    /// How many signals wait in all queues.
    pub(super) fn signals_waiting(&self) -> usize {
        let own: usize = self.threads.iter().map(|thread| thread.signals.queue.len()).sum();
        self.signals.queue.len() + own
    }

    /// Changes the mask of the current thread. Signals of the process that it blocks now are for others to take.
    fn set_blocked(&mut self, mask: Set) {
        let mask = mask & !UNSTOPPABLE;
        let before = std::mem::replace(&mut self.me_mut().signals.blocked, mask);
        self.me_mut().signals.chosen = true;
        let newly = mask & !before;
        if self.threads.len() > 1 && newly != 0 {
            let left: Vec<u32> =
                self.signals.queue.iter().map(|p| p.signo).filter(|&s| newly & bit(s) != 0).collect();
            left.into_iter().for_each(|signo| self.choose(signo));
        }
    }

    /// Waits under another mask from now on; the old one comes back when signals have been delivered.
    pub(crate) fn suspend(&mut self, mask: Set) {
        let before = self.me().signals.blocked;
        self.me_mut().signals.saved = Some(before);
        self.set_blocked(mask);
    }

    /// Ends such a wait that no signal has ended.
    pub(crate) fn unsuspend(&mut self) {
        if let Some(saved) = self.me_mut().signals.saved.take() {
            self.set_blocked(saved);
        }
    }

    /// Notes that the call in progress, whose first argument was `x0`, ends because of a signal. Answers whether
    /// it will start again.
    pub(crate) fn interrupt(&mut self, x0: u64) -> bool {
        let restarts = self.next_signal().is_some_and(|p| {
            let action = self.signals.actions[p.signo as usize];
            action.handler > SIG_IGN && action.flags & SA_RESTART != 0
        });
        self.me_mut().signals.interrupted = restarts.then_some(x0);
        restarts
    }

    /// A fault of the current thread. It cannot be held back: if blocked or ignored, it acts by default.
    pub(crate) fn raise_fault(&mut self, fault: FaultSignal) {
        let blocked = self.me().signals.blocked & bit(fault.signo) != 0;
        let action = &mut self.signals.actions[fault.signo as usize];
        if blocked || action.handler == SIG_IGN {
            *action = Action::default();
            self.me_mut().signals.blocked &= !bit(fault.signo);
        }
        let mut bytes = info(fault.signo, fault.code);
        bytes[16..24].copy_from_slice(&fault.addr.to_le_bytes());
        self.me_mut().signals.queue.push_front(Pending {
            signo: fault.signo,
            info: bytes,
            fault: Some((fault.addr, fault.esr)),
            timer: None,
        });
    }

    /// Whether something waits that the current thread does not block.
    pub(crate) fn has_deliverable(&self) -> bool {
        self.next_signal().is_some()
    }

    /// The signal that the current thread takes next, and whether it is one of its own.
    fn next_signal(&self) -> Option<&Pending> {
        let signals = &self.me().signals;
        if let Some(n) = first(&signals.queue, |p| signals.open(p)) {
            return signals.queue.get(n);
        }
        let shared = &self.signals.queue;
        first(shared, |p| signals.chosen && signals.open(p)).and_then(|n| shared.get(n))
    }

    fn take_next(&mut self) -> Option<Pending> {
        let taken = self.remove_next();
        self.taken(taken)
    }

    /// What follows when a signal has left its queue.
    fn taken(&mut self, pending: Option<Pending>) -> Option<Pending> {
        let mut pending = pending?;
        if let Some(id) = pending.timer {
            let overrun = self.timer_taken(id);
            pending.info[20..24].copy_from_slice(&overrun.to_le_bytes());
        }
        self.show_waiting();
        Some(pending)
    }

    fn remove_next(&mut self) -> Option<Pending> {
        let signals = &mut self.me_mut().signals;
        if let Some(n) = first(&signals.queue, |p| signals.blocked & bit(p.signo) == 0) {
            return signals.queue.remove(n);
        }
        let blocked = signals.blocked;
        if !signals.chosen {
            return None;
        }
        let Some(n) = first(&self.signals.queue, |p| blocked & bit(p.signo) == 0) else {
            self.me_mut().signals.chosen = false;
            return None;
        };
        self.signals.queue.remove(n)
    }

    /// Takes the signal of `set` that goes first, blocked or not.
    fn take_from(&mut self, set: Set) -> Option<Pending> {
        let wanted = |queue: &VecDeque<Pending>| {
            let all = queue.iter().enumerate().filter(|(_, p)| set & bit(p.signo) != 0);
            all.min_by_key(|(n, p)| (p.signo, *n)).map(|(n, _)| n)
        };
        let own = &mut self.me_mut().signals.queue;
        let taken = match wanted(own) {
            Some(n) => own.remove(n),
            None => wanted(&self.signals.queue).and_then(|n| self.signals.queue.remove(n)),
        };
        self.taken(taken)
    }
}

/// Whether a signal ends the wait of the call in progress: one that enters a handler or ends the process. One that
/// does nothing is dropped, and after one that stops the process the wait goes on.
pub(super) fn interrupts(c: &mut Call<'_>) -> bool {
    c.k.take_host_signals();
    while let Some(pending) = c.k.next_signal() {
        let signo = pending.signo;
        let stops = c.k.signals.actions[signo as usize].handler == SIG_DFL
            && default_action(signo) == SignalAction::Stopped;
        if pending.fault.is_some() || !(stops || c.k.is_idle(signo)) {
            return true;
        }
        c.k.take_next();
        if stops && c.k.can_stop() {
            c.k.stop(signo);
        }
    }
    false
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
        let Some(pending) = k.take_next() else {
            k.unsuspend();
            k.me_mut().signals.interrupted = None;
            if k.has_deliverable() {
                continue; // the mask of before lets more through
            }
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
        if done == SignalAction::Stopped && k.can_stop() {
            k.stop(pending.signo);
        }
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
    if let Some(x0) = k.me_mut().signals.interrupted.take()
        && action.flags & SA_RESTART != 0
    {
        regs.x[0] = x0;
        regs.pc = regs.pc.wrapping_sub(4);
    }
    rseq::interrupt(k, &mut regs, door)?;
    let altstack = k.me().signals.altstack;
    let mut top = regs.sp;
    if action.flags & SA_ONSTACK != 0 && altstack.1 & SS_DISABLE == 0 && !on_altstack(altstack, top) {
        top = altstack.0.wrapping_add(altstack.2);
    }
    // The frame record lies above the frame; both keep the stack 16-aligned.
    let record = top.wrapping_sub(16) & !15;
    let base = record.wrapping_sub(FRAME as u64);
    let signals = &mut k.me_mut().signals;
    // After a wait under another mask the handler runs under that one, and the one of before comes back behind it.
    let current = signals.blocked;
    let mask = signals.saved.take().unwrap_or(current);
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
    let mut blocked = current | action.mask;
    if action.flags & SA_NODEFER == 0 {
        blocked |= bit(pending.signo);
    }
    k.set_blocked(blocked);
    if action.flags & SA_RESETHAND != 0 {
        k.signals.actions[pending.signo as usize].handler = SIG_DFL;
    }
    if altstack.1 & SS_AUTODISARM != 0 {
        k.me_mut().signals.altstack = (0, SS_DISABLE, 0);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
