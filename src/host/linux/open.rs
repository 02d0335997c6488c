//! Ways to open files that a plain open does not know: within bounds, and where the host would wait.
//!
//! For the kernel's file family. A FIFO waits in open for its other end and no descriptor tells when that has come,
//! so that a thread of ours waits in its place.

use super::checked;
use super::files::{Dir, owned, to_host_flags};
use crate::host::Errno;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// openat2(2) with arm64 flags and Linux's RESOLVE_ bits; the descriptor is always close-on-exec for the host.
///
/// # Errors
/// The host's errno.
pub fn open_bounded(
    dir: Dir<'_>,
    path: &CStr,
    flags: u32,
    mode: u32,
    resolve: u64,
) -> Result<OwnedFd, Errno> {
    let flags = to_host_flags(flags) | libc::O_CLOEXEC;
    // struct open_how (include/uapi/linux/openat2.h).
    let how = [u64::from(u32::from_ne_bytes(flags.to_ne_bytes())), u64::from(mode), resolve];
    let (at, size) = (how.as_ptr(), size_of_val(&how));
    // SAFETY: `path` is NUL-terminated, `how` live for `size` bytes.
    owned(unsafe { libc::syscall(libc::SYS_openat2, dir.raw(), path.as_ptr(), at, size) })
}

/// Lets this process have as many descriptors as the host allows at all: the guest's limit is its own.
pub fn raise_descriptor_limit() {
    let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a live rlimit64 to fill.
    if unsafe { libc::getrlimit64(libc::RLIMIT_NOFILE, &raw mut limit) } == 0 {
        limit.rlim_cur = limit.rlim_max;
        // SAFETY: `limit` is live. If the host refuses, guests get EMFILE earlier.
        unsafe { libc::setrlimit64(libc::RLIMIT_NOFILE, &raw const limit) };
    }
}

/// Interrupts a thread that waits in open. Linux uses the number for nothing.
const CANCEL: i32 = libc::SIGSTKFLT;

extern "C" fn on_cancel(_signal: i32) {}

/// What the waiting thread and its owner share.
#[derive(Debug)]
struct Shared {
    outcome: Mutex<Option<Result<OwnedFd, Errno>>>,
    cancelled: AtomicBool,
    /// Readable once there is an outcome.
    over: Arc<OwnedFd>,
}

impl Shared {
    fn take(&self) -> Option<Result<OwnedFd, Errno>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// An open that waits in a thread of its own. Dropping it calls it off.
#[derive(Debug)]
pub struct Opening {
    shared: Arc<Shared>,
    /// None once it has been waited for.
    thread: Option<JoinHandle<()>>,
    /// The process that has the thread: a fork has not.
    pid: u32,
}

impl Opening {
    /// Begins to open anew what `file`, opened with O_PATH, stands for; flags in arm64's values.
    ///
    /// # Errors
    /// The host has no thread or descriptor left.
    pub fn begin(file: OwnedFd, flags: u32) -> Result<Opening, Errno> {
        let over = Arc::new(crate::host::eventfd(0, 0)?);
        let shared = Arc::new(Shared { outcome: Mutex::new(None), cancelled: AtomicBool::new(false), over });
        let theirs = Arc::clone(&shared);
        let flags = to_host_flags(flags) | libc::O_CLOEXEC;
        listen();
        // The new thread must get no signal but ours, from its first instruction on.
        let before = hold_all();
        let body = move || wait_in_open(&theirs, &file, flags);
        let thread = std::thread::Builder::new().name("open".into()).spawn(body);
        // SAFETY: the set is live; the old mask is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut()) };
        let thread = thread.map_err(Errno::from)?;
        Ok(Opening { shared, thread: Some(thread), pid: std::process::id() })
    }

    /// A descriptor that is readable once there is an outcome.
    #[must_use]
    pub fn over(&self) -> &Arc<OwnedFd> {
        &self.shared.over
    }

    /// The outcome, if there is one.
    #[must_use]
    pub fn take(&self) -> Option<Result<OwnedFd, Errno>> {
        self.shared.take()
    }

    /// Calls the open off, and answers what became of it: it may have succeeded just before.
    ///
    /// # Errors
    /// EINTR, or what the open answered.
    pub fn cancel(mut self) -> Result<OwnedFd, Errno> {
        self.stop();
        self.take().unwrap_or(Err(Errno::EINTR))
    }

    /// Brings the thread to its end. It may not have reached the call that is to be interrupted, hence the loop.
    fn stop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        if self.pid != std::process::id() {
            std::mem::forget(thread); // it is the parent's
            return;
        }
        self.shared.cancelled.store(true, Ordering::SeqCst);
        while !thread.is_finished() {
            // SAFETY: the thread has not been joined, so that its handle is valid.
            unsafe { libc::pthread_kill(thread.as_pthread_t(), CANCEL) };
            std::thread::sleep(Duration::from_micros(100));
        }
        let _ = thread.join(); // it does not panic
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.stop();
    }
}

fn wait_in_open(shared: &Shared, file: &OwnedFd, flags: i32) {
    // SAFETY: a zeroed sigset is a valid, empty one.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: `set` is live and the signal number valid.
    unsafe { libc::sigaddset(&raw mut set, CANCEL) };
    // SAFETY: the set is live; the old mask is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut()) };
    let path = format!("/proc/self/fd/{}\0", file.as_raw_fd());
    let outcome = loop {
        // SAFETY: `path` is NUL-terminated.
        match owned(i64::from(unsafe { libc::open(path.as_ptr().cast(), flags) })) {
            Err(Errno::EINTR) if !shared.cancelled.load(Ordering::SeqCst) => {}
            outcome => break outcome,
        }
    };
    *shared.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    let _ = crate::host::write(std::os::fd::AsFd::as_fd(&*shared.over), &1u64.to_ne_bytes()); // there is room
}

/// Makes [`CANCEL`] interrupt calls.
fn listen() {
    // SAFETY: a zeroed sigaction is a valid one, filled in below.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_cancel as *const () as usize;
    // SAFETY: `action` is complete and outlives the call; the handler does nothing.
    unsafe { libc::sigaction(CANCEL, &raw const action, std::ptr::null_mut()) };
}

/// Blocks all signals on this thread and answers the mask of before.
fn hold_all() -> libc::sigset_t {
    // SAFETY: a zeroed sigset is valid, and the call fills it.
    let mut all: libc::sigset_t = unsafe { std::mem::zeroed() };
    let mut before = all;
    // SAFETY: `all` is live.
    unsafe { libc::sigfillset(&raw mut all) };
    // SAFETY: both sets are live.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, &raw mut before) };
    before
}

/// The path that the host has for an open file, or its word for what has none (`pipe:[1]`).
#[must_use]
pub fn path_of(file: std::os::fd::BorrowedFd<'_>) -> Option<Vec<u8>> {
    let link = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()?;
    Some(std::os::unix::ffi::OsStringExt::into_vec(link.into_os_string()))
}

/// Whether a file answers one of `events` now.
///
/// # Errors
/// The host's errno.
pub(super) fn is_ready(fd: std::os::fd::BorrowedFd<'_>, events: i16) -> Result<bool, Errno> {
    let mut polled = libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
    // SAFETY: `polled` is one live pollfd.
    checked(i64::from(unsafe { libc::poll(&raw mut polled, 1, 0) })).map(|ready| ready != 0)
}
