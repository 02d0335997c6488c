//! Clocks and sleeping. The calls that the vDSO page serves also report their fallbacks, see `vdso`.

use super::fd::OpenFile;
use super::park::Wait;
use super::{Call, Handler, Kernel, SysResult};
use crate::host::{self, Errno};
use traces::{Nanos, Tid};

pub(super) const CALLS: &[(u32, Handler)] = &[
    (85, timerfd_create),
    (86, timerfd_settime),
    (87, timerfd_gettime),
    (101, nanosleep),
    (112, clock_settime),
    (113, clock_gettime),
    (114, clock_getres),
    (115, clock_nanosleep),
    (153, times),
    (169, gettimeofday),
    (170, settimeofday),
    (171, |c| adjust(c, c.args[0])),
    (266, clock_adjtime),
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
/// A second in nanoseconds.
pub(super) const SECOND: u64 = 1_000_000_000;

/// Whose CPU time a clock shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CpuClock {
    Process,
    Thread(Tid),
}

/// A negative clock id: the CPU time of a process or thread (bits 1:0 the kind, 2 per thread, rest ~pid).
pub(super) fn cpu_clock(k: &Kernel, id: i32) -> Result<CpuClock, Errno> {
    let (who, kind, thread) = ((!(id >> 3)).cast_unsigned(), id & 3, id & 4 != 0);
    match who {
        _ if id >= 0 || kind == 3 => Err(Errno::EINVAL),
        0 if thread => Ok(CpuClock::Thread(k.threads.current)),
        tid if thread => k.threads.get(Tid(tid)).map(|t| CpuClock::Thread(t.tid)).ok_or(Errno::EINVAL),
        0 => Ok(CpuClock::Process),
        pid if pid == k.pid => Ok(CpuClock::Process),
        _ => Err(Errno::EINVAL),
    }
}

/// Host CPU time as it is charged to guest threads: all of them run on one host thread, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuTime {
    /// When the process began.
    start: u64,
    /// When the thread that runs took over.
    mark: u64,
}

impl CpuTime {
    /// For a process that begins now on this host thread.
    pub(crate) fn start() -> CpuTime {
        let now = host::cpu_time_ns(true);
        CpuTime { start: now, mark: now }
    }
}

impl Kernel {
    /// Charges the thread that runs for its time; another one takes over.
    pub(crate) fn charge(&mut self) {
        let now = host::cpu_time_ns(true);
        let used = now.saturating_sub(std::mem::replace(&mut self.cpu.mark, now));
        let current = self.threads.current;
        if let Some(thread) = self.threads.get_mut(current) {
            thread.cpu_ns += used;
        }
    }

    /// CPU time in nanoseconds; 0 for a thread that has ended.
    pub(super) fn cpu_time(&self, clock: CpuClock) -> u64 {
        let now = host::cpu_time_ns(true);
        match clock {
            CpuClock::Process => now.saturating_sub(self.cpu.start),
            CpuClock::Thread(tid) => {
                let running = if tid == self.threads.current { now.saturating_sub(self.cpu.mark) } else { 0 };
                self.threads.get(tid).map_or(0, |thread| thread.cpu_ns + running)
            }
        }
    }
}

