//! Host processes that run one guest each: fork, the memory that they share, how they ring for one another and end.

use super::checked;
use crate::host::Errno;
use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Words that this process shares with those that it forks, zero at first.
#[derive(Debug)]
pub struct SharedWords {
    at: NonNull<AtomicU64>,
    len: usize,
}

// SAFETY: the words are atomics in memory that is never unmapped.
unsafe impl Send for SharedWords {}
// SAFETY: as above.
unsafe impl Sync for SharedWords {}

impl SharedWords {
    /// Reserves `len` words; the host backs those that are used. They stay for the life of the process.
    ///
    /// # Errors
    /// If the host has no memory.
    pub fn new(len: usize) -> std::io::Result<SharedWords> {
        // SAFETY: a fresh anonymous mapping at an address of the kernel's choice replaces nothing.
        let at = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len * size_of::<AtomicU64>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if at == libc::MAP_FAILED {
            return Err(std::io::Error::last_os_error());
        }
        let at = NonNull::new(at.cast()).ok_or_else(|| std::io::Error::other("mmap answered address 0"))?;
        Ok(SharedWords { at, len })
    }

    /// Word `n`.
    ///
    /// # Panics
    /// If there are not so many.
    #[must_use]
    pub fn word(&self, n: usize) -> &AtomicU64 {
        assert!(n < self.len, "word {n} of {}", self.len);
        // SAFETY: inside the mapping, as was just tested.
        let word = unsafe { self.at.add(n) };
        // SAFETY: the mapping lives as long as the process; zeroed memory is a valid atomic.
        unsafe { word.as_ref() }
    }
}

/// Whether a child of this process has ended or another process has rung since the last time it was asked.
static RUNG: AtomicBool = AtomicBool::new(false);

/// The signal by which processes ring for one another: a real-time one that nothing else here uses.
fn bell() -> i32 {
    libc::SIGRTMIN() + 6
}

/// Signals that are for the emulator itself.
pub(super) fn own_signals() -> [i32; 2] {
    [libc::SIGCHLD, bell()]
}

/// Notes one of [`own_signals`]; answers whether it was one.
pub(super) fn note(signal: i32) -> bool {
    let own = signal == libc::SIGCHLD || signal == bell();
    if own {
        RUNG.store(true, Ordering::SeqCst);
    }
    own
}

/// Whether [`take_ring`] would answer yes.
pub(super) fn has_rung() -> bool {
    RUNG.load(Ordering::SeqCst)
}

/// Whether somebody has rung, or a child has ended, since the last call.
#[must_use]
pub fn take_ring() -> bool {
    RUNG.load(Ordering::Relaxed) && RUNG.swap(false, Ordering::SeqCst)
}

/// Rings for another process that runs a guest: what it waits for may be there.
pub fn ring(process: i32) {
    // SAFETY: no pointers. A process that is gone needs no bell.
    unsafe { libc::kill(process, bell()) };
}

/// Makes this process the leader of a session of the host, without a terminal (setsid(2)).
///
/// # Errors
/// EPERM if it leads a group.
pub fn new_session() -> Result<(), Errno> {
    // SAFETY: no pointers.
    checked(i64::from(unsafe { libc::setsid() })).map(drop)
}

/// This process as the host numbers it.
#[must_use]
pub fn process_id() -> i32 {
    // SAFETY: no pointers.
    unsafe { libc::getpid() }
}

/// Whether a process of the host is there.
#[must_use]
pub fn is_alive(process: i32) -> bool {
    // SAFETY: no pointers; signal 0 only asks.
    unsafe { libc::kill(process, 0) == 0 }
}

/// Sleeps for `ns` nanoseconds, or less if a signal comes.
pub fn pause(ns: u64) {
    std::thread::sleep(std::time::Duration::from_nanos(ns));
}

/// Who returns from [`fork`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forked {
    /// The caller, which has a child of this host id.
    Parent(i32),
    /// The child.
    Child,
}

/// Forks this process. Only the calling thread exists in the child, so that whoever calls has brought the others
/// to a place where they hold no lock.
///
/// # Errors
/// The host's errno.
pub fn fork() -> Result<Forked, Errno> {
    // What comes for the child before it has forgotten what came for its parent waits until then.
    let _held = super::process::hold_signals();
    // SAFETY: no pointers; what the child may use is said above.
    match checked(i64::from(unsafe { libc::fork() }))? {
        0 => {
            RUNG.store(false, Ordering::SeqCst);
            super::process::forget_signals();
            Ok(Forked::Child)
        }
        child => Ok(Forked::Parent(i32::try_from(child).map_err(|_| Errno::EINVAL)?)),
    }
}

/// Ends this process at once, without running what was registered for its end: that belongs to its parent.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: no pointers; it does not return.
    unsafe { libc::_exit(code) }
}

/// Makes this process the new parent of those whose own has ended.
pub fn adopt_orphans() {
    // SAFETY: no pointers. A host that refuses leaves orphans to its first process.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
}

/// pidfd_open(2) of a host process.
///
/// # Errors
/// The host's errno.
pub fn pidfd(process: i32, flags: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: no pointers.
    let fd = checked(unsafe { libc::syscall(libc::SYS_pidfd_open, process, flags) })?;
    let fd = i32::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the host has just opened it, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A host child that has ended: its id, and its status as waitpid tells it, if there is one.
#[must_use]
pub fn reap() -> Option<(i32, i32)> {
    let mut status = 0;
    // SAFETY: `status` is live.
    let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
    (pid > 0).then_some((pid, status))
}

/// Waits for a host child to end; answers false if there is none.
#[must_use]
pub fn wait_for_child() -> Option<(i32, i32)> {
    loop {
        let mut status = 0;
        // SAFETY: `status` is live.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, 0) };
        if pid > 0 {
            return Some((pid, status));
        }
        if Errno::last() != Errno::EINTR {
            return None;
        }
    }
}
