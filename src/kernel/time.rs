//! Clocks and sleeping. The calls that the vDSO page serves also report their fallbacks, see `vdso`.

use super::fd::OpenFile;
use super::park::Wait;
use super::{Call, Handler, SysResult};
use crate::host::{self, Errno};
use traces::Nanos;

pub(super) const CALLS: &[(u32, Handler)] = &[
    (85, timerfd_create),
    (86, timerfd_settime),
    (87, timerfd_gettime),
    (101, nanosleep),
    (102, getitimer),
    (103, setitimer),
    (112, refuse_setting),
    (113, clock_gettime),
    (114, clock_getres),
    (115, clock_nanosleep),
    (153, times),
    (169, gettimeofday),
    (170, refuse_setting),
];

const REALTIME: i32 = 0;
const MONOTONIC: i32 = 1;
const PROCESS_CPUTIME: i32 = 2;
const THREAD_CPUTIME: i32 = 3;
const MONOTONIC_RAW: i32 = 4;
const REALTIME_COARSE: i32 = 5;
const MONOTONIC_COARSE: i32 = 6;
const BOOTTIME: i32 = 7;
const REALTIME_ALARM: i32 = 8;
const BOOTTIME_ALARM: i32 = 9;
const TAI: i32 = 11;
/// Resolution of the coarse clocks: a tick of 1000 Hz.
const COARSE_NS: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

/// A negative clock id: the CPU time of a process or thread (bits 1:0 the kind, 2 per thread, rest ~pid).
fn cpu_clock(id: i32) -> Result<bool, Errno> {
    let (pid, kind, thread) = (!(id >> 3), id & 3, id & 4 != 0);
    if kind == 3 || !(pid == 0 || pid == 1) { Err(Errno::EINVAL) } else { Ok(thread) }
}

/// A clock's reading in nanoseconds.
fn read_clock(c: &Call<'_>, id: i32) -> Result<u64, Errno> {
    let time = c.k.timeline;
    Ok(match id {
        REALTIME | REALTIME_ALARM => time.realtime(c.clock).0,
        TAI => time.realtime(c.clock).0.saturating_add(37 * SECOND),
        MONOTONIC | MONOTONIC_RAW => time.monotonic(c.clock).0,
        REALTIME_COARSE => time.realtime(c.clock).0 / COARSE_NS * COARSE_NS,
        MONOTONIC_COARSE => time.monotonic(c.clock).0 / COARSE_NS * COARSE_NS,
        BOOTTIME | BOOTTIME_ALARM => host::boottime_ns(),
        PROCESS_CPUTIME => host::cpu_time_ns(false),
        THREAD_CPUTIME => host::cpu_time_ns(true),
        id if id < 0 => host::cpu_time_ns(cpu_clock(id)?),
        _ => return Err(Errno::EINVAL),
    })
}

/// A struct timespec.
pub(super) fn timespec(ns: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(ns / SECOND).to_le_bytes());
    bytes[8..].copy_from_slice(&(ns % SECOND).to_le_bytes());
    bytes
}

/// Reads a struct timespec.
pub(super) fn read_timespec(c: &Call<'_>, at: u64) -> Result<Nanos, Errno> {
    let bytes: [u8; 16] = c.door.read_array(at)?;
    let sec = i64::from_le_bytes(bytes[..8].try_into().expect("8 bytes"));
    let nsec = u64::from_le_bytes(bytes[8..].try_into().expect("8 bytes"));
    let sec = u64::try_from(sec).map_err(|_| Errno::EINVAL)?;
    if nsec >= SECOND {
        return Err(Errno::EINVAL);
    }
    Ok(Nanos(sec.saturating_mul(SECOND).saturating_add(nsec)))
}

fn clock_gettime(c: &mut Call<'_>) -> SysResult {
    let now = read_clock(c, c.int(0))?;
    let at = c.args[1];
    c.door.write(at, &timespec(now))?;
    Ok(0)
}

