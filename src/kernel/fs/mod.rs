//! The file family: open files, paths, directories, metadata, waiting for readiness.

mod control;
mod epoll;
mod io;
mod ioctl;
mod meta;
mod names;
mod notify;
mod open;
mod poll;
mod refused;
mod splice;

use super::park::{PARKED, Wait};
use super::path::{Follow, Located};
use super::{Call, Handler};
use crate::host::{self, Errno, Waiting};

/// The tables of the family.
pub(super) const CALLS: [&[(u32, Handler)]; 11] = [
    control::CALLS,
    epoll::CALLS,
    io::CALLS,
    ioctl::CALLS,
    meta::CALLS,
    names::CALLS,
    notify::CALLS,
    open::CALLS,
    poll::CALLS,
    refused::CALLS,
    splice::CALLS,
];

/// Most bytes that one call moves; more is a short count (MAX_RW_COUNT).
const CHUNK: u64 = 0x7FFF_F000;
/// AT_SYMLINK_NOFOLLOW.
const SYMLINK_NOFOLLOW: u32 = 0x100;
/// AT_SYMLINK_FOLLOW.
const SYMLINK_FOLLOW: u32 = 0x400;
/// AT_EMPTY_PATH.
const EMPTY_PATH: u32 = 0x1000;

/// How many bytes a regular file may grow from `at` on by RLIMIT_FSIZE; EFBIG and SIGXFSZ if none.
fn within_size_limit(c: &mut Call<'_>, at: u64) -> Result<u64, Errno> {
    const SIGXFSZ: u32 = 25;
    let limit = c.k.fds.file_size_limit;
    if at >= limit {
        c.k.raise_on_self(SIGXFSZ);
        return Err(Errno::EFBIG);
    }
    Ok(limit - at)
}

/// Refuses to write to the program that a process runs: ETXTBSY. Without `follow` a link at the end of the path is none.
fn refuse_running(c: &Call<'_>, located: &Located, follow: Follow) -> Result<(), Errno> {
    let flags = if follow == Follow::No { SYMLINK_NOFOLLOW.cast_signed() } else { 0 };
    let Ok(stat) = host::statx(located.dir(), &located.path, flags, 0x7FF) else { return Ok(()) };
    let busy = c.k.family.is_running((stat.stx_dev_major, stat.stx_dev_minor, stat.stx_ino));
    if busy { Err(Errno::ETXTBSY) } else { Ok(()) }
}

/// Takes the outcome of a call of the host that waits, or parks and lets `keep` have what goes on waiting. A signal
/// calls it off.
fn outcome_of<T>(
    c: &mut Call<'_>,
    waiting: Waiting<T>,
    keep: impl FnOnce(&mut Call<'_>, Waiting<T>),
) -> Result<T, Errno> {
    const POLLIN: i16 = 1;
    if let Some(outcome) = waiting.take() {
        return outcome;
    }
    match c.park(Wait::on(waiting.over(), POLLIN).restarting()) {
        PARKED => {
            keep(c, waiting);
            Err(PARKED)
        }
        interrupted => waiting.cancel().map_err(|errno| match errno {
            Errno::EINTR => interrupted,
            other => other,
        }),
    }
}
