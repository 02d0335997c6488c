//! clone and clone3: what they ask for, and new threads; new processes are in `fork` (kernel/fork.c).

use super::thread::{LIMIT, Thread};
use super::{Call, Handler, SysResult, fork};
use crate::host::Errno;
use traces::Tid;

pub(super) const CALLS: &[(u32, Handler)] = &[(220, clone), (435, clone3)];

/// Flags of clone (include/uapi/linux/sched.h).
pub(super) mod flag {
    pub(crate) const VM: u64 = 0x100;
    pub(crate) const FS: u64 = 0x200;
    pub(crate) const FILES: u64 = 0x400;
    pub(crate) const SIGHAND: u64 = 0x800;
    pub(crate) const PIDFD: u64 = 0x1000;
    pub(crate) const VFORK: u64 = 0x4000;
    pub(crate) const PARENT: u64 = 0x8000;
    pub(crate) const THREAD: u64 = 0x1_0000;
    pub(crate) const NEWNS: u64 = 0x2_0000;
    pub(crate) const SETTLS: u64 = 0x8_0000;
    pub(crate) const PARENT_SETTID: u64 = 0x10_0000;
    pub(crate) const CHILD_CLEARTID: u64 = 0x20_0000;
    pub(crate) const DETACHED: u64 = 0x40_0000;
    pub(crate) const CHILD_SETTID: u64 = 0x100_0000;
    /// What makes a new namespace: only for the privileged, and nobody is here.
    pub(crate) const NAMESPACES: u64 = NEWNS | 0x7E00_0000 | 0x80;
    pub(crate) const CLEAR_SIGHAND: u64 = 0x1_0000_0000;
    pub(crate) const INTO_CGROUP: u64 = 0x2_0000_0000;
}

/// What is asked for, whichever call asks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub(super) flags: u64,
    /// Where pidfd goes.
    pub(super) pidfd: u64,
    pub(super) child_tid: u64,
    pub(super) parent_tid: u64,
    pub(super) exit_signal: u64,
    /// Stack pointer, 0 for the caller's.
    pub(super) sp: u64,
    pub(super) tls: u64,
}

fn clone(c: &mut Call<'_>) -> SysResult {
    const SIGNAL: u64 = 0xFF;
    let [flags, sp, parent_tid, tls, child_tid, _] = c.args;
    // The upper half of the flags is for clone3; CLONE_PIDFD returns its descriptor where the parent's id went.
    let flags = flags & 0xFFFF_FFFF;
    let wanted = Wanted {
        flags: flags & !SIGNAL & !flag::DETACHED,
        pidfd: parent_tid,
        child_tid,
        parent_tid,
        exit_signal: flags & SIGNAL,
        sp,
        tls,
    };
    if flags & flag::PIDFD != 0 && flags & (flag::PARENT_SETTID | flag::DETACHED) != 0 {
        return Err(Errno::EINVAL);
    }
    start(c, &wanted)
}

fn clone3(c: &mut Call<'_>) -> SysResult {
    /// Bytes of the first version of struct clone_args, and of the one that is known here.
    const FIRST: u64 = 64;
    const KNOWN: usize = 88;
    let [at, size, ..] = c.args;
    if size < FIRST {
        return Err(Errno::EINVAL);
    }
    if size > crate::guest::PAGE {
        return Err(Errno::E2BIG);
    }
    let mut bytes = c.door.read_vec(at, usize::try_from(size).map_err(|_| Errno::E2BIG)?)?;
    if bytes.len() > KNOWN && bytes[KNOWN..].iter().any(|&b| b != 0) {
        return Err(Errno::E2BIG);
    }
    bytes.resize(KNOWN, 0);
    let word = |n: usize| u64::from_le_bytes(bytes[8 * n..8 * n + 8].try_into().expect("8 bytes"));
    let (stack, stack_size) = (word(5), word(6));
    let flags = word(0);
    let unknown = flags & 0xFF | flags & flag::DETACHED | flags & !0x3_FFFF_FFFF;
    if unknown != 0 || (stack == 0) != (stack_size == 0) || word(4) > 64 {
        return Err(Errno::EINVAL);
    }
    if flags & (flag::THREAD | flag::PARENT) != 0 && word(4) != 0 {
        return Err(Errno::EINVAL); // a thread sends no signal when it ends, a sibling its parent's
    }
    if flags & flag::CLEAR_SIGHAND != 0 && flags & flag::SIGHAND != 0 {
        return Err(Errno::EINVAL);
    }
    if flags & flag::INTO_CGROUP != 0 || word(9) != 0 {
        return Err(Errno::EPERM); // no control groups, and ids are ours to choose
    }
    let wanted = Wanted {
        flags,
        pidfd: word(1),
        child_tid: word(2),
        parent_tid: word(3),
        exit_signal: word(4),
        sp: stack.wrapping_add(stack_size),
        tls: word(7),
    };
    start(c, &wanted)
}

fn start(c: &mut Call<'_>, wanted: &Wanted) -> SysResult {
    let has = |flag: u64| wanted.flags & flag != 0;
    if (has(flag::THREAD) && !has(flag::SIGHAND))
        || (has(flag::SIGHAND) && !has(flag::VM))
        || (has(flag::NEWNS) && has(flag::FS))
    {
        return Err(Errno::EINVAL);
    }
    if has(flag::NAMESPACES) {
        return Err(Errno::EPERM);
    }
    if has(flag::THREAD) { thread(c, wanted) } else { fork::process(c, wanted) }
}

/// A thread of this process. It shares files and directories whatever the flags say, as every libc asks for.
fn thread(c: &mut Call<'_>, wanted: &Wanted) -> SysResult {
    let has = |flag: u64| wanted.flags & flag != 0;
    if !has(flag::FILES) || !has(flag::FS) || has(flag::PIDFD) {
        c.flags.0 |= traces::event::SvcFlags::REFUSED;
        return Err(Errno::EINVAL);
    }
    if c.k.threads.len() >= LIMIT {
        return Err(Errno::EAGAIN);
    }
    let tid = Tid(c.k.family.next_pid()?);
    let me = c.k.me();
    let mut thread = Thread::new(tid, &me.name);
    thread.signals = me.signals.inherited();
    thread.regs = c.vcpu.regs();
    thread.regs.x[0] = 0;
    if wanted.sp != 0 {
        thread.regs.sp = wanted.sp;
    }
    if has(flag::SETTLS) {
        thread.regs.tpidr_el0 = wanted.tls;
    }
    if has(flag::CHILD_CLEARTID) {
        thread.clear_child_tid = wanted.child_tid;
    }
    // Linux lets a bad address pass for both.
    let id = tid.0.to_le_bytes();
    if has(flag::PARENT_SETTID) {
        let _ = c.door.write(wanted.parent_tid, &id);
    }
    if has(flag::CHILD_SETTID) {
        let _ = c.door.write(wanted.child_tid, &id);
    }
    c.k.threads.insert(thread);
    c.k.born.push(tid);
    Ok(tid.0.into())
}
