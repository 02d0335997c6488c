//! sendfile to a file that waits: a socket or a pipe takes as much as it has room for, and the call parks for the rest.

use super::{POLLOUT, may_wait, wait_for};
use crate::host::{self, Errno};
use crate::kernel::park::PARKED;
use crate::kernel::{Call, SysResult};
use std::os::fd::AsFd;
use std::sync::Arc;

/// Bytes that are moved at a time.
const CHUNK: u64 = 64 << 10;
/// Most bytes that one call moves (MAX_RW_COUNT).
const CALL_MAX: u64 = 0x7FFF_F000;

/// Copies from a file, at its position or at the offset in guest memory, to one that may have to wait. What was
/// read and could not be written is not taken from the source.
pub(in crate::kernel) fn sendfile(c: &mut Call<'_>) -> SysResult {
    const SET: i32 = 0;
    const CURRENT: i32 = 1;
    let [_, _, pointer, count, ..] = c.args;
    let to = Arc::clone(&c.k.fds.get(c.int(0))?.host);
    let from = Arc::clone(&c.k.fds.get(c.int(1))?.host);
    let mut at = match pointer {
        0 => host::seek(from.as_fd(), 0, CURRENT)?,
        pointer => c.door.read_u64(pointer)?.cast_signed(),
    };
    if at < 0 {
        return Err(Errno::EINVAL);
    }
    let wanted = count.min(CALL_MAX);
    let mut done = c.resume.done;
    let mut buffer = vec![0; usize::try_from(CHUNK).expect("a small number")];
    let failed = loop {
        let part = usize::try_from((wanted - done.min(wanted)).min(CHUNK)).expect("a small number");
        let step = c.uninterrupted(|_| match host::pread(from.as_fd(), &mut buffer[..part], at)? {
            0 => Ok(0),
            got => host::write_now(to.as_fd(), &buffer[..got]),
        });
        match step {
            Ok(0) => break None,
            Ok(moved) => {
                done += moved as u64;
                at = at.saturating_add(i64::try_from(moved).unwrap_or(i64::MAX));
            }
            Err(Errno::EAGAIN) if may_wait(to.as_fd(), 0)? => break Some(wait_for(c, &to, POLLOUT)),
            Err(errno) => break Some(errno),
        }
    };
    c.resume.done = done;
    if pointer == 0 {
        host::seek(from.as_fd(), at, SET)?;
    } else {
        c.door.write(pointer, &at.to_le_bytes())?;
    }
    match failed {
        Some(PARKED) => Err(PARKED),
        Some(errno) if done == 0 => {
            if errno == Errno::EPIPE {
                c.k.raise_sigpipe();
            }
            Err(errno)
        }
        _ => Ok(done),
    }
}
