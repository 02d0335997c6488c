//! Scheduling policy, priority and processors, as far as a guest can see them: one processor, and turns of equal
//! length whatever is set (kernel/sched/syscalls.c, kernel/sys.c).

use super::{Call, Handler, SysResult};
use crate::host::Errno;
use traces::Tid;

pub(super) const CALLS: &[(u32, Handler)] = &[
    (30, ioprio_set),
    (31, ioprio_get),
    (118, sched_setparam),
    (119, sched_setscheduler),
    (120, sched_getscheduler),
    (121, sched_getparam),
    (122, sched_setaffinity),
    (123, sched_getaffinity),
    (125, |c| priority_range(c, 99)),
    (126, |c| priority_range(c, 1)),
    (127, sched_rr_get_interval),
    (140, setpriority),
    (141, getpriority),
    (274, sched_setattr),
    (275, sched_getattr),
];

/// Bytes in a cpu_set_t of one processor, as the kernel rounds it.
const CPU_SET: usize = 8;
/// SCHED_RESET_ON_FORK, which may be added to a policy.
const RESET_ON_FORK: i32 = 0x4000_0000;
/// struct sched_attr in its first version (include/uapi/linux/sched/types.h).
const ATTR: usize = 48;

/// What a process has set for itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Policy {
    /// SCHED_OTHER, SCHED_BATCH or SCHED_IDLE.
    pub(super) policy: i32,
    /// From -20 to 19.
    pub(super) nice: i32,
    io: u32,
}

/// Checks that a pid_t argument names a thread that is here; 0 is the caller.
pub(super) fn require_here(c: &Call<'_>, n: usize) -> Result<(), Errno> {
    match c.int(n) {
        0 => Ok(()),
        tid => c.k.threads.get(Tid(tid.cast_unsigned())).map(drop).ok_or(Errno::ESRCH),
    }
}

/// The same where a negative number is none.
fn require_pid(c: &Call<'_>) -> Result<(), Errno> {
    if c.int(0) < 0 { Err(Errno::EINVAL) } else { require_here(c, 0) }
}

