//! Timers that send signals: those of timer_create, and the three of setitimer (kernel/time/posix-timers.c,
//! itimer.c).
//!
//! A timer is a time of its clock. [`Kernel::run_timers`] looks whether it has come wherever signals are looked for,
//! and [`Kernel::next_timer`] says until when a wait may last. While the signal of a timer waits to be taken the
//! timer rests; the periods that pass meanwhile are counted as overruns when it is taken.

use super::signal::{self, Pending};
use super::time::{self, CpuClock, SECOND};
use super::{Call, Handler, Kernel, SysResult};
use crate::host::{self, Errno};
use std::collections::BTreeMap;
use traces::Tid;

pub(super) const CALLS: &[(u32, Handler)] = &[
    (102, getitimer),
    (103, setitimer),
    (107, timer_create),
    (108, timer_gettime),
    (109, timer_getoverrun),
    (110, timer_settime),
    (111, timer_delete),
];

const SI_TIMER: i32 = -2;
const SIGALRM: u32 = 14;
/// The signals of ITIMER_REAL, ITIMER_VIRTUAL and ITIMER_PROF.
const ITIMER_SIGNALS: [u32; 3] = [SIGALRM, 26, 27];
/// Most timers of a process, as RLIMIT_SIGPENDING limits them.
const LIMIT: usize = 1024;

/// What a timer measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Clock {
    /// A clock that runs whatever the guest does; its times are kept as CLOCK_MONOTONIC.
    Wall(i32),
    Cpu(CpuClock),
}

/// Who gets the signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Notify {
    Nobody,
    Process,
    Thread(Tid),
}

/// When a timer expires next, and how often after that. All zero if it is off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Schedule {
    /// Nanoseconds of its clock, 0 if it is off.
    expires: u64,
    /// Nanoseconds, 0 for once.
    interval: u64,
}

impl Schedule {
    fn is_due(self, now: u64) -> bool {
        self.expires != 0 && now >= self.expires
    }

    /// Goes on to the first expiry after `now`, or ends; answers how many were passed over besides the one that is due.
    fn forward(&mut self, now: u64) -> u64 {
        if !self.is_due(now) {
            return 0;
        }
        let Some(missed) = (now - self.expires).checked_div(self.interval) else {
            self.expires = 0;
            return 0;
        };
        self.expires = self.expires.saturating_add(self.interval.saturating_mul(missed + 1));
        missed
    }

    /// Time to the next expiry: at least 1 ns while it runs.
    fn left(self, now: u64) -> u64 {
        if self.expires == 0 { 0 } else { self.expires.saturating_sub(now).max(1) }
    }
}

/// A timer of timer_create.
#[derive(Clone, Debug)]
struct Timer {
    clock: Clock,
    notify: Notify,
    signo: u32,
    /// sigev_value.
    value: u64,
    schedule: Schedule,
    /// Whether its signal waits to be taken.
    pending: bool,
    overrun: i32,
}

/// The timers of a process. Those of setitimer survive execve; none is inherited by a child.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    all: BTreeMap<i32, Timer>,
    next: i32,
    /// ITIMER_REAL on CLOCK_MONOTONIC, ITIMER_VIRTUAL and ITIMER_PROF on the CPU time of the process.
    intervals: [Schedule; 3],
}

impl Timers {
    /// What execve leaves.
    pub(crate) fn after_exec(&self) -> Timers {
        Timers { intervals: self.intervals, ..Timers::default() }
    }

    fn is_idle(&self) -> bool {
        self.all.is_empty() && self.intervals.iter().all(|schedule| schedule.expires == 0)
    }
}

impl Kernel {
    fn timer_now(&self, clock: Clock) -> u64 {
        match clock {
            Clock::Wall(_) => host::monotonic_ns(),
            Clock::Cpu(cpu) => self.cpu_time(cpu),
        }
    }

