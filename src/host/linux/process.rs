//! The host process: identity, limits, randomness, signals that reach us.

use super::checked;
use crate::host::Errno;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

/// Fills `buf` with random bytes of the host.
///
/// # Errors
/// The host's errno.
pub fn random(buf: &mut [u8]) -> Result<(), Errno> {
    let mut done = 0;
    while done < buf.len() {
        let rest = &mut buf[done..];
        // SAFETY: `rest` is writable for its length.
        match checked(unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) } as i64) {
            Ok(got) => done += usize::try_from(got).map_err(|_| Errno::EIO)?,
            Err(Errno::EINTR) => {} // a signal may cut a long request short
            Err(errno) => return Err(errno),
        }
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

const FORWARDED: [i32; 12] = [
    libc::SIGINT,
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGWINCH,
    libc::SIGTSTP,
    libc::SIGCONT,
];

/// The thread that runs guests, whose waits a signal has to end; 0 before there is one.
static RUNNER: AtomicI32 = AtomicI32::new(0);

extern "C" fn on_signal(signal: i32) {
    if !super::family::note(signal) {
        ARRIVED.fetch_or(1 << (signal - 1), Ordering::SeqCst);
    }
    let runner = RUNNER.load(Ordering::Relaxed);
    // SAFETY: no pointers, and safe in a signal handler.
    let here = unsafe { libc::gettid() };
    if runner != 0 && runner != here {
        // SAFETY: no pointers, and safe in a signal handler.
        let us = unsafe { libc::getpid() };
        // SAFETY: as above; the runner may be in a wait that only a signal of its own ends.
        unsafe { libc::syscall(libc::SYS_tgkill, us, runner, signal) };
    }
}

fn forwarded_set() -> libc::sigset_t {
    // SAFETY: a zeroed sigset is a valid, empty one.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    for signal in FORWARDED.into_iter().chain(super::family::own_signals()) {
        // SAFETY: `set` is live and the signal number valid.
        unsafe { libc::sigaddset(&raw mut set, signal) };
    }
    set
}

/// Forwarded signals held back on this thread, until dropped.
pub(super) struct Held(libc::sigset_t);

/// Holds forwarded signals back on this thread.
pub(super) fn hold_signals() -> Held {
    let set = forwarded_set();
    // SAFETY: a zeroed sigset is valid, and the call fills it.
    let mut before: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: both sets are live.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, &raw mut before) };
    Held(before)
}

impl Held {
    /// The mask under which to wait: that of before, in which signals come through.
    ///
    /// # Errors
    /// EINTR if a signal has come already.
    pub(super) fn mask_while_waiting(&self) -> Result<*const libc::sigset_t, Errno> {
        let quiet = ARRIVED.load(Ordering::SeqCst) == 0 && !super::family::has_rung();
        if quiet { Ok(&raw const self.0) } else { Err(Errno::EINTR) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: the set is live; the old mask is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut()) };
    }
}

/// From now on the terminal's and other processes' signals are for the guest: they are kept for
/// [`take_signals`] and interrupt blocking host calls.
pub fn forward_signals() {
    // SAFETY: no pointers.
    RUNNER.store(unsafe { libc::gettid() }, Ordering::SeqCst);
    for signal in FORWARDED.into_iter().chain(super::family::own_signals()) {
        forward(signal);
    }
}

/// In a forked child: what came before is its parent's, and this is the thread that runs guests.
pub(super) fn forget_signals() {
    ARRIVED.store(0, Ordering::SeqCst);
    // SAFETY: no pointers.
    RUNNER.store(unsafe { libc::gettid() }, Ordering::SeqCst);
}

/// From now on one more signal, one that files send, is for the guest.
pub fn forward_signal(signal: u32) {
    if let Ok(signal) = i32::try_from(signal)
        && (1..=64).contains(&signal)
    {
        forward(signal);
    }
}

fn forward(signal: i32) {
    act(signal, on_signal as *const () as usize);
}

/// Stops this process as its terminal would, so that whoever started it takes over, until it is continued. A host
/// where nobody could continue it goes on at once.
pub fn suspend() {
    act(libc::SIGTSTP, libc::SIG_DFL);
    // SAFETY: no pointers; the action is the default one.
    unsafe { libc::raise(libc::SIGTSTP) };
    forward(libc::SIGTSTP);
}

fn act(signal: i32, handler: usize) {
    // SAFETY: a zeroed sigaction is a valid one, filled in below.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    // SAFETY: `action` is complete and outlives the call; a handler of ours sets a bit and may pass the signal on.
    unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
}

/// The signals that came since the last call: bit n-1 for signal n.
#[must_use]
pub fn take_signals() -> u64 {
    if ARRIVED.load(Ordering::Relaxed) == 0 { 0 } else { ARRIVED.swap(0, Ordering::SeqCst) }
}
