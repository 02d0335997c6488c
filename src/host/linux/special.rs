//! Host files that are no names in a directory: event counters, timers, memory; and extended attributes.

use super::files::owned;
use super::{checked, count};
use crate::host::Errno;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

/// memfd_create(2).
///
/// # Errors
/// The host's errno.
pub fn memfd(name: &CStr, flags: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: `name` is NUL-terminated.
    owned(i64::from(unsafe { libc::memfd_create(name.as_ptr(), flags | libc::MFD_CLOEXEC) }))
}

/// eventfd2(2); its flags have the same values on arm64 and here.
///
/// # Errors
/// The host's errno.
pub fn eventfd(initial: u32, flags: u32) -> Result<OwnedFd, Errno> {
    let flags = i32::try_from(flags).map_err(|_| Errno::EINVAL)?;
    // SAFETY: no pointers.
    owned(i64::from(unsafe { libc::eventfd(initial, flags | libc::EFD_CLOEXEC) }))
}

/// inotify_init1(2); its flags have the same values on arm64 and here.
///
/// # Errors
/// The host's errno.
pub fn inotify(flags: u32) -> Result<OwnedFd, Errno> {
    let flags = i32::try_from(flags).map_err(|_| Errno::EINVAL)?;
    // SAFETY: no pointers.
    owned(i64::from(unsafe { libc::inotify_init1(flags | libc::IN_CLOEXEC) }))
}

/// inotify_add_watch(2), the path relative to the working directory.
///
/// # Errors
/// The host's errno.
pub fn inotify_add(fd: BorrowedFd<'_>, path: &CStr, mask: u32) -> Result<i32, Errno> {
    // SAFETY: `path` is NUL-terminated.
    let watch = checked(i64::from(unsafe { libc::inotify_add_watch(fd.as_raw_fd(), path.as_ptr(), mask) }))?;
    i32::try_from(watch).map_err(|_| Errno::EINVAL)
}

/// inotify_rm_watch(2).
///
/// # Errors
/// The host's errno.
pub fn inotify_remove(fd: BorrowedFd<'_>, watch: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    checked(i64::from(unsafe { libc::inotify_rm_watch(fd.as_raw_fd(), watch) })).map(drop)
}

/// timerfd_create(2); its flags have the same values on arm64 and here.
///
/// # Errors
/// The host's errno.
pub fn timerfd(clock: i32, flags: u32) -> Result<OwnedFd, Errno> {
    let flags = i32::try_from(flags).map_err(|_| Errno::EINVAL)?;
    // SAFETY: no pointers.
    owned(i64::from(unsafe { libc::timerfd_create(clock, flags | libc::TFD_CLOEXEC) }))
}

/// The 32 bytes of a struct itimerspec, the same on all 64-bit systems.
pub type TimerSpec = [u8; 32];

fn to_host(spec: &TimerSpec) -> libc::itimerspec {
    const { assert!(size_of::<libc::itimerspec>() == 32) };
    // SAFETY: plain bytes of the same size; a copy, so that alignment holds.
    unsafe { std::mem::transmute(*spec) }
}

fn to_guest(spec: libc::itimerspec) -> TimerSpec {
    // SAFETY: plain bytes of the same size, four words without padding.
    unsafe { std::mem::transmute(spec) }
}

/// timerfd_settime(2). Answers what was set before.
///
/// # Errors
/// The host's errno.
pub fn timerfd_set(fd: BorrowedFd<'_>, flags: i32, new: &TimerSpec) -> Result<TimerSpec, Errno> {
    let new = to_host(new);
    let mut old = to_host(&[0; 32]);
    // SAFETY: both are live itimerspecs.
    let result = unsafe { libc::timerfd_settime(fd.as_raw_fd(), flags, &raw const new, &raw mut old) };
    checked(i64::from(result))?;
    Ok(to_guest(old))
}

