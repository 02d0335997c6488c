//! Descriptor control: duplicates, flags, owners, locks.

use crate::host::{self, Errno, Waiting};
use crate::kernel::family::Process;
use crate::kernel::{Call, Handler, SysResult, net};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use traces::Tid;

pub(super) const CALLS: &[(u32, Handler)] = &[(23, dup), (24, dup3), (25, fcntl), (32, flock)];

const CLOEXEC: u32 = 0x8_0000;

fn dup(c: &mut Call<'_>) -> SysResult {
    c.k.fds.get(c.int(0))?;
    c.k.fds.free(0)?;
    let file = c.k.fds.duplicate(c.int(0), false)?;
    c.k.fds.insert(file, 0)
}

fn dup3(c: &mut Call<'_>) -> SysResult {
    let (from, to, flags) = (c.int(0), c.int(1), c.uint(2));
    if from == to || flags & !CLOEXEC != 0 {
        return Err(Errno::EINVAL);
    }
    c.k.fds.replaceable(to)?;
    let file = c.k.fds.duplicate(from, flags & CLOEXEC != 0)?;
    c.k.fds.replace(to, file)
}

fn fcntl(c: &mut Call<'_>) -> SysResult {
    const DUPFD_CLOEXEC: i32 = 1030;
    const ADD_SEALS: i32 = 1033;
    let (fd, command) = (c.int(0), c.int(1));
    match command {
        0 | DUPFD_CLOEXEC => {
            c.k.fds.get(fd)?;
            let from = usize::try_from(c.int(2)).map_err(|_| Errno::EINVAL)?;
            c.k.fds.free(from)?;
            let file = c.k.fds.duplicate(fd, command == DUPFD_CLOEXEC)?;
            c.k.fds.insert(file, from)
        }
        1 => Ok(c.k.fds.get(fd)?.cloexec.into()),
        2 => {
            let cloexec = c.uint(2) & 1 != 0;
            c.k.fds.get_mut(fd)?.cloexec = cloexec;
            Ok(0)
        }
        3 => Ok(host::open_flags(c.k.fds.host(fd)?)?.into()),
        4 => {
            const ASYNC: u32 = 0x2000;
            if c.uint(2) & ASYNC != 0 {
                host::forward_signal(SIGIO);
            }
            host::set_open_flags(c.k.fds.host(fd)?, c.uint(2))?;
            Ok(0)
        }
        // Record locks, of the process and of the open file description.
        5..=7 | 36..=38 => record_lock(c, fd, command),
        8..=11 | 15..=17 => owner(c, fd, command),
        // Leases and changes of a directory tell of themselves by SIGIO.
        1024 | 1026 => {
            host::forward_signal(SIGIO);
            host::fcntl(c.k.fds.host(fd)?, command, c.long(2)).map(|_| 0)
        }
        // Pipe size and seals: numbers only.
        1025 | 1031..=1034 => {
            if command == ADD_SEALS && is_in_the_way(c, fd)? {
                return Err(Errno::EBUSY);
            }
            let value = host::fcntl(c.k.fds.host(fd)?, command, c.long(2))?;
            Ok(value.cast_unsigned())
        }
        // Hints of how long data will live: a word in memory.
        1035..=1038 => {
            let at = c.args[2];
            let mut hint = c.door.read_array(at)?;
            host::fcntl_bytes(c.k.fds.host(fd)?, command, &mut hint)?;
            if matches!(command, 1035 | 1037) {
                c.door.write(at, &hint)?;
            }
            Ok(0)
        }
        _ => {
            c.k.fds.get(fd)?;
            Err(Errno::EINVAL)
        }
    }
}

/// Whether a mapping of this process keeps the seal against writes, which F_ADD_SEALS wants, from a file. The host
/// has no such mapping, but every other reason to refuse, which comes first.
fn is_in_the_way(c: &Call<'_>, fd: i32) -> Result<bool, Errno> {
    const GET_SEALS: i32 = 1034;
    const SEAL_SEAL: i64 = 1;
    const SEAL_WRITE: u32 = 8;
    const ALL_SEALS: u32 = 0x3F;
    let file = c.k.fds.host(fd)?;
    let may_be_sealed = || {
        host::open_flags(file).is_ok_and(|flags| flags & 3 != 0)
            && host::fcntl(file, GET_SEALS, 0).is_ok_and(|seals| seals & SEAL_SEAL == 0)
    };
    let wanted = c.uint(2) & SEAL_WRITE != 0 && c.uint(2) & !ALL_SEALS == 0;
    Ok(wanted && may_be_sealed() && c.k.mm.shares_to_write(&host::fstat(file)?))
}

/// The signal of asynchronous input and output.
const SIGIO: u32 = 29;

/// The guest's number for a process of the host that shares a file with it: 0 if it is none of the guest's. What is no
/// process (the holder of a lock of an open file, -1) stays.
fn guest_pid_of_host(c: &Call<'_>, pid: i32) -> i32 {
    if pid <= 0 { pid } else { net::guest_pid_of_host(c.k, pid).unwrap_or(0).cast_signed() }
}

/// The host's number for what a guest names as an owner: a process, one of its own threads, or a process group if it
/// is negative. The host has no group for the guest's, so that one process stands for all of it.
fn host_pid_of_guest(c: &Call<'_>, pid: i32) -> Result<i32, Errno> {
    let wanted = pid.unsigned_abs();
    let mine = pid > 0 && c.k.threads.get(Tid(wanted)).is_some();
    let is_meant = |p: &Process| match pid {
        _ if mine => p.pid == c.k.pid,
        1.. => p.pid == wanted,
        _ => p.group == wanted,
    };
    if pid == 0 { Ok(0) } else { c.k.family.all().find(is_meant).map(|p| p.host).ok_or(Errno::ESRCH) }
}

