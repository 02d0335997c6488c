//! The system calls about signals.

use super::frame::{FRAME, parse_frame};
use super::{
    Action, AltStack, FaultSignal, HIGHEST, SI_KERNEL, SIG_DFL, SIG_IGN, SS_AUTODISARM, SS_DISABLE,
    SS_ONSTACK, UNSTOPPABLE, bit, default_action, info, number, on_altstack,
};
use crate::engine::to_image;
use crate::host::Errno;
use crate::kernel::effects::Change;
use crate::kernel::family::Letter;
use crate::kernel::park::Wait;
use crate::kernel::{Call, Handler, Kernel, SysResult};
use traces::Tid;
use traces::event::SignalAction;

pub(in crate::kernel) const CALLS: &[(u32, Handler)] = &[
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

/// Smallest alternate stack (arch/arm64/include/uapi/asm/signal.h).
const MINSIGSTKSZ: u64 = 5120;
/// The flags of an action that are kept (UAPI_SA_FLAGS); the others read back as 0, SA_UNSUPPORTED among them.
const KNOWN_FLAGS: u64 = 0xDC00_0807;
const SI_TKILL: i32 = -6;

fn rt_sigreturn(c: &mut Call<'_>) -> SysResult {
    let old = c.vcpu.regs();
    let frame =
        if old.sp.is_multiple_of(16) { c.door.read_array::<FRAME>(old.sp) } else { Err(Errno::EFAULT) };
    let Some((mut regs, mask, altstack)) = frame.ok().as_ref().and_then(parse_frame) else {
        let fault = FaultSignal { signo: number::SIGSEGV, code: SI_KERNEL, addr: 0, esr: 0 };
        c.k.raise_fault(fault);
        return Ok(c.args[0]);
    };
    regs.tpidr_el0 = old.tpidr_el0;
    regs.tpidrro_el0 = old.tpidrro_el0;
    c.vcpu.set_regs(&regs);
    c.door.log().change(Change::Regs(&to_image(&regs)));
    c.regs_replaced = true;
    c.k.set_blocked(mask);
    // A stack that cannot be set, such as one that is in use, stays as it is; Linux ignores that, too.
    let _ = set_altstack(c.k, regs.sp, altstack);
    Ok(regs.x[0])
}

/// A signal number that a guest gave.
pub(in crate::kernel) fn valid(signo: i32) -> Result<u32, Errno> {
    u32::try_from(signo).ok().filter(|s| (1..=HIGHEST).contains(s)).ok_or(Errno::EINVAL)
}

fn rt_sigaction(c: &mut Call<'_>) -> SysResult {
    let [_, new, old, size, ..] = c.args;
    if size != 8 {
        return Err(Errno::EINVAL);
    }
    let wanted = if new == 0 { None } else { Some(c.door.read_array::<32>(new)?) };
    let signo = valid(c.int(0))?;
    if new != 0 && bit(signo) & UNSTOPPABLE != 0 {
        return Err(Errno::EINVAL);
    }
    let before = c.k.signals.actions[signo as usize];
    let words = [before.handler, before.flags, before.restorer, before.mask];
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    if let Some(bytes) = wanted {
        let word = |n: usize| u64::from_le_bytes(bytes[8 * n..8 * n + 8].try_into().expect("8 bytes"));
        c.k.signals.actions[signo as usize] = Action {
            handler: word(0),
            flags: word(1) & KNOWN_FLAGS,
            restorer: word(2),
            mask: word(3) & !UNSTOPPABLE,
        };
        let ignored =
            word(0) == SIG_IGN || (word(0) == SIG_DFL && default_action(signo) == SignalAction::Ignored);
        if ignored {
            c.k.drop_pending(bit(signo));
        }
    }
    c.door.write_optional(old, &bytes)?;
    Ok(0)
}

fn rt_sigprocmask(c: &mut Call<'_>) -> SysResult {
    let [_, new, old, size, ..] = c.args;
    if size != 8 {
        return Err(Errno::EINVAL);
    }
    let before = c.k.me().signals.blocked;
    if new != 0 {
        let set = c.door.read_u64(new)?;
        let blocked = match c.int(0) {
            0 => before | set,
            1 => before & !set,
            2 => set,
            _ => return Err(Errno::EINVAL),
        };
        c.k.set_blocked(blocked);
    }
    c.door.write_optional(old, &before.to_le_bytes())?;
    Ok(0)
}

fn rt_sigpending(c: &mut Call<'_>) -> SysResult {
    let [at, size, ..] = c.args;
    let size = usize::try_from(size).ok().filter(|&size| size <= 8).ok_or(Errno::EINVAL)?;
    let mine = &c.k.me().signals;
    let waiting = c.k.signals.queue.iter().chain(&mine.queue).fold(0, |set, p| set | bit(p.signo));
    let set = waiting & mine.blocked;
    c.door.write(at, &set.to_le_bytes()[..size])?;
    Ok(0)
}

fn rt_sigsuspend(c: &mut Call<'_>) -> SysResult {
    if c.args[1] != 8 {
        return Err(Errno::EINVAL);
    }
    if !c.resume.again {
        let mask = c.door.read_u64(c.args[0])?;
        c.k.suspend(mask);
    }
    Err(c.park(Wait::forever()))
}

fn rt_sigtimedwait(c: &mut Call<'_>) -> SysResult {
    let [set, at, timeout, size, ..] = c.args;
    if size != 8 {
        return Err(Errno::EINVAL);
    }
    let set = c.door.read_u64(set)? & !UNSTOPPABLE;
    if !c.resume.again && timeout != 0 {
        let length = crate::kernel::time::read_timespec(c, timeout)?.0;
        c.deadline_after(length);
    }
    c.k.take_host_signals();
    if let Some(pending) = c.k.take_from(set) {
        c.door.write_optional(at, &pending.info)?;
        return Ok(pending.signo.into());
    }
    if c.is_over() {
        return Err(Errno::EAGAIN);
    }
    let wait = Wait { signals: set, ..Wait::forever().or_until(c.resume.deadline) };
    Err(c.park(wait))
}

/// The siginfo of a signal that the guest sends itself.
pub(in crate::kernel) fn from_user(c: &Call<'_>, signo: u32, code: i32) -> [u8; 128] {
    let mut bytes = info(signo, code);
    bytes[16..20].copy_from_slice(&c.k.pid.to_le_bytes());
    bytes[20..24].copy_from_slice(&c.k.ids.uid.real.to_le_bytes());
    bytes
}

/// The thread that a pid_t argument names.
fn thread(c: &Call<'_>, tid: i32) -> Result<Tid, Errno> {
    let tid = u32::try_from(tid).ok().filter(|&tid| tid > 0).map(Tid).ok_or(Errno::EINVAL)?;
    c.k.threads.get(tid).map(|_| tid).ok_or(Errno::ESRCH)
}

/// Checks that a pid_t argument names this process.
fn require_self(c: &Call<'_>, pid: i32) -> Result<(), Errno> {
    match pid {
        ..=0 => Err(Errno::EINVAL),
        pid if pid.cast_unsigned() == c.k.pid => Ok(()),
        _ => Err(Errno::ESRCH),
    }
}

fn send_to_thread(c: &mut Call<'_>, tid: i32, signo: i32) -> SysResult {
    let tid = thread(c, tid)?;
    if signo != 0 {
        let signo = valid(signo)?;
        let bytes = from_user(c, signo, SI_TKILL);
        c.k.signal_thread(tid, signo, bytes)?;
    }
    Ok(0)
}

/// Sends a signal to another process, or to thread `tid` of it; no signal only asks whether it is there. That a
/// thread other than the first is gone is not known here.
fn send_abroad(c: &mut Call<'_>, pid: u32, tid: u32, given: Option<(u32, [u8; 128])>) -> SysResult {
    let process = c.k.family.find(pid).ok_or(Errno::ESRCH)?;
    if let Some((signo, info)) = given {
        c.k.family.post(&process, &Letter { signo, tid, info });
    }
    Ok(0)
}

/// The signal of tkill and tgkill.
fn from_thread(c: &Call<'_>, signo: i32) -> Result<Option<(u32, [u8; 128])>, Errno> {
    if signo == 0 {
        return Ok(None);
    }
    let signo = valid(signo)?;
    Ok(Some((signo, from_user(c, signo, SI_TKILL))))
}

fn tkill(c: &mut Call<'_>) -> SysResult {
    match thread(c, c.int(0)) {
        Err(Errno::ESRCH) => {
            let given = from_thread(c, c.int(1))?;
            send_abroad(c, c.uint(0), c.uint(0), given)
        }
        _ => send_to_thread(c, c.int(0), c.int(1)),
    }
}

fn tgkill(c: &mut Call<'_>) -> SysResult {
    if c.int(1) > 0 && require_self(c, c.int(0)) == Err(Errno::ESRCH) {
        let given = from_thread(c, c.int(2))?;
        return send_abroad(c, c.uint(0), c.uint(1), given);
    }
    require_self(c, c.int(0))?;
    send_to_thread(c, c.int(1), c.int(2))
}

/// Refuses a siginfo that claims to come from the kernel or from kill, where it is for somebody else.
fn check_claim(given: Option<&(u32, [u8; 128])>) -> Result<(), Errno> {
    let Some((_, info)) = given else { return Ok(()) };
    let code = i32::from_le_bytes(info[8..12].try_into().expect("4 bytes"));
    if code >= 0 || code == SI_TKILL { Err(Errno::EPERM) } else { Ok(()) }
}

/// A siginfo that the guest made up for signal `signo`; none for signal 0.
fn given_info(c: &Call<'_>, signo: i32, at: u64) -> Result<Option<(u32, [u8; 128])>, Errno> {
    let mut bytes: [u8; 128] = c.door.read_array(at)?;
    if signo == 0 {
        return Ok(None);
    }
    let signo = valid(signo)?;
    bytes[..4].copy_from_slice(&signo.to_le_bytes());
    Ok(Some((signo, bytes)))
}

fn rt_sigqueueinfo(c: &mut Call<'_>) -> SysResult {
    let given = given_info(c, c.int(1), c.args[2])?;
    if c.uint(0) != c.k.pid {
        check_claim(given.as_ref())?;
        return send_abroad(c, c.uint(0), 0, given);
    }
    if let Some((signo, bytes)) = given {
        c.k.signal_process(signo, bytes)?;
    }
    Ok(0)
}

fn rt_tgsigqueueinfo(c: &mut Call<'_>) -> SysResult {
    let given = given_info(c, c.int(2), c.args[3])?;
    require_self(c, c.int(0))?;
    let tid = thread(c, c.int(1))?;
    if let Some((signo, bytes)) = given {
        c.k.signal_thread(tid, signo, bytes)?;
    }
    Ok(0)
}

fn set_altstack(k: &mut Kernel, sp: u64, new: AltStack) -> Result<(), Errno> {
    let (base, flags, size) = new;
    let altstack = &mut k.me_mut().signals.altstack;
    if on_altstack(*altstack, sp) {
        return Err(Errno::EPERM);
    }
    match flags & !SS_AUTODISARM {
        SS_DISABLE => *altstack = (0, flags, 0),
        0 | SS_ONSTACK if size < MINSIGSTKSZ => return Err(Errno::ENOMEM),
        0 | SS_ONSTACK => *altstack = (base, flags & SS_AUTODISARM, size),
        _ => return Err(Errno::EINVAL),
    }
    Ok(())
}

fn sigaltstack(c: &mut Call<'_>) -> SysResult {
    let [new, old, ..] = c.args;
    let sp = c.vcpu.regs().sp;
    let (base, mut flags, size) = c.k.me().signals.altstack;
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
