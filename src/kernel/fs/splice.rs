//! Moving bytes between open files without the guest's memory: splice, tee, sendfile, copy_file_range; and vmsplice.

use super::io::{At, How, fetch, put, read_vectors, room, write_vectors};
use crate::host::{self, Errno};
use crate::kernel::park::{PARKED, Wait};
use crate::kernel::{Call, Handler, SysResult};
use std::os::fd::BorrowedFd;
use std::sync::Arc;

pub(super) const CALLS: &[(u32, Handler)] =
    &[(71, sendfile), (75, vmsplice), (76, splice), (77, tee), (285, copy_file_range)];

const POLLIN: i16 = 1;
const POLLOUT: i16 = 4;
const NONBLOCK: u32 = 2;
/// SPLICE_F_MOVE, _NONBLOCK, _MORE and _GIFT.
const SPLICE_FLAGS: u32 = 0xF;

fn kind(file: BorrowedFd<'_>) -> Result<u32, Errno> {
    Ok(u32::from(host::fstat(file)?.stx_mode) & 0o170_000)
}

fn is_pipe(file: BorrowedFd<'_>) -> Result<bool, Errno> {
    Ok(kind(file)? == 0o010_000)
}

fn is_nonblocking(file: BorrowedFd<'_>) -> Result<bool, Errno> {
    const O_NONBLOCK: u32 = 0x800;
    Ok(host::open_flags(file)? & O_NONBLOCK != 0)
}

/// Waits for one of the two ends, or answers EAGAIN if the call is not to wait.
fn await_ends(c: &mut Call<'_>, from: i32, to: i32, flags: u32, pipes: (bool, bool)) -> Result<Errno, Errno> {
    let (source, sink) = (c.k.fds.host(from)?, c.k.fds.host(to)?);
    let never =
        flags & NONBLOCK != 0 || (pipes.0 && is_nonblocking(source)?) || (pipes.1 && is_nonblocking(sink)?);
    if never {
        return Ok(Errno::EAGAIN);
    }
    let (fd, events) = if host::ready(source, POLLIN)? { (to, POLLOUT) } else { (from, POLLIN) };
    let file = Arc::clone(&c.k.fds.get(fd)?.host);
    Ok(c.park(Wait::on(&file, events).restarting()))
}

/// An offset in guest memory that a transfer brings up to date; none if the guest gave no address.
fn offset_at(c: &Call<'_>, pointer: u64) -> Result<Option<i64>, Errno> {
    if pointer == 0 { Ok(None) } else { Ok(Some(c.door.read_u64(pointer)?.cast_signed())) }
}

fn store_offset(c: &mut Call<'_>, pointer: u64, offset: Option<i64>) -> Result<(), Errno> {
    match offset {
        None => Ok(()),
        Some(offset) => c.door.write(pointer, &offset.to_le_bytes()),
    }
}

fn splice(c: &mut Call<'_>) -> SysResult {
    let [_, from_pointer, _, to_pointer, len, _] = c.args;
    let (from, to, flags) = (c.int(0), c.int(2), c.uint(5));
    if len == 0 {
        return Ok(0);
    }
    if flags & !SPLICE_FLAGS != 0 {
        return Err(Errno::EINVAL);
    }
    let (source, sink) = (c.k.fds.host(from)?, c.k.fds.host(to)?);
    let pipes = (is_pipe(source)?, is_pipe(sink)?);
    if (pipes.0 && from_pointer != 0) || (pipes.1 && to_pointer != 0) {
        return Err(Errno::ESPIPE);
    }
    if !pipes.0 && !pipes.1 {
        return Err(Errno::EINVAL);
    }
    // A socket or terminal waits by its own flag, which the host's NONBLOCK for pipes does not change.
    let waits = |fd: i32, pipe: bool| c.k.fds.get(fd).map(|file| file.waits && !pipe);
    let unready = (waits(from, pipes.0)? && !host::ready(source, POLLIN)?)
        || (waits(to, pipes.1)? && !host::ready(sink, POLLOUT)?);
    let most = if waits(to, pipes.1)? { 4096 } else { room(len) };
    let (mut from_at, mut to_at) = (offset_at(c, from_pointer)?, offset_at(c, to_pointer)?);
    let outcome = if unready {
        Err(Errno::EAGAIN)
    } else {
        c.uninterrupted(|c| {
            let (source, sink) = (c.k.fds.host(from)?, c.k.fds.host(to)?);
            host::splice((source, from_at.as_mut()), (sink, to_at.as_mut()), most, flags)
        })
    };
    match outcome {
        Err(Errno::EAGAIN) => Err(await_ends(c, from, to, flags, pipes)?),
        Err(errno) => Err(broken(c, errno)),
        Ok(moved) => {
            store_offset(c, from_pointer, from_at)?;
            store_offset(c, to_pointer, to_at)?;
            Ok(moved as u64)
        }
    }
}

/// The error of a write, with its signal.
fn broken(c: &mut Call<'_>, errno: Errno) -> Errno {
    if errno == Errno::EPIPE {
        c.k.raise_sigpipe();
    }
    errno
}