/// Owner and signal of asynchronous input and output, which the host keeps and sends.
fn owner(c: &mut Call<'_>, fd: i32, command: i32) -> SysResult {
    const SETOWN: i32 = 8;
    const GETOWN: i32 = 9;
    const SETSIG: i32 = 10;
    const GETSIG: i32 = 11;
    const SETOWN_EX: i32 = 15;
    const GETOWN_EX: i32 = 16;
    const EX: usize = 8;
    const PROCESS: i32 = 1;
    const GROUP: i32 = 2;
    let host = Arc::clone(&c.k.fds.get(fd)?.host);
    let host: BorrowedFd<'_> = host.as_fd();
    match command {
        SETOWN => {
            host::forward_signal(SIGIO);
            host::fcntl(host, command, host_pid_of_guest(c, c.int(2))?.into()).map(|_| 0)
        }
        GETOWN | GETOWN_EX => {
            // GETOWN's answer may look like an error, so that the host is asked for both in the long form.
            let mut ex = [0; EX];
            host::fcntl_bytes(host, GETOWN_EX, &mut ex)?;
            let [kind, pid] = [0, 4].map(|n| i32::from_le_bytes(ex[n..n + 4].try_into().expect("4 bytes")));
            let pid = guest_pid_of_host(c, pid);
            if command == GETOWN {
                let shown = if kind == GROUP { -pid } else { pid };
                return Ok(i64::from(shown).cast_unsigned());
            }
            ex[4..].copy_from_slice(&pid.to_le_bytes());
            let at = c.args[2];
            c.door.write(at, &ex)?;
            Ok(0)
        }
        SETOWN_EX => {
            let mut ex: [u8; EX] = c.door.read_array(c.args[2])?;
            let [kind, pid] = [0, 4].map(|n| i32::from_le_bytes(ex[n..n + 4].try_into().expect("4 bytes")));
            let pid = if kind == GROUP { pid.checked_neg().ok_or(Errno::ESRCH)? } else { pid };
            let kind = if kind == GROUP { PROCESS } else { kind };
            ex[..4].copy_from_slice(&kind.to_le_bytes());
            ex[4..].copy_from_slice(&host_pid_of_guest(c, pid)?.to_le_bytes());
            host::forward_signal(SIGIO);
            host::fcntl_bytes(host, command, &mut ex).map(|()| 0)
        }
        SETSIG => {
            if (1..=64).contains(&c.uint(2)) {
                host::forward_signal(c.uint(2));
            }
            host::fcntl(host, command, c.int(2).into()).map(|_| 0)
        }
        GETSIG => host::fcntl(host, command, 0).map(i64::cast_unsigned),
        // F_GETOWNER_UIDS is for checkpoints, which the host need not know.
        _ => Err(Errno::EINVAL),
    }
}

/// Goes on waiting for a lock that the host waits for. It sees a circle of processes that wait for one another.
fn go_on_locking(c: &mut Call<'_>, locking: Waiting<()>) -> SysResult {
    super::outcome_of(c, locking, |c, locking| {
        let tid = c.k.tid();
        c.k.fds.locking.insert(tid, locking);
    })?;
    Ok(0)
}

fn record_lock(c: &mut Call<'_>, fd: i32, command: i32) -> SysResult {
    const SETLKW: i32 = 7;
    const OFD_SETLKW: i32 = 38;
    if let Some(locking) = c.k.fds.locking.remove(&c.k.tid())
        && c.resume.again
    {
        return go_on_locking(c, locking);
    }
    let at = c.args[2];
    let mut lock: [u8; 32] = c.door.read_array(at)?;
    let waits = matches!(command, SETLKW | OFD_SETLKW);
    // The command before it in number is the one that does not wait.
    let now = if waits { command - 1 } else { command };
    match c.uninterrupted(|c| host::record_lock(c.k.fds.host(fd)?, now, &mut lock)) {
        Err(Errno::EAGAIN | Errno::EACCES) if waits => {
            let file = Arc::clone(&c.k.fds.get(fd)?.host);
            go_on_locking(c, host::wait_for_record_lock(file, command, lock)?)
        }
        Err(errno) => Err(errno),
        Ok(_) => {
            if matches!(command, 5 | 36) {
                let holder = i32::from_le_bytes(lock[24..28].try_into().expect("4 bytes"));
                lock[24..28].copy_from_slice(&guest_pid_of_host(c, holder).to_le_bytes());
                c.door.write(at, &lock)?;
            }
            Ok(0)
        }
    }
}

fn flock(c: &mut Call<'_>) -> SysResult {
    const NONBLOCK: i32 = 4;
    let operation = c.int(1);
    if let Some(locking) = c.k.fds.locking.remove(&c.k.tid())
        && c.resume.again
    {
        return go_on_locking(c, locking);
    }
    match c.uninterrupted(|c| host::lock(c.k.fds.host(c.int(0))?, operation | NONBLOCK)) {
        Err(Errno::EAGAIN) if operation & NONBLOCK == 0 => {
            let file = Arc::clone(&c.k.fds.get(c.int(0))?.host);
            go_on_locking(c, host::wait_for_lock(file, operation)?)
        }
        outcome => outcome.map(|_| 0),
    }
}
