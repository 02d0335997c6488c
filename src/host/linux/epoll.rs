//! epoll of the host, for the guest's epoll family. Events are pairs, because the struct is packed on x86-64 only.

use super::checked;
use super::files::owned;
use crate::host::Errno;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

/// EPOLL* bits, the same on all Linux architectures, and the caller's own word.
pub type EpollEvent = (u32, u64);

/// epoll_create1(2); close-on-exec for the host.
///
/// # Errors
/// The host's errno.
pub fn epoll_create() -> Result<OwnedFd, Errno> {
    // SAFETY: no pointers.
    owned(i64::from(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }))
}

/// epoll_ctl(2).
///
/// # Errors
/// The host's errno.
pub fn epoll_control(
    epoll: BorrowedFd<'_>,
    operation: i32,
    file: BorrowedFd<'_>,
    (events, data): EpollEvent,
) -> Result<(), Errno> {
    let mut event = libc::epoll_event { events, u64: data };
    // SAFETY: `event` is a live epoll_event, which is only read.
    let result = unsafe { libc::epoll_ctl(epoll.as_raw_fd(), operation, file.as_raw_fd(), &raw mut event) };
    checked(i64::from(result)).map(drop)
}

/// epoll_wait(2) that does not wait, for at most `most` events. With room for none, an event that is there stays there.
///
/// # Errors
/// EFAULT if there is an event and no room; else the host's errno.
pub fn epoll_ready(epoll: BorrowedFd<'_>, most: usize) -> Result<Vec<EpollEvent>, Errno> {
    let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; most];
    let at = if most == 0 { std::ptr::null_mut() } else { events.as_mut_ptr() };
    let room = i32::try_from(most.max(1)).map_err(|_| Errno::EINVAL)?;
    // SAFETY: `at` is writable for `room` epoll_events, or null, which the host refuses to write to.
    let got = checked(i64::from(unsafe { libc::epoll_wait(epoll.as_raw_fd(), at, room, 0) }))?;
    events.truncate(usize::try_from(got).unwrap_or(0));
    Ok(events.iter().map(|event| (event.events, event.u64)).collect())
}
