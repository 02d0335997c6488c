//! The host process: identity, limits, randomness, signals that reach us.

use super::checked;
use crate::host::Errno;
use std::sync::atomic::{AtomicU64, Ordering};

/// Fills `buf` with random bytes of the host.
///
/// # Errors
/// The host's errno.
pub fn random(buf: &mut [u8]) -> Result<(), Errno> {
    let mut done = 0;
    while done < buf.len() {
        let rest = &mut buf[done..];
        // SAFETY: `rest` is writable for its length.
        let got = checked(unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) } as i64)?;
        done += usize::try_from(got).map_err(|_| Errno::EIO)?;
    }
    Ok(())
}

/// (soft, hard) limit of a resource as Linux numbers it on arm64 (and on every other 64-bit system but MIPS).
///
/// # Errors
/// The host's errno.
pub fn limit(resource: u32) -> Result<(u64, u64), Errno> {
    let mut out = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `out` is a valid rlimit64 to fill.
    checked(i64::from(unsafe { libc::prlimit64(0, resource, std::ptr::null(), &raw mut out) }))?;
    Ok((out.rlim_cur, out.rlim_max))
}

/// Memory figures of the host: (total, free, available to a guest), bytes.
#[must_use]
pub fn memory_figures() -> (u64, u64, u64) {
    // SAFETY: a sysinfo of zeros is valid.
    let mut info: libc::sysinfo = unsafe { std::mem::zeroed() };
    // SAFETY: `info` is a valid sysinfo to fill.
    unsafe { libc::sysinfo(&raw mut info) };
    let unit = u64::from(info.mem_unit.max(1));
    (info.totalram * unit, info.freeram * unit, (info.freeram + info.bufferram) * unit)
}

/// CPU time (user, system) of this process in microseconds, and its peak resident size in KiB.
#[must_use]
pub fn usage() -> (u64, u64, u64) {
    // SAFETY: a rusage of zeros is valid.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is a valid rusage to fill.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    let micros = |t: libc::timeval| {
        u64::try_from(t.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(t.tv_usec).unwrap_or(0)
    };
    (micros(usage.ru_utime), micros(usage.ru_stime), u64::try_from(usage.ru_maxrss).unwrap_or(0))
}

/// Signals that the host sent to this process and that the guest has not got yet: bit n-1 for signal n.
static ARRIVED: AtomicU64 = AtomicU64::new(0);

const FORWARDED: [i32; 8] = [
    libc::SIGINT,
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGWINCH,
];

extern "C" fn on_signal(signal: i32) {
    ARRIVED.fetch_or(1 << (signal - 1), Ordering::SeqCst);
}

/// From now on the terminal's and other processes' signals are for the guest: they are kept for
/// [`take_signals`] and interrupt blocking host calls.
pub fn forward_signals() {
    for signal in FORWARDED {
        // SAFETY: a zeroed sigaction is a valid one, filled in below.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = on_signal as *const () as usize;
        // SAFETY: `action` is complete and outlives the call; the handler only sets a bit.
        unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
    }
}

/// The signals that came since the last call: bit n-1 for signal n.
#[must_use]
pub fn take_signals() -> u64 {
    if ARRIVED.load(Ordering::Relaxed) == 0 { 0 } else { ARRIVED.swap(0, Ordering::SeqCst) }
}