fn gettimeofday(c: &mut Call<'_>) -> SysResult {
    let [tv, tz, ..] = c.args;
    let now = c.k.timeline.realtime(c.clock).0;
    let mut bytes = timespec(now);
    bytes[8..].copy_from_slice(&(now % SECOND / 1000).to_le_bytes());
    c.door.write_optional(tv, &bytes)?;
    c.door.write_optional(tz, &[0; 8])?;
    Ok(0)
}

fn clock_getres(c: &mut Call<'_>) -> SysResult {
    let resolution = match c.int(0) {
        REALTIME | MONOTONIC | MONOTONIC_RAW | BOOTTIME | REALTIME_ALARM | BOOTTIME_ALARM | TAI => 1,
        PROCESS_CPUTIME | THREAD_CPUTIME => 1,
        REALTIME_COARSE | MONOTONIC_COARSE => COARSE_NS,
        id if id < 0 => cpu_clock(id).map(|_| 1)?,
        _ => return Err(Errno::EINVAL),
    };
    let at = c.args[1];
    c.door.write_optional(at, &timespec(resolution))?;
    Ok(0)
}

/// Sleeps until the call's deadline; on a signal the rest goes to `remain`.
fn sleep(c: &mut Call<'_>, remain: u64) -> SysResult {
    if c.is_over() {
        return Ok(0);
    }
    let errno = c.park(Wait::forever().or_until(c.resume.deadline));
    if errno == Errno::EINTR {
        let left = c.resume.deadline.unwrap_or(0).saturating_sub(host::monotonic_ns());
        c.door.write_optional(remain, &timespec(left))?;
    }
    Err(errno)
}

fn nanosleep(c: &mut Call<'_>) -> SysResult {
    if !c.resume.again {
        let length = read_timespec(c, c.args[0])?.0;
        c.resume.deadline = Some(c.k.timeline.monotonic(c.clock).0.saturating_add(length));
    }
    sleep(c, c.args[1])
}

fn clock_nanosleep(c: &mut Call<'_>) -> SysResult {
    const ABSTIME: i32 = 1;
    let id = c.int(0);
    let absolute = c.int(1) & ABSTIME != 0;
    if !c.resume.again {
        if id == THREAD_CPUTIME {
            return Err(Errno::EINVAL);
        }
        if !matches!(id, REALTIME | MONOTONIC | BOOTTIME | TAI | REALTIME_ALARM | BOOTTIME_ALARM) {
            return Err(if read_clock(c, id).is_ok() { Errno::EOPNOTSUPP } else { Errno::EINVAL });
        }
        let asked = read_timespec(c, c.args[2])?.0;
        let length = if absolute { asked.saturating_sub(read_clock(c, id)?) } else { asked };
        c.resume.deadline = Some(c.k.timeline.monotonic(c.clock).0.saturating_add(length));
    }
    let remain = if absolute { 0 } else { c.args[3] };
    sleep(c, remain)
}

/// CLOCK_MONOTONIC when the clock of a futex timeout, CLOCK_REALTIME or CLOCK_MONOTONIC, shows `asked`.
fn to_monotonic(c: &Call<'_>, asked: u64, realtime: bool) -> u64 {
    if !realtime {
        return asked;
    }
    let now = c.k.timeline.monotonic(c.clock).0;
    now.saturating_add(asked.saturating_sub(c.k.timeline.realtime(c.clock).0))
}

/// When a futex wait gives up, CLOCK_MONOTONIC; none without a timeout.
pub(super) fn futex_deadline(c: &Call<'_>, absolute: bool) -> Result<Option<u64>, Errno> {
    const CLOCK_REALTIME_FLAG: u32 = 256;
    if c.args[3] == 0 {
        return Ok(None);
    }
    let asked = read_timespec(c, c.args[3])?.0;
    Ok(Some(if absolute {
        to_monotonic(c, asked, c.uint(1) & CLOCK_REALTIME_FLAG != 0)
    } else {
        c.k.timeline.monotonic(c.clock).0.saturating_add(asked)
    }))
}

