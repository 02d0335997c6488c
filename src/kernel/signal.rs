//! Signals of a single thread: actions, masks, queue, delivery to a handler or by default.
//!
//! The frame is arm64's struct rt_sigframe (arch/arm64/kernel/signal.c, include/uapi/asm/sigcontext.h) with
//! an fpsimd_context, for faults an esr_context, and the frame record that lets unwinders pass.

use super::door::Door;
use super::effects::{Change, Stamp};
use super::identity::PID;
use super::{Call, Handler, Kernel, SysResult};
use crate::engine::{Regs, Vcpu, to_image};
use crate::guest::layout::VDSO_BASE;
use crate::host::{self, Errno};
use std::collections::VecDeque;
use traces::event::{Body, EndStatus, Signal, SignalAction};

pub(super) const CALLS: &[(u32, Handler)] = &[
    (129, kill),
    (130, tkill),
    (131, tgkill),
    (132, sigaltstack),
    (133, rt_sigsuspend),
    (134, rt_sigaction),
    (135, rt_sigprocmask),
    (136, rt_sigpending),
    (137, rt_sigtimedwait),
    (138, rt_sigqueueinfo),
    (139, rt_sigreturn),
    (240, rt_tgsigqueueinfo),
];

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
const SA_NODEFER: u64 = 0x4000_0000;
const SA_RESETHAND: u64 = 0x8000_0000;
const SS_ONSTACK: u32 = 1;
const SS_DISABLE: u32 = 2;
const SS_AUTODISARM: u32 = 1 << 31;
const MINSIGSTKSZ: u64 = 5120;
const SI_USER: i32 = 0;
const SI_TKILL: i32 = -6;
const SI_KERNEL: i32 = 0x80;
/// Real-time signals that may wait at a time, elfuse's and Linux's RLIMIT_SIGPENDING in spirit.
const QUEUE_LIMIT: usize = 1024;

// Offsets in the frame.
const UC: usize = 128;
const UC_STACK: usize = 144;
const UC_SIGMASK: usize = 168;
const FAULT_ADDRESS: usize = 304;
const REGS: usize = 312;
const SP: usize = 560;
const PC: usize = 568;
const PSTATE: usize = 576;
const FPSIMD: usize = 592;
const ESR: usize = FPSIMD + 528;
const FRAME: usize = 4688;
const FPSIMD_MAGIC: u32 = 0x4650_8001;
const ESR_MAGIC: u32 = 0x4553_5201;

/// A set of signals: bit n-1 for signal n.
type Set = u64;

fn bit(signal: u32) -> Set {
    1 << (signal - 1)
}

/// SIGKILL and SIGSTOP, which nobody blocks or catches.
const UNSTOPPABLE: Set = (1 << (SIGKILL - 1)) | (1 << (SIGSTOP - 1));

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
    /// The mask to go back to after rt_sigsuspend.
    saved: Option<Set>,
    queue: VecDeque<Pending>,
    altstack: (u64, u32, u64),
}