/// timerfd_gettime(2).
///
/// # Errors
/// The host's errno.
pub fn timerfd_get(fd: BorrowedFd<'_>) -> Result<TimerSpec, Errno> {
    let mut now = to_host(&[0; 32]);
    // SAFETY: `now` is a live itimerspec.
    checked(i64::from(unsafe { libc::timerfd_gettime(fd.as_raw_fd(), &raw mut now) }))?;
    Ok(to_guest(now))
}

/// Whose extended attributes.
#[derive(Clone, Copy, Debug)]
pub enum XattrOf<'a> {
    /// The file that a path leads to, relative to the working directory.
    Path(&'a CStr),
    /// The file or link of that path.
    Link(&'a CStr),
    /// An open file.
    Open(BorrowedFd<'a>),
}

/// getxattr(2) family; answers the length of the value.
///
/// # Errors
/// The host's errno.
pub fn get_xattr(of: XattrOf<'_>, name: &CStr, buf: &mut [u8]) -> Result<usize, Errno> {
    let (name, at, len) = (name.as_ptr(), buf.as_mut_ptr().cast(), buf.len());
    count(match of {
        // SAFETY: NUL-terminated strings, and what else is passed is live for its length.
        XattrOf::Path(path) => unsafe { libc::getxattr(path.as_ptr(), name, at, len) },
        // SAFETY: as above.
        XattrOf::Link(path) => unsafe { libc::lgetxattr(path.as_ptr(), name, at, len) },
        // SAFETY: as above.
        XattrOf::Open(fd) => unsafe { libc::fgetxattr(fd.as_raw_fd(), name, at, len) },
    })
}

/// listxattr(2) family; answers the length of the list.
///
/// # Errors
/// The host's errno.
pub fn list_xattr(of: XattrOf<'_>, buf: &mut [u8]) -> Result<usize, Errno> {
    let (at, len) = (buf.as_mut_ptr().cast(), buf.len());
    count(match of {
        // SAFETY: NUL-terminated strings, and what else is passed is live for its length.
        XattrOf::Path(path) => unsafe { libc::listxattr(path.as_ptr(), at, len) },
        // SAFETY: as above.
        XattrOf::Link(path) => unsafe { libc::llistxattr(path.as_ptr(), at, len) },
        // SAFETY: as above.
        XattrOf::Open(fd) => unsafe { libc::flistxattr(fd.as_raw_fd(), at, len) },
    })
}

/// setxattr(2) family.
///
/// # Errors
/// The host's errno.
pub fn set_xattr(of: XattrOf<'_>, name: &CStr, value: &[u8], flags: i32) -> Result<(), Errno> {
    let (name, at, len) = (name.as_ptr(), value.as_ptr().cast(), value.len());
    let result = match of {
        // SAFETY: NUL-terminated strings, and what else is passed is live for its length.
        XattrOf::Path(path) => unsafe { libc::setxattr(path.as_ptr(), name, at, len, flags) },
        // SAFETY: as above.
        XattrOf::Link(path) => unsafe { libc::lsetxattr(path.as_ptr(), name, at, len, flags) },
        // SAFETY: as above.
        XattrOf::Open(fd) => unsafe { libc::fsetxattr(fd.as_raw_fd(), name, at, len, flags) },
    };
    checked(i64::from(result)).map(drop)
}

/// removexattr(2) family.
///
/// # Errors
/// The host's errno.
pub fn remove_xattr(of: XattrOf<'_>, name: &CStr) -> Result<(), Errno> {
    let result = match of {
        // SAFETY: NUL-terminated strings, and what else is passed is live for its length.
        XattrOf::Path(path) => unsafe { libc::removexattr(path.as_ptr(), name.as_ptr()) },
        // SAFETY: as above.
        XattrOf::Link(path) => unsafe { libc::lremovexattr(path.as_ptr(), name.as_ptr()) },
        // SAFETY: as above.
        XattrOf::Open(fd) => unsafe { libc::fremovexattr(fd.as_raw_fd(), name.as_ptr()) },
    };
    checked(i64::from(result)).map(drop)
}