/// A clock's reading in nanoseconds.
pub(super) fn read_clock(c: &Call<'_>, id: i32) -> Result<u64, Errno> {
    let time = c.k.timeline;
    Ok(match id {
        REALTIME | REALTIME_ALARM => time.realtime(c.clock).0,
        TAI => time.realtime(c.clock).0.saturating_add(37 * SECOND),
        MONOTONIC | MONOTONIC_RAW => time.monotonic(c.clock).0,
        REALTIME_COARSE => time.realtime(c.clock).0 / COARSE_NS * COARSE_NS,
        MONOTONIC_COARSE => time.monotonic(c.clock).0 / COARSE_NS * COARSE_NS,
        BOOTTIME | BOOTTIME_ALARM => host::boottime_ns(),
        PROCESS_CPUTIME => c.k.cpu_time(CpuClock::Process),
        THREAD_CPUTIME => c.k.cpu_time(CpuClock::Thread(c.k.threads.current)),
        id if id < 0 => c.k.cpu_time(cpu_clock(c.k, id)?),
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
        id if id < 0 => cpu_clock(c.k, id).map(|_| 1)?,
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
        if matches!(id, MONOTONIC_RAW | REALTIME_COARSE | MONOTONIC_COARSE) {
            return Err(Errno::EOPNOTSUPP);
        }
        if id == PROCESS_CPUTIME || id < 0 {
            cpu_deadline(c, absolute)?;
            return cpu_sleep(c);
        }
        read_clock(c, id)?;
        let asked = read_timespec(c, c.args[2])?.0;
        let length = if absolute { asked.saturating_sub(read_clock(c, id)?) } else { asked };
        c.resume.deadline = Some(c.k.timeline.monotonic(c.clock).0.saturating_add(length));
    }
    if id == PROCESS_CPUTIME || id < 0 {
        return cpu_sleep(c);
    }
    let remain = if absolute { 0 } else { c.args[3] };
    sleep(c, remain)
}

fn cpu_clock_of(c: &Call<'_>) -> Result<CpuClock, Errno> {
    if c.int(0) == PROCESS_CPUTIME { Ok(CpuClock::Process) } else { cpu_clock(c.k, c.int(0)) }
}

/// Takes in until what CPU time a thread sleeps; it cannot wait for its own.
fn cpu_deadline(c: &mut Call<'_>, absolute: bool) -> Result<(), Errno> {
    let clock = cpu_clock_of(c)?;
    if clock == CpuClock::Thread(c.k.threads.current) {
        return Err(Errno::EINVAL);
    }
    let asked = read_timespec(c, c.args[2])?.0;
    c.resume.done = if absolute { asked } else { c.k.cpu_time(clock).saturating_add(asked) };
    Ok(())
}

/// Sleeps while others work: nobody tells when the time has come, so that it is looked at now and then.
fn cpu_sleep(c: &mut Call<'_>) -> SysResult {
    const LOOK_NS: u64 = 1_000_000;
    let now = c.k.cpu_time(cpu_clock_of(c)?);
    if now >= c.resume.done {
        return Ok(0);
    }
    Err(c.park(Wait::look_again(LOOK_NS)))
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
    let (children, children_system) = c.k.process.children_times;
    let mut bytes = [0; 32];
    for (n, us) in [user, system, children, children_system].into_iter().enumerate() {
        bytes[8 * n..8 * n + 8].copy_from_slice(&(us / TICK_US).to_le_bytes());
    }
    let at = c.args[0];
    c.door.write_optional(at, &bytes)?;
    Ok(c.k.timeline.monotonic(c.clock).0 / 1000 / TICK_US)
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

/// The clocks are the host's: whoever sets one is refused as Linux refuses the unprivileged.
fn clock_settime(c: &mut Call<'_>) -> SysResult {
    let id = c.int(0);
    if id != REALTIME && (id >= 0 || cpu_clock(c.k, id).is_err()) {
        return Err(Errno::EINVAL);
    }
    read_timespec(c, c.args[1])?;
    Err(Errno::EPERM)
}

fn settimeofday(c: &mut Call<'_>) -> SysResult {
    let [tv, tz, ..] = c.args;
    if tv != 0 {
        let bytes: [u8; 16] = c.door.read_array(tv)?;
        let usec = i64::from_le_bytes(bytes[8..].try_into().expect("8 bytes"));
        if !(0..1_000_000).contains(&usec) {
            return Err(Errno::EINVAL);
        }
    }
    if tz != 0 {
        c.door.read_u64(tz)?;
    }
    Err(Errno::EPERM)
}

fn clock_adjtime(c: &mut Call<'_>) -> SysResult {
    match c.int(0) {
        REALTIME => adjust(c, c.args[1]),
        id if read_clock(c, id).is_ok() => Err(Errno::EOPNOTSUPP),
        _ => Err(Errno::EINVAL),
    }
}

/// adjtimex with a struct timex (include/uapi/linux/timex.h): the clock can be asked, and is said to be kept by
/// nobody.
fn adjust(c: &mut Call<'_>, at: u64) -> SysResult {
    const LEN: usize = 208;
    const STA_UNSYNC: u32 = 0x40;
    const TIME_ERROR: u64 = 5;
    let mut bytes: [u8; LEN] = c.door.read_array(at)?;
    if bytes[..4] != [0; 4] {
        return Err(Errno::EPERM);
    }
    let now = c.k.timeline.realtime(c.clock).0;
    let long = |n: u64| n.to_le_bytes();
    bytes[4..].fill(0);
    for (place, word) in [(24, 16_000_000), (32, 16_000_000), (48, 2), (56, 1), (64, 32_768_000)] {
        bytes[place..place + 8].copy_from_slice(&long(word)); // maxerror, esterror, constant, precision, tolerance
    }
    bytes[40..44].copy_from_slice(&STA_UNSYNC.to_le_bytes());
    bytes[72..80].copy_from_slice(&long(now / SECOND));
    bytes[80..88].copy_from_slice(&long(now % SECOND / 1000));
    bytes[88..96].copy_from_slice(&long(10_000)); // microseconds of a tick
    c.door.write(at, &bytes)?;
    Ok(TIME_ERROR)
}