impl Default for Signals {
    fn default() -> Self {
        Signals {
            actions: [Action::default(); 65],
            blocked: 0,
            saved: None,
            queue: VecDeque::new(),
            altstack: (0, SS_DISABLE, 0),
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
    fn queue(&mut self, signo: u32, info: [u8; 128], fault: Option<(u64, u64)>) {
        let standard_twice = signo < 32 && self.queue.iter().any(|p| p.signo == signo);
        if !standard_twice && self.queue.len() < QUEUE_LIMIT {
            self.queue.push_back(Pending { signo, info, fault });
        }
    }

    /// SIGPIPE for a write to a pipe that nobody reads.
    pub(crate) fn raise_sigpipe(&mut self) {
        self.queue(SIGPIPE, info(SIGPIPE, SI_USER), None);
    }

    /// Signals that the host sent to this process: bit n-1 for signal n.
    pub(crate) fn raise_from_host(&mut self, set: Set) {
        for signo in (1..=HIGHEST).filter(|&s| set & bit(s) != 0) {
            self.queue(signo, info(signo, SI_KERNEL), None);
        }
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

    fn next(&mut self) -> Option<Pending> {
        let at = self.queue.iter().position(|p| self.blocked & bit(p.signo) == 0)?;
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

/// Delivers what is pending, until a handler is entered or nothing is left. Called when the guest is about to
/// run again; `stamp` says where.
pub(crate) fn deliver(k: &mut Kernel, vcpu: &mut dyn Vcpu, door: &mut Door<'_>, stamp: Stamp) {
    while k.process.ended.is_none() {
        let Some(pending) = k.signals.next() else {
            if let Some(mask) = k.signals.saved.take() {
                k.signals.blocked = mask;
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
        if done == SignalAction::Handler {
            return;
        }
    }
}

fn on_altstack(altstack: (u64, u32, u64), sp: u64) -> bool {
    let (base, flags, size) = altstack;
    flags & SS_DISABLE == 0 && sp > base && sp - base <= size
}

fn enter_handler(
    k: &mut Kernel,
    vcpu: &mut dyn Vcpu,
    door: &mut Door<'_>,
    pending: &Pending,
    action: Action,
) -> Result<(), Errno> {
    let mut regs = vcpu.regs();
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
    regs.x[30] = if action.flags & SA_RESTORER != 0 { action.restorer } else { VDSO_BASE + 0xE0 };
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

fn build_frame(regs: &Regs, pending: &Pending, altstack: (u64, u32, u64), mask: Set) -> Vec<u8> {
    let mut frame = vec![0; FRAME];
    let mut put = |at: usize, bytes: &[u8]| frame[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &pending.info);
    put(UC_STACK, &altstack.0.to_le_bytes());
    put(UC_STACK + 8, &altstack.1.to_le_bytes());
    put(UC_STACK + 16, &altstack.2.to_le_bytes());
    put(UC_SIGMASK, &mask.to_le_bytes());
    for (n, x) in regs.x.iter().enumerate() {
        put(REGS + 8 * n, &x.to_le_bytes());
    }
    put(SP, &regs.sp.to_le_bytes());
    put(PC, &regs.pc.to_le_bytes());
    put(PSTATE, &u64::from(regs.nzcv).to_le_bytes());
    put(FPSIMD, &FPSIMD_MAGIC.to_le_bytes());
    put(FPSIMD + 4, &528u32.to_le_bytes());
    put(FPSIMD + 8, &regs.fpsr.to_le_bytes());
    put(FPSIMD + 12, &regs.fpcr.to_le_bytes());
    for (n, v) in regs.v.iter().enumerate() {
        put(FPSIMD + 16 + 16 * n, &v.to_le_bytes());
    }
    if let Some((far, esr)) = pending.fault {
        put(FAULT_ADDRESS, &far.to_le_bytes());
        put(ESR, &ESR_MAGIC.to_le_bytes());
        put(ESR + 4, &16u32.to_le_bytes());
        put(ESR + 8, &esr.to_le_bytes());
    }
    frame
}

/// Reads a frame back; none if it is not one.
fn parse_frame(frame: &[u8; FRAME]) -> Option<(Regs, Set, (u64, u32, u64))> {
    let word = |at: usize| u64::from_le_bytes(frame[at..at + 8].try_into().expect("8 bytes"));
    let half = |at: usize| u32::from_le_bytes(frame[at..at + 4].try_into().expect("4 bytes"));
    if half(FPSIMD) != FPSIMD_MAGIC || half(FPSIMD + 4) != 528 {
        return None;
    }
    let mut regs = Regs { sp: word(SP), pc: word(PC), ..Regs::default() };
    for n in 0..31 {
        regs.x[n] = word(REGS + 8 * n);
    }
    for n in 0..32 {
        let at = FPSIMD + 16 + 16 * n;
        regs.v[n] = u128::from_le_bytes(frame[at..at + 16].try_into().expect("16 bytes"));
    }
    regs.nzcv = half(PSTATE) & 0xF000_0000;
    regs.fpsr = half(FPSIMD + 8);
    regs.fpcr = half(FPSIMD + 12);
    let altstack = (word(UC_STACK), half(UC_STACK + 8), word(UC_STACK + 16));
    Some((regs, word(UC_SIGMASK), altstack))
}

fn rt_sigreturn(c: &mut Call<'_>) -> SysResult {
    let old = c.vcpu.regs();
    let frame =
        if old.sp.is_multiple_of(16) { c.door.read_array::<FRAME>(old.sp) } else { Err(Errno::EFAULT) };
    let Some((mut regs, mask, altstack)) = frame.ok().as_ref().and_then(parse_frame) else {
        let fault = FaultSignal { signo: number::SIGSEGV, code: SI_KERNEL, addr: 0, esr: 0 };
        c.k.signals.raise_fault(fault);
        return Ok(c.args[0]);
    };
    regs.tpidr_el0 = old.tpidr_el0;
    regs.tpidrro_el0 = old.tpidrro_el0;
    c.vcpu.set_regs(&regs);
    c.door.log().change(Change::Regs(&to_image(&regs)));
    c.regs_replaced = true;
    c.k.signals.blocked = mask & !UNSTOPPABLE;
    if set_altstack(c.k, regs.sp, altstack).is_err() {
        c.k.signals.altstack = (0, SS_DISABLE, 0);
    }
    Ok(regs.x[0])
}

fn valid(signo: i32) -> Result<u32, Errno> {
    u32::try_from(signo).ok().filter(|s| (1..=HIGHEST).contains(s)).ok_or(Errno::EINVAL)
}

fn rt_sigaction(c: &mut Call<'_>) -> SysResult {
    let signo = valid(c.int(0))?;
    let [_, new, old, size, ..] = c.args;
    if size != 8 || (new != 0 && bit(signo) & UNSTOPPABLE != 0) {
        return Err(Errno::EINVAL);
    }
    let before = c.k.signals.actions[signo as usize];
    let wanted = if new == 0 { None } else { Some(c.door.read_array::<32>(new)?) };
    let words = [before.handler, before.flags, before.restorer, before.mask];
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    c.door.write_optional(old, &bytes)?;
    if let Some(bytes) = wanted {
        let word = |n: usize| u64::from_le_bytes(bytes[8 * n..8 * n + 8].try_into().expect("8 bytes"));
        c.k.signals.actions[signo as usize] =
            Action { handler: word(0), flags: word(1), restorer: word(2), mask: word(3) & !UNSTOPPABLE };
        let ignored =
            word(0) == SIG_IGN || (word(0) == SIG_DFL && default_action(signo) == SignalAction::Ignored);
        if ignored {
            c.k.signals.queue.retain(|p| p.signo != signo);
        }
    }
    Ok(0)
}

fn rt_sigprocmask(c: &mut Call<'_>) -> SysResult {
    let [_, new, old, size, ..] = c.args;
    if size != 8 {
        return Err(Errno::EINVAL);
    }
    let before = c.k.signals.blocked;
    if new != 0 {
        let set = c.door.read_u64(new)?;
        let blocked = match c.int(0) {
            0 => before | set,
            1 => before & !set,
            2 => set,
            _ => return Err(Errno::EINVAL),
        };
        c.k.signals.blocked = blocked & !UNSTOPPABLE;
    }
    c.door.write_optional(old, &before.to_le_bytes())?;
    Ok(0)
}

fn rt_sigpending(c: &mut Call<'_>) -> SysResult {
    let waiting = c.k.signals.queue.iter().fold(0, |set, p| set | bit(p.signo));
    let set = waiting & c.k.signals.blocked;
    let at = c.args[0];
    c.door.write(at, &set.to_le_bytes())?;
    Ok(0)
}

fn rt_sigsuspend(c: &mut Call<'_>) -> SysResult {
    if c.args[1] != 8 {
        return Err(Errno::EINVAL);
    }
    let mask = c.door.read_u64(c.args[0])? & !UNSTOPPABLE;
    let signals = &mut c.k.signals;
    signals.saved = Some(signals.blocked);
    signals.blocked = mask;
    c.door.log().will_block();
    while !c.k.signals.has_deliverable() {
        let _ = host::sleep_until(u64::MAX); // until a signal comes
        c.k.signals.raise_from_host(host::take_signals());
    }
    Err(Errno::EINTR)
}

fn rt_sigtimedwait(c: &mut Call<'_>) -> SysResult {
    let [set, at, timeout, size, ..] = c.args;
    if size != 8 {
        return Err(Errno::EINVAL);
    }
    let set = c.door.read_u64(set)? & !UNSTOPPABLE;
    let deadline = if timeout == 0 {
        u64::MAX
    } else {
        let length = super::time::read_timespec(c, timeout)?.0;
        host::monotonic_ns().saturating_add(length)
    };
    loop {
        if let Some(found) = c.k.signals.queue.iter().position(|p| set & bit(p.signo) != 0) {
            let pending = c.k.signals.queue.remove(found).expect("it was just found");
            c.door.write_optional(at, &pending.info)?;
            return Ok(pending.signo.into());
        }
        if c.k.signals.has_deliverable() {
            return Err(Errno::EINTR);
        }
        c.door.log().will_block();
        let slept = host::sleep_until(deadline);
        c.k.signals.raise_from_host(host::take_signals());
        if slept.is_ok() {
            return Err(Errno::EAGAIN);
        }
    }
}

/// Sends a signal to ourselves; 0 only asks whether we are there.
fn send(c: &mut Call<'_>, signo: i32, code: i32) -> SysResult {
    if signo == 0 {
        return Ok(0);
    }
    let signo = valid(signo)?;
    let mut bytes = info(signo, code);
    bytes[16..20].copy_from_slice(&1u32.to_le_bytes());
    bytes[20..24].copy_from_slice(&c.k.ids.uid.real.to_le_bytes());
    c.k.signals.queue(signo, bytes, None);
    Ok(0)
}

fn kill(c: &mut Call<'_>) -> SysResult {
    // The guest is its own process group, and there are no other processes that it may signal.
    match c.int(0) {
        1 | 0 => send(c, c.int(1), SI_USER),
        _ => Err(Errno::ESRCH),
    }
}

fn tkill(c: &mut Call<'_>) -> SysResult {
    if c.args[0] != u64::from(c.k.tid.0) {
        return Err(Errno::ESRCH);
    }
    send(c, c.int(1), SI_TKILL)
}

fn tgkill(c: &mut Call<'_>) -> SysResult {
    if c.args[0] != PID || c.args[1] != u64::from(c.k.tid.0) {
        return Err(Errno::ESRCH);
    }
    send(c, c.int(2), SI_TKILL)
}

fn queue_info(c: &mut Call<'_>, signo: i32, at: u64) -> SysResult {
    let mut bytes: [u8; 128] = c.door.read_array(at)?;
    let signo = valid(signo)?;
    bytes[..4].copy_from_slice(&signo.to_le_bytes());
    c.k.signals.queue(signo, bytes, None);
    Ok(0)
}

fn rt_sigqueueinfo(c: &mut Call<'_>) -> SysResult {
    if c.args[0] != PID { Err(Errno::ESRCH) } else { queue_info(c, c.int(1), c.args[2]) }
}

fn rt_tgsigqueueinfo(c: &mut Call<'_>) -> SysResult {
    if c.args[0] != PID || c.args[1] != u64::from(c.k.tid.0) {
        return Err(Errno::ESRCH);
    }
    queue_info(c, c.int(2), c.args[3])
}

fn set_altstack(k: &mut Kernel, sp: u64, new: (u64, u32, u64)) -> Result<(), Errno> {
    let (base, flags, size) = new;
    if on_altstack(k.signals.altstack, sp) {
        return Err(Errno::EPERM);
    }
    match flags & !SS_AUTODISARM {
        SS_DISABLE => k.signals.altstack = (0, SS_DISABLE, 0),
        0 | SS_ONSTACK if size < MINSIGSTKSZ => return Err(Errno::ENOMEM),
        0 | SS_ONSTACK => k.signals.altstack = (base, flags & SS_AUTODISARM, size),
        _ => return Err(Errno::EINVAL),
    }
    Ok(())
}

fn sigaltstack(c: &mut Call<'_>) -> SysResult {
    let [new, old, ..] = c.args;
    let sp = c.vcpu.regs().sp;
    let (base, mut flags, size) = c.k.signals.altstack;
    if on_altstack((base, flags, size), sp) {
        flags |= SS_ONSTACK;
    }
    let wanted = if new == 0 { None } else { Some(c.door.read_array::<24>(new)?) };
    if let Some(bytes) = wanted {
        let base = u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes"));
        let flags = u32::from_le_bytes(bytes[8..12].try_into().expect("4 bytes"));
        let size = u64::from_le_bytes(bytes[16..].try_into().expect("8 bytes"));
        set_altstack(c.k, sp, (base, flags, size))?;
    }
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&base.to_le_bytes());
    bytes[8..12].copy_from_slice(&flags.to_le_bytes());
    bytes[16..].copy_from_slice(&size.to_le_bytes());
    c.door.write_optional(old, &bytes)?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_reads_back_as_the_state_that_it_was_built_from() {
        let mut regs = Regs { sp: 0x7FF0, pc: 0x40_0100, nzcv: 0x6000_0000, ..Regs::default() };
        regs.x[30] = 30;
        regs.v[31] = u128::MAX;
        regs.fpsr = 0x10;
        let pending = Pending { signo: 11, info: info(11, 1), fault: Some((0x123, 0x9200_0046)) };
        let frame = build_frame(&regs, &pending, (0x1000, 0, 0x8000), 0x55);
        assert_eq!(frame.len(), FRAME);
        assert_eq!(frame[FAULT_ADDRESS], 0x23);
        let frame: [u8; FRAME] = frame.try_into().unwrap();
        assert_eq!(parse_frame(&frame), Some((regs, 0x55, (0x1000, 0, 0x8000))));
        assert_eq!(parse_frame(&[0; FRAME]), None);
    }

    #[test]
    fn standard_signals_do_not_queue_twice_and_blocked_ones_wait() {
        let mut signals = Signals::default();
        signals.queue(10, info(10, 0), None);
        signals.queue(10, info(10, 0), None);
        signals.queue(40, info(40, 0), None);
        signals.queue(40, info(40, 0), None);
        signals.blocked = bit(10);
        assert_eq!(signals.next().map(|p| p.signo), Some(40));
        assert_eq!(signals.next().map(|p| p.signo), Some(40));
        assert!(signals.next().is_none() && !signals.has_deliverable());
        signals.blocked = 0;
        assert_eq!(signals.next().map(|p| p.signo), Some(10));
        assert!(signals.next().is_none());
    }
}