    /// Sends the signals of the timers whose time has come.
    pub(crate) fn run_timers(&mut self) {
        if self.timers.is_idle() {
            return;
        }
        for (which, signo) in ITIMER_SIGNALS.into_iter().enumerate() {
            if self.timers.intervals[which].expires == 0 {
                continue;
            }
            let now = self.timer_now(interval_clock(which));
            let schedule = &mut self.timers.intervals[which];
            if schedule.is_due(now) {
                schedule.forward(now);
                let _ = self.signal_process(signo, signal::info(signo, signal::SI_KERNEL)); // a standard signal always fits
            }
        }
        let resting = |timer: &Timer| timer.pending || timer.notify == Notify::Nobody;
        let due = self.timers.all.iter().filter(|(_, timer)| {
            !resting(timer)
                && timer.schedule.expires != 0
                && timer.schedule.is_due(self.timer_now(timer.clock))
        });
        for id in due.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.expire(id);
        }
    }

    fn expire(&mut self, id: i32) {
        let Some(timer) = self.timers.all.get_mut(&id) else { return };
        timer.pending = true;
        let Timer { notify, signo, value, .. } = *timer;
        let mut info = signal::info(signo, SI_TIMER);
        info[16..20].copy_from_slice(&id.to_le_bytes());
        info[24..32].copy_from_slice(&value.to_le_bytes());
        let to = if let Notify::Thread(tid) = notify { Some(tid) } else { None };
        if !self.signal_from_timer(to, Pending { signo, info, fault: None, timer: Some(id) }) {
            // Nobody will take it, so that the timer goes on by itself.
            self.timer_taken(id);
        }
    }

    /// The signal of a timer has been taken: the timer runs on, and its overrun count is answered.
    pub(super) fn timer_taken(&mut self, id: i32) -> i32 {
        let Some(clock) = self.timers.all.get(&id).map(|timer| timer.clock) else { return 0 };
        let now = self.timer_now(clock);
        let Some(timer) = self.timers.all.get_mut(&id) else { return 0 };
        timer.pending = false;
        timer.overrun = i32::try_from(timer.schedule.forward(now)).unwrap_or(i32::MAX);
        timer.overrun
    }

    /// When the next timer expires whose clock runs while the guest waits, CLOCK_MONOTONIC.
    pub(crate) fn next_timer(&self) -> Option<u64> {
        let armed = |schedule: Schedule| Some(schedule.expires).filter(|&at| at != 0);
        let timers = self.timers.all.values().filter(|timer| {
            !timer.pending && timer.notify != Notify::Nobody && matches!(timer.clock, Clock::Wall(_))
        });
        let real = armed(self.timers.intervals[0]);
        timers.filter_map(|timer| armed(timer.schedule)).chain(real).min()
    }
}

fn interval_clock(which: usize) -> Clock {
    if which == 0 { Clock::Wall(1) } else { Clock::Cpu(CpuClock::Process) }
}

/// Two struct timespec: interval, and time left.
fn itimerspec(interval: u64, left: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&time::timespec(interval));
    bytes[16..].copy_from_slice(&time::timespec(left));
    bytes
}

/// The same as two struct timeval.
fn itimerval(interval: u64, left: u64) -> [u8; 32] {
    let mut bytes = itimerspec(interval, left);
    for (at, ns) in [(8, interval), (24, left)] {
        bytes[at..at + 8].copy_from_slice(&(ns % SECOND / 1000).to_le_bytes());
    }
    bytes
}

fn which_interval(c: &Call<'_>) -> Result<usize, Errno> {
    usize::try_from(c.int(0)).ok().filter(|&which| which < 3).ok_or(Errno::EINVAL)
}

/// What a timer of setitimer shows: the time left in whole microseconds, at least one while it runs.
fn interval_left(k: &Kernel, which: usize) -> [u8; 32] {
    let schedule = k.timers.intervals[which];
    let left = match schedule.left(k.timer_now(interval_clock(which))) {
        0 => 0,
        left => left.max(1000),
    };
    itimerval(schedule.interval, left)
}

fn getitimer(c: &mut Call<'_>) -> SysResult {
    let which = which_interval(c)?;
    c.k.run_timers();
    let now = interval_left(c.k, which);
    let at = c.args[1];
    c.door.write(at, &now)?;
    Ok(0)
}

fn setitimer(c: &mut Call<'_>) -> SysResult {
    let [_, new, old, ..] = c.args;
    let mut wanted = [0; 2];
    if new != 0 {
        let bytes: [u8; 32] = c.door.read_array(new)?;
        let word = |n: usize| i64::from_le_bytes(bytes[8 * n..8 * n + 8].try_into().expect("8 bytes"));
        for (n, ns) in wanted.iter_mut().enumerate() {
            let sec = u64::try_from(word(2 * n)).map_err(|_| Errno::EINVAL)?;
            let usec =
                u64::try_from(word(2 * n + 1)).ok().filter(|&us| us < 1_000_000).ok_or(Errno::EINVAL)?;
            *ns = sec.saturating_mul(SECOND).saturating_add(usec * 1000);
        }
    }
    let which = which_interval(c)?;
    c.k.run_timers();
    let before = interval_left(c.k, which);
    let now = c.k.timer_now(interval_clock(which));
    c.k.timers.intervals[which] = match wanted {
        [_, 0] => Schedule::default(),
        [interval, value] => Schedule { expires: now.saturating_add(value), interval },
    };
    c.door.write_optional(old, &before)?;
    Ok(0)
}

/// The clock of a timer: EINVAL if there is none, EOPNOTSUPP if it drives no timers.
fn clock_of(c: &mut Call<'_>, id: i32) -> Result<Clock, Errno> {
    match id {
        0 | 1 | 7 | 11 => Ok(Clock::Wall(id)),
        // The raw and the coarse clocks; and the alarm clocks, for want of a clock that wakes the machine.
        4..=6 | 8 | 9 => Err(Errno::EOPNOTSUPP),
        2 => Ok(Clock::Cpu(CpuClock::Process)),
        3 => Ok(Clock::Cpu(CpuClock::Thread(c.k.threads.current))),
        id => time::cpu_clock(c.k, id).map(Clock::Cpu),
    }
}