/// When a wait for a priority-inheritance lock gives up: an absolute time, of CLOCK_REALTIME unless `monotonic`.
pub(super) fn lock_deadline(c: &Call<'_>, monotonic: bool) -> Result<Option<u64>, Errno> {
    if c.args[3] == 0 {
        return Ok(None);
    }
    let asked = read_timespec(c, c.args[3])?.0;
    Ok(Some(to_monotonic(c, asked, !monotonic)))
}

/// When futex_waitv gives up: an absolute time of the clock that its fifth argument names.
pub(super) fn waitv_deadline(c: &Call<'_>) -> Result<Option<u64>, Errno> {
    if c.args[3] == 0 {
        return Ok(None);
    }
    if !matches!(c.int(4), REALTIME | MONOTONIC) {
        return Err(Errno::EINVAL);
    }
    let asked = read_timespec(c, c.args[3])?.0;
    Ok(Some(to_monotonic(c, asked, c.int(4) == REALTIME)))
}

fn times(c: &mut Call<'_>) -> SysResult {
    const TICK_US: u64 = 10_000;
    let (user, system, _) = host::usage();
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&(user / TICK_US).to_le_bytes());
    bytes[8..16].copy_from_slice(&(system / TICK_US).to_le_bytes());
    let at = c.args[0];
    c.door.write_optional(at, &bytes)?;
    Ok(c.k.timeline.monotonic(c.clock).0 / 1000 / TICK_US)
}

fn getitimer(c: &mut Call<'_>) -> SysResult {
    let timer = host::interval_timer(c.int(0))?;
    let at = c.args[1];
    c.door.write(at, &itimerval(timer))?;
    Ok(0)
}

/// The host's timer of the same kind serves; its signal reaches the guest like any other of the host's. The CPU
/// timers count what the host spends on the guest.
fn setitimer(c: &mut Call<'_>) -> SysResult {
    let [_, new, old, ..] = c.args;
    if !(0..=2).contains(&c.int(0)) {
        return Err(Errno::EINVAL);
    }
    let mut wanted = [(0, 0); 2];
    if new != 0 {
        let bytes: [u8; 32] = c.door.read_array(new)?;
        let word = |n: usize| i64::from_le_bytes(bytes[8 * n..8 * n + 8].try_into().expect("8 bytes"));
        wanted = [(word(0), word(1)), (word(2), word(3))];
    }
    let before = host::set_interval_timer(c.int(0), wanted)?;
    c.door.write_optional(old, &itimerval(before))?;
    Ok(0)
}

fn itimerval(timer: host::IntervalTimer) -> [u8; 32] {
    let mut bytes = [0; 32];
    let words = timer.into_iter().flat_map(|(sec, usec)| [sec, usec]);
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

fn timerfd_create(c: &mut Call<'_>) -> SysResult {
    const CLOEXEC: u32 = 0x8_0000;
    let flags = c.uint(1);
    let host = host::timerfd(c.int(0), flags)?;
    c.k.fds.insert(OpenFile::new(host, flags & CLOEXEC != 0, b"anon_inode:[timerfd]".to_vec()), 0)
}

fn timerfd_settime(c: &mut Call<'_>) -> SysResult {
    let [_, _, new, old, ..] = c.args;
    let new = c.door.read_array(new)?;
    let before = host::timerfd_set(c.k.fds.host(c.int(0))?, c.int(1), &new)?;
    c.door.write_optional(old, &before)?;
    Ok(0)
}

fn timerfd_gettime(c: &mut Call<'_>) -> SysResult {
    let now = host::timerfd_get(c.k.fds.host(c.int(0))?)?;
    let at = c.args[1];
    c.door.write(at, &now)?;
    Ok(0)
}

fn refuse_setting(_: &mut Call<'_>) -> SysResult {
    Err(Errno::EPERM)
}
