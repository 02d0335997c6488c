//! What a plain open does not know: bounds for the path, how many files there may be, how an open file is called.
//!
//! For the kernel's file family.

use super::checked;
use super::files::{Dir, owned, to_host_flags};
use crate::host::Errno;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, OwnedFd};

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
