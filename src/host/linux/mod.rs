//! Linux as a host. Flags and structs of the host's architecture are turned into arm64's here.

pub(super) mod clock;
pub(super) mod epoll;
pub(super) mod family;
pub(super) mod files;
pub(super) mod ipc;
pub(super) mod memory;
pub(super) mod net;
pub(super) mod open;
pub(super) mod process;
pub(super) mod special;
pub(super) mod transfer;
pub(super) mod waiting;

use crate::host::Errno;

/// The outcome of a libc call that answers -1 and sets errno.
fn checked(result: i64) -> Result<i64, Errno> {
    if result == -1 { Err(Errno::last()) } else { Ok(result) }
}

/// The outcome of a libc call that answers a length, or -1 and sets errno.
fn count(result: isize) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_| Errno::last())
}
