//! The file family: open files, paths, directories, metadata, waiting for readiness.

mod control;
mod epoll;
mod io;
mod meta;
mod names;
mod open;
mod poll;

use super::Handler;

/// The tables of the family.
pub(super) const CALLS: [&[(u32, Handler)]; 7] =
    [control::CALLS, epoll::CALLS, io::CALLS, meta::CALLS, names::CALLS, open::CALLS, poll::CALLS];

/// Most bytes that one call moves; more is a short count (MAX_RW_COUNT).
const CHUNK: u64 = 0x7FFF_F000;
/// AT_SYMLINK_NOFOLLOW.
const SYMLINK_NOFOLLOW: u32 = 0x100;
/// AT_SYMLINK_FOLLOW.
const SYMLINK_FOLLOW: u32 = 0x400;
/// AT_EMPTY_PATH.
const EMPTY_PATH: u32 = 0x1000;