/// Who gets which signal with which value, from a struct sigevent (include/uapi/asm-generic/siginfo.h).
fn sigevent(c: &Call<'_>, at: u64) -> Result<(Notify, u32, u64), Errno> {
    const SIGNAL: i32 = 0;
    const NONE: i32 = 1;
    const THREAD: i32 = 2;
    const THREAD_ID: i32 = 4;
    let bytes: [u8; 64] = c.door.read_array(at)?;
    let value = u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes"));
    let half = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
    let signo = signal::valid(half(8));
    match half(12) {
        SIGNAL | THREAD => Ok((Notify::Process, signo?, value)),
        THREAD_ID => {
            let tid = u32::try_from(half(16)).map(Tid).map_err(|_| Errno::EINVAL)?;
            c.k.threads.get(tid).ok_or(Errno::EINVAL)?;
            Ok((Notify::Thread(tid), signo?, value))
        }
        NONE => Ok((Notify::Nobody, 0, value)),
        _ => Err(Errno::EINVAL),
    }
}

fn timer_create(c: &mut Call<'_>) -> SysResult {
    let [_, event, out, ..] = c.args;
    let clock = clock_of(c, c.int(0))?;
    let given = if event == 0 { None } else { Some(sigevent(c, event)?) };
    if c.k.timers.all.len() >= LIMIT {
        return Err(Errno::EAGAIN);
    }
    let id = c.k.timers.next;
    let (notify, signo, value) = given.unwrap_or((Notify::Process, SIGALRM, u64::from(id.cast_unsigned())));
    c.door.write(out, &id.to_le_bytes())?;
    let timer =
        Timer { clock, notify, signo, value, schedule: Schedule::default(), pending: false, overrun: 0 };
    c.k.timers.all.insert(id, timer);
    c.k.timers.next = id.checked_add(1).unwrap_or(0);
    Ok(0)
}

fn timer<'a>(c: &'a mut Call<'_>) -> Result<&'a mut Timer, Errno> {
    let id = c.int(0);
    c.k.timers.all.get_mut(&id).ok_or(Errno::EINVAL)
}

/// What timer_gettime shows. A timer whose signal waits, or that sends none, shows the expiry that comes next.
fn state(c: &mut Call<'_>) -> Result<[u8; 32], Errno> {
    let clock = timer(c)?.clock;
    let now = c.k.timer_now(clock);
    let timer = timer(c)?;
    let mut schedule = timer.schedule;
    if timer.pending || timer.notify == Notify::Nobody {
        schedule.forward(now);
    }
    Ok(itimerspec(schedule.interval, schedule.left(now)))
}

fn timer_gettime(c: &mut Call<'_>) -> SysResult {
    c.k.run_timers();
    let state = state(c)?;
    let at = c.args[1];
    c.door.write(at, &state)?;
    Ok(0)
}

fn timer_getoverrun(c: &mut Call<'_>) -> SysResult {
    Ok(u64::from(timer(c)?.overrun.cast_unsigned()))
}

fn timer_settime(c: &mut Call<'_>) -> SysResult {
    const ABSTIME: i32 = 1;
    let [_, _, new, old, ..] = c.args;
    if new == 0 {
        return Err(Errno::EINVAL);
    }
    let interval = time::read_timespec(c, new)?.0;
    let value = time::read_timespec(c, new.wrapping_add(16))?.0;
    c.k.run_timers();
    let before = state(c)?;
    let clock = timer(c)?.clock;
    let now = c.k.timer_now(clock);
    let base = match clock {
        _ if c.int(1) & ABSTIME == 0 => 0,
        Clock::Wall(id) => time::read_clock(c, id)?,
        Clock::Cpu(_) => now,
    };
    let schedule = match value {
        0 => Schedule::default(),
        value => Schedule { expires: now.saturating_add(value.saturating_sub(base)), interval },
    };
    let timer = timer(c)?;
    timer.schedule = schedule;
    timer.pending = false;
    timer.overrun = 0;
    let id = c.int(0);
    c.k.drop_timer_signal(id);
    c.door.write_optional(old, &before)?;
    Ok(0)
}

fn timer_delete(c: &mut Call<'_>) -> SysResult {
    let id = c.int(0);
    c.k.timers.all.remove(&id).ok_or(Errno::EINVAL)?;
    c.k.drop_timer_signal(id);
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_goes_on_to_the_first_expiry_after_now() {
        let mut once = Schedule { expires: 100, interval: 0 };
        assert_eq!((once.forward(99), once.left(99)), (0, 1));
        assert_eq!((once.forward(100), once.expires), (0, 0));
        let mut often = Schedule { expires: 100, interval: 10 };
        assert_eq!((often.forward(135), often.expires, often.left(135)), (3, 140, 5));
        let mut end = Schedule { expires: u64::MAX - 1, interval: u64::MAX };
        assert_eq!((end.forward(u64::MAX), end.expires), (0, u64::MAX));
    }
}