fn tee(c: &mut Call<'_>) -> SysResult {
    let (from, to, len, flags) = (c.int(0), c.int(1), c.args[2], c.uint(3));
    if flags & !SPLICE_FLAGS != 0 {
        return Err(Errno::EINVAL);
    }
    if len == 0 {
        return Ok(0);
    }
    let outcome = c.uninterrupted(|c| host::tee(c.k.fds.host(from)?, c.k.fds.host(to)?, room(len), flags));
    match outcome {
        Err(Errno::EAGAIN) => Err(await_ends(c, from, to, flags, (true, true))?),
        Err(errno) => Err(broken(c, errno)),
        Ok(copied) => Ok(copied as u64),
    }
}

/// Bytes of the guest's memory into a pipe, or out of one. They are copied, as Linux may do too.
fn vmsplice(c: &mut Call<'_>) -> SysResult {
    const WRITES: u32 = 3;
    let (fd, flags) = (c.int(0), c.uint(3));
    if flags & !SPLICE_FLAGS != 0 {
        return Err(Errno::EINVAL);
    }
    let file = c.k.fds.host(fd)?;
    if !is_pipe(file)? {
        return Err(Errno::EBADF);
    }
    let how = How { now: flags & NONBLOCK != 0, ..At::Position.into() };
    if host::open_flags(file)? & WRITES == 0 {
        return read_vectors(c, how);
    }
    match write_vectors(c, how) {
        // What the pipe has taken is the answer.
        Err(PARKED) if c.resume.done > 0 => Ok(c.resume.done),
        outcome => outcome,
    }
}

/// Most bytes of a file that sendfile has in hand at once.
const PIECE: u64 = 1 << 20;

/// From a file with a position to any other. Progress is kept in the call, and the position moves at its end.
fn sendfile(c: &mut Call<'_>) -> SysResult {
    const SET: i32 = 0;
    const CURRENT: i32 = 1;
    const ACCESS: u32 = 3;
    const WRITE_ONLY: u32 = 1;
    const APPEND: u32 = 0x400;
    let (to, from, pointer, count) = (c.int(0), c.int(1), c.args[2], c.args[3]);
    let given = offset_at(c, pointer)?;
    if given.is_some_and(i64::is_negative) {
        return Err(Errno::EINVAL);
    }
    let (source, sink) = (c.k.fds.host(from)?, c.k.fds.host(to)?);
    let modes = [host::open_flags(source)?, host::open_flags(sink)?];
    if modes[0] & ACCESS == WRITE_ONLY || modes[1] & ACCESS == 0 {
        return Err(Errno::EBADF);
    }
    if modes[1] & APPEND != 0 {
        return Err(Errno::EINVAL);
    }
    // The source must have a position.
    let start = match (host::seek(source, 0, CURRENT), given) {
        (Err(Errno::ESPIPE), _) => return Err(Errno::EINVAL),
        (Err(errno), _) => return Err(errno),
        (Ok(_), Some(given)) => given,
        (Ok(here), None) => here,
    };
    let count = count.min(super::CHUNK);
    let mut done = c.resume.done;
    let outcome = loop {
        let left = (count - done.min(count)).min(PIECE);
        let at = start.saturating_add(done.cast_signed());
        let step = match fetch(c, from, left, At::Offset(at).into()) {
            Ok(bytes) if bytes.is_empty() => break Ok(()),
            Ok(bytes) => {
                c.resume.done = 0;
                put(c, to, &bytes, At::Position.into())
            }
            Err(errno) => Err(errno),
        };
        match step {
            Ok(n) => done += n,
            Err(errno) => {
                done += if errno == PARKED { c.resume.done } else { 0 };
                break Err(errno);
            }
        }
    };
    match outcome {
        Err(PARKED) => {
            c.resume.done = done;
            return Err(PARKED);
        }
        Err(errno) if done == 0 => return Err(errno),
        _ => {}
    }
    let end = start.saturating_add(done.cast_signed());
    match given {
        Some(_) => store_offset(c, pointer, Some(end))?,
        None => drop(host::seek(c.k.fds.host(from)?, end, SET)?),
    }
    Ok(done)
}

fn copy_file_range(c: &mut Call<'_>) -> SysResult {
    let [_, from_pointer, _, to_pointer, len, _] = c.args;
    if c.uint(5) != 0 {
        return Err(Errno::EINVAL);
    }
    c.k.fds.get(c.int(0))?;
    c.k.fds.get(c.int(2))?;
    let (mut from_at, mut to_at) = (offset_at(c, from_pointer)?, offset_at(c, to_pointer)?);
    let moved = c.uninterrupted(|c| {
        let (from, to) = (c.k.fds.host(c.int(0))?, c.k.fds.host(c.int(2))?);
        host::copy_range((from, from_at.as_mut()), (to, to_at.as_mut()), room(len))
    })?;
    store_offset(c, from_pointer, from_at)?;
    store_offset(c, to_pointer, to_at)?;
    Ok(moved as u64)
}