/// Sets a policy that an unprivileged process may have, with the only priority that it knows.
fn set(c: &mut Call<'_>, policy: i32, priority: u32) -> SysResult {
    match (policy & !RESET_ON_FORK, priority) {
        (kept @ (0 | 3 | 5), 0) => {
            c.k.process.policy.policy = kept;
            Ok(0)
        }
        (1 | 2, 1..=99) => Err(Errno::EPERM), // the real-time policies
        (6, 0) => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}

fn sched_setparam(c: &mut Call<'_>) -> SysResult {
    if c.args[1] == 0 || c.int(0) < 0 {
        return Err(Errno::EINVAL);
    }
    let priority = c.door.read_u32(c.args[1])?;
    require_pid(c)?;
    set(c, c.k.process.policy.policy, priority)
}

fn sched_setscheduler(c: &mut Call<'_>) -> SysResult {
    if c.args[2] == 0 || c.int(0) < 0 || c.int(1) < 0 {
        return Err(Errno::EINVAL);
    }
    let priority = c.door.read_u32(c.args[2])?;
    require_pid(c)?;
    set(c, c.int(1), priority)
}

fn sched_getscheduler(c: &mut Call<'_>) -> SysResult {
    require_pid(c)?;
    Ok(u64::from(c.k.process.policy.policy.cast_unsigned()))
}

fn sched_getparam(c: &mut Call<'_>) -> SysResult {
    if c.args[1] == 0 {
        return Err(Errno::EINVAL);
    }
    require_pid(c)?;
    let at = c.args[1];
    c.door.write(at, &[0; 4])?;
    Ok(0)
}

fn sched_setattr(c: &mut Call<'_>) -> SysResult {
    let at = c.args[1];
    if at == 0 || c.int(0) < 0 || c.uint(2) != 0 {
        return Err(Errno::EINVAL);
    }
    let size = c.door.read_u32(at)?;
    if size != 0 && (size as usize) < ATTR {
        return Err(Errno::E2BIG);
    }
    let bytes: [u8; ATTR] = c.door.read_array(at)?;
    let half = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
    require_pid(c)?;
    let policy = half(4);
    set(c, policy, half(20).cast_unsigned())?;
    if policy == 0 || policy == 3 { set_nice(c, half(16)) } else { Ok(0) }
}

fn sched_getattr(c: &mut Call<'_>) -> SysResult {
    let (at, size) = (c.args[1], c.uint(2));
    if at == 0
        || c.int(0) < 0
        || (size as usize) < ATTR
        || u64::from(size) > crate::guest::PAGE
        || c.uint(3) != 0
    {
        return Err(Errno::EINVAL);
    }
    require_pid(c)?;
    let Policy { policy, nice, .. } = c.k.process.policy;
    let mut bytes = [0; ATTR];
    bytes[..4].copy_from_slice(&48u32.to_le_bytes());
    bytes[4..8].copy_from_slice(&policy.to_le_bytes());
    bytes[16..20].copy_from_slice(&nice.to_le_bytes());
    c.door.write(at, &bytes)?;
    Ok(0)
}

fn priority_range(c: &mut Call<'_>, real_time: u64) -> SysResult {
    match c.int(0) {
        0 | 3 | 5 | 6 => Ok(0),
        1 | 2 => Ok(real_time),
        _ => Err(Errno::EINVAL),
    }
}

fn sched_rr_get_interval(c: &mut Call<'_>) -> SysResult {
    require_pid(c)?;
    let at = c.args[1];
    c.door.write(at, &[0; 16])?; // as for any process that is not SCHED_RR on a kernel without a tick
    Ok(0)
}

/// One processor: what determinism needs, and what the vDSO's getcpu says. It can be kept, and not be left.
fn sched_setaffinity(c: &mut Call<'_>) -> SysResult {
    let len = usize::try_from(c.uint(1)).unwrap_or(usize::MAX).min(CPU_SET);
    let mask = c.door.read_vec(c.args[2], len)?;
    require_here(c, 0)?;
    if mask.first().is_none_or(|first| first & 1 == 0) { Err(Errno::EINVAL) } else { Ok(0) }
}

fn sched_getaffinity(c: &mut Call<'_>) -> SysResult {
    if (c.uint(1) as usize) < CPU_SET || !c.uint(1).is_multiple_of(8) {
        return Err(Errno::EINVAL);
    }
    require_here(c, 0)?;
    let at = c.args[2];
    c.door.write(at, &1u64.to_le_bytes())?;
    Ok(CPU_SET as u64)
}

/// Whether `who` of a priority call means this process: itself, its group, its user.
fn require_own(c: &Call<'_>) -> Result<(), Errno> {
    const PROCESS: i32 = 0;
    const GROUP: i32 = 1;
    const USER: i32 = 2;
    match c.int(0) {
        PROCESS => require_here(c, 1),
        GROUP | USER if c.int(1) == 0 => Ok(()),
        GROUP if c.uint(1) == c.k.family.me().group => Ok(()),
        USER if c.uint(1) == c.k.ids.uid.real => Ok(()),
        GROUP | USER => Err(Errno::ESRCH),
        _ => Err(Errno::EINVAL),
    }
}

/// Only the privileged become less nice.
fn set_nice(c: &mut Call<'_>, nice: i32) -> SysResult {
    let nice = nice.clamp(-20, 19);
    if nice < c.k.process.policy.nice && c.k.ids.capabilities() == 0 {
        return Err(Errno::EACCES);
    }
    c.k.process.policy.nice = nice;
    Ok(0)
}

fn setpriority(c: &mut Call<'_>) -> SysResult {
    require_own(c)?;
    set_nice(c, c.int(2))
}

fn getpriority(c: &mut Call<'_>) -> SysResult {
    require_own(c)?;
    Ok(u64::from((20 - c.k.process.policy.nice).cast_unsigned()))
}

/// The calls on I/O priority number what `who` is from 1 on.
fn require_own_io(c: &Call<'_>) -> Result<(), Errno> {
    match c.int(0) {
        1 => require_here(c, 1),
        2 | 3 if c.int(1) == 0 => Ok(()),
        2 | 3 => Err(Errno::ESRCH),
        _ => Err(Errno::EINVAL),
    }
}

fn ioprio_set(c: &mut Call<'_>) -> SysResult {
    let wanted = c.uint(2);
    let (class, level) = (wanted >> 13, wanted & 7);
    match class {
        1 if c.k.ids.capabilities() == 0 => return Err(Errno::EPERM),
        1..=3 => {}
        0 if level == 0 => {}
        _ => return Err(Errno::EINVAL),
    }
    require_own_io(c)?;
    c.k.process.policy.io = wanted;
    Ok(0)
}

fn ioprio_get(c: &mut Call<'_>) -> SysResult {
    require_own_io(c)?;
    Ok(c.k.process.policy.io.into())
}
