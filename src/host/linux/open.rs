//! What a plain open does not know: bounds for the path, how many files there may be, how an open file is called, and
//! who else has it open or locked.
//!
//! For the kernel's file family.

use super::checked;
use super::files::{Dir, owned, to_host_flags};
use crate::host::Errno;
use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Mutex;

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

/// A descriptor of ours for a file that the guest may have open, too. A process that closes any descriptor of a file
/// loses its record locks on it (fcntl(2)), those that it took through another one as well; so one of these stays
/// open while there are such locks.
#[derive(Debug)]
pub struct SideFile(Option<OwnedFd>);

/// Side files whose time is over, but that have to wait until there are no locks on them.
static RETIRED: Mutex<Vec<OwnedFd>> = Mutex::new(Vec::new());

impl SideFile {
    /// A file that has just been opened or duplicated.
    #[must_use]
    pub fn new(file: OwnedFd) -> SideFile {
        SideFile(Some(file))
    }
}

impl AsFd for SideFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_ref().expect("there until it is dropped").as_fd()
    }
}

impl Drop for SideFile {
    fn drop(&mut self) {
        let Some(file) = self.0.take() else { return };
        if let Ok(mut retired) = RETIRED.lock() {
            retired.push(file);
            retired.retain(|file| has_record_locks(file.as_fd()));
        }
    }
}

/// Closes side files that had to wait, as far as that costs no locks. For whoever closes a file of the guest.
pub fn close_retired() {
    if let Ok(mut retired) = RETIRED.lock() {
        retired.retain(|file| has_record_locks(file.as_fd()));
    }
}

/// Whether any process has record locks on a file.
fn has_record_locks(file: BorrowedFd<'_>) -> bool {
    const OFD_GETLK: i32 = 36;
    let mut lock = [0; 32]; // l_type, l_whence, then l_start and l_len: all of the file
    lock[..2].copy_from_slice(&libc::F_WRLCK.to_ne_bytes()[..2]);
    let found = super::files::record_lock(file, OFD_GETLK, &mut lock);
    found.is_ok() && i32::from(i16::from_ne_bytes([lock[0], lock[1]])) != libc::F_UNLCK
}

/// Whether any process has a file open for writing, as far as the host tells. `file` is open for reading only.
#[must_use]
pub fn is_open_for_writing(file: BorrowedFd<'_>) -> bool {
    const SETSIG: i32 = 10;
    // A lease for reading is granted if there is no writer. Whoever wants to write in the moment that we have it
    // makes the host send a signal, which by default would end us.
    let harmless = super::files::fcntl(file, SETSIG, libc::SIGCHLD.into());
    let lease = |kind: i32| super::files::fcntl(file, libc::F_SETLEASE, kind.into());
    let answer = harmless.and_then(|_| lease(libc::F_RDLCK));
    if answer.is_ok() {
        let _ = lease(libc::F_UNLCK); // closing it does the same
    }
    answer == Err(Errno::EAGAIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::OpenOptionsExt;

    /// Whether there are locks on a file, looked at without closing anything.
    fn is_locked(path: &std::path::Path) -> bool {
        has_record_locks(std::fs::File::open(path).map(SideFile::of).unwrap().as_fd())
    }

    impl SideFile {
        fn of(file: std::fs::File) -> SideFile {
            SideFile::new(file.into())
        }
    }

    #[test]
    fn a_side_file_costs_no_locks_and_is_closed_when_there_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let mut options = std::fs::OpenOptions::new();
        let file = options.read(true).write(true).create(true).mode(0o600).open(&path).unwrap();
        let mut lock = [0; 32];
        lock[..2].copy_from_slice(&libc::F_WRLCK.to_ne_bytes()[..2]);
        super::super::files::record_lock(file.as_fd(), libc::F_SETLK, &mut lock).unwrap();
        drop(SideFile::of(std::fs::File::open(&path).unwrap()));
        assert!(is_locked(&path));
        let links = || {
            let all = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
            all.filter(|entry| std::fs::read_link(entry.path()).is_ok_and(|to| to == path)).count()
        };
        assert!(links() > 1, "the side files are open still");
        drop(file);
        close_retired();
        assert_eq!(links(), 0);
    }

    #[test]
    fn a_writer_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let writer = std::fs::File::create(&path).unwrap();
        let reader = std::fs::File::open(&path).unwrap();
        assert!(is_open_for_writing(reader.as_fd()));
        drop(writer);
        assert!(!is_open_for_writing(reader.as_fd()));
        std::fs::File::create(&path).expect("no lease is left behind");
    }
}
