//! Calls of the host that wait and whose end no descriptor tells: opens of FIFOs, and locks of files.
//!
//! For the kernel's file family. A thread of ours waits in the guest's place, and can be called off.

use super::files::{lock, owned, record_lock, to_host_flags};
use crate::host::Errno;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Interrupts a thread that waits. Linux uses the number for nothing.
const CANCEL: i32 = libc::SIGSTKFLT;

extern "C" fn on_cancel(_signal: i32) {}

/// What the waiting thread and its owner share.
#[derive(Debug)]
struct Shared<T> {
    outcome: Mutex<Option<Result<T, Errno>>>,
    cancelled: AtomicBool,
    /// Readable once there is an outcome.
    over: Arc<OwnedFd>,
}

/// A call that waits in a thread of its own. Dropping it calls it off.
#[derive(Debug)]
pub struct Waiting<T> {
    shared: Arc<Shared<T>>,
    /// None once it has been waited for.
    thread: Option<JoinHandle<()>>,
    /// The process that has the thread: a fork has not.
    pid: u32,
    /// What the thread uses. It is kept here so that a fork without the thread can close it.
    _file: Arc<OwnedFd>,
}

/// Begins to open anew what `file`, opened with O_PATH, stands for; flags in arm64's values.
///
/// # Errors
/// The host has no thread or descriptor left.
pub fn wait_for_open(file: OwnedFd, flags: u32) -> Result<Waiting<OwnedFd>, Errno> {
    let flags = to_host_flags(flags) | libc::O_CLOEXEC;
    Waiting::begin(Arc::new(file), move |file| {
        let path = format!("/proc/self/fd/{}\0", file.as_raw_fd());
        // SAFETY: `path` is NUL-terminated.
        owned(i64::from(unsafe { libc::open(path.as_ptr().cast(), flags) }))
    })
}

/// Begins to wait for a record lock, as fcntl(2) does with `command` and the bytes of a struct flock.
///
/// # Errors
/// The host has no thread or descriptor left.
pub fn wait_for_record_lock(file: Arc<OwnedFd>, command: i32, range: [u8; 32]) -> Result<Waiting<()>, Errno> {
    Waiting::begin(file, move |file| record_lock(file, command, &mut range.clone()))
}

/// Begins to wait for a lock, as flock(2) does.
///
/// # Errors
/// The host has no thread or descriptor left.
pub fn wait_for_lock(file: Arc<OwnedFd>, operation: i32) -> Result<Waiting<()>, Errno> {
    Waiting::begin(file, move |file| lock(file, operation))
}

impl<T: Send + 'static> Waiting<T> {
    fn begin(
        file: Arc<OwnedFd>,
        act: impl Fn(BorrowedFd<'_>) -> Result<T, Errno> + Send + 'static,
    ) -> Result<Waiting<T>, Errno> {
        let over = Arc::new(crate::host::eventfd(0, 0)?);
        let shared = Arc::new(Shared { outcome: Mutex::new(None), cancelled: AtomicBool::new(false), over });
        let theirs = Arc::clone(&shared);
        let number = file.as_raw_fd();
        let body = move || {
            // SAFETY: the owner keeps the file open until this thread has ended.
            let file = unsafe { BorrowedFd::borrow_raw(number) };
            wait(&theirs, || act(file));
        };
        listen();
        // The new thread must get no signal but ours, from its first instruction on.
        let before = hold_all();
        let thread = std::thread::Builder::new().name("waits".into()).spawn(body);
        // SAFETY: the set is live; the old mask is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut()) };
        let thread = thread.map_err(Errno::from)?;
        Ok(Waiting { shared, thread: Some(thread), pid: std::process::id(), _file: file })
    }
}

impl<T> Waiting<T> {
    /// A descriptor that is readable once there is an outcome.
    #[must_use]
    pub fn over(&self) -> &Arc<OwnedFd> {
        &self.shared.over
    }

    /// The outcome, if there is one.
    #[must_use]
    pub fn take(&self) -> Option<Result<T, Errno>> {
        self.shared.outcome.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Calls the call off, and answers what became of it: it may have succeeded just before.
    ///
    /// # Errors
    /// EINTR, or what the call answered.
    pub fn cancel(mut self) -> Result<T, Errno> {
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

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The thread: acts until there is an outcome or the owner wants none.
fn wait<T>(shared: &Shared<T>, act: impl Fn() -> Result<T, Errno>) {
    // SAFETY: a zeroed sigset is a valid, empty one.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: `set` is live and the signal number valid.
    unsafe { libc::sigaddset(&raw mut set, CANCEL) };
    // SAFETY: the set is live; the old mask is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut()) };
    let outcome = loop {
        match act() {
            Err(Errno::EINTR) if !shared.cancelled.load(Ordering::SeqCst) => {}
            outcome => break outcome,
        }
    };
    *shared.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    let _ = crate::host::write(shared.over.as_fd(), &1u64.to_ne_bytes()); // there is room
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
