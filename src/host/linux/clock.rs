//! Host clocks, in nanoseconds.

fn read(clock: libc::clockid_t) -> i128 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid timespec for the call to fill.
    let result = unsafe { libc::clock_gettime(clock, &raw mut now) };
    assert_eq!(result, 0, "the host has no clock {clock}");
    i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec)
}

fn unsigned(ns: i128) -> u64 {
    u64::try_from(ns.max(0)).unwrap_or(u64::MAX)
}

/// CLOCK_MONOTONIC.
#[must_use]
pub fn monotonic_ns() -> u64 {
    unsigned(read(libc::CLOCK_MONOTONIC))
}

/// CLOCK_BOOTTIME.
#[must_use]
pub fn boottime_ns() -> u64 {
    unsigned(read(libc::CLOCK_BOOTTIME))
}

/// CLOCK_REALTIME since 1970.
#[must_use]
pub fn realtime_ns() -> u64 {
    unsigned(read(libc::CLOCK_REALTIME))
}

/// CPU time of this process, or of this thread.
#[must_use]
pub fn cpu_time_ns(thread: bool) -> u64 {
    unsigned(read(if thread { libc::CLOCK_THREAD_CPUTIME_ID } else { libc::CLOCK_PROCESS_CPUTIME_ID }))
}
