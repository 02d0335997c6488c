//! Reading, writing and positioning.

use super::CHUNK;
use crate::host::{self, Errno};
use crate::kernel::park::PARKED;
use crate::kernel::{Call, Handler, SysResult, net, procfs, signalfd};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

pub(super) const CALLS: &[(u32, Handler)] = &[
    (62, lseek),
    (63, read),
    (64, write),
    (65, readv),
    (66, writev),
    (67, pread),
    (68, pwrite),
    (69, preadv),
    (70, pwritev),
    (71, sendfile),
    (285, copy_file_range),
    (286, preadv2),
    (287, pwritev2),
];

/// Most entries of an iovec array (UIO_MAXIOV).
const IOV_MAX: u64 = 1024;

/// Where in a file to transfer.
#[derive(Clone, Copy)]
enum At {
    Position,
    Offset(i64),
}

impl At {
    fn checked(offset: i64) -> Result<At, Errno> {
        if offset < 0 { Err(Errno::EINVAL) } else { Ok(At::Offset(offset)) }
    }

    /// The place `done` bytes further on.
    fn plus(self, done: usize) -> At {
        match self {
            At::Position => At::Position,
            At::Offset(at) => At::Offset(at.saturating_add(i64::try_from(done).unwrap_or(i64::MAX))),
        }
    }
}

fn host_read(fd: BorrowedFd<'_>, buf: &mut [u8], at: At) -> Result<usize, Errno> {
    match at {
        At::Position => host::read(fd, buf),
        At::Offset(offset) => host::pread(fd, buf, offset),
    }
}

fn host_write(fd: BorrowedFd<'_>, buf: &[u8], at: At) -> Result<usize, Errno> {
    match at {
        At::Position => host::write(fd, buf),
        At::Offset(offset) => host::pwrite(fd, buf, offset),
    }
}

fn room(len: u64) -> usize {
    usize::try_from(len.min(CHUNK)).expect("31 bits")
}

/// What becomes of a transfer on `fd` that would have to wait: EAGAIN for a file that does not wait, else the call
/// parks until the file is ready.
fn not_ready(c: &mut Call<'_>, fd: i32, events: i16) -> Errno {
    const NONBLOCK: u32 = 0x800;
    let Ok(file) = c.k.fds.get(fd) else { return Errno::EBADF };
    let file = Arc::clone(&file.host);
    match host::open_flags(file.as_fd()) {
        Ok(flags) if flags & NONBLOCK == 0 => net::wait_for(c, &file, events),
        Ok(_) => Errno::EAGAIN,
        Err(errno) => errno,
    }
}

/// Reads up to `len` bytes of the file `fd`.
fn fetch(c: &mut Call<'_>, fd: i32, len: u64, at: At) -> Result<Vec<u8>, Errno> {
    const POLLIN: i16 = 1;
    let mut bytes = vec![0; room(len)];
    let waits = c.k.fds.get(fd)?.waits && matches!(at, At::Position);
    if let Some(signals) = c.k.fds.get(fd)?.signals.clone().filter(|_| waits) {
        return signalfd::take(c.k, &signals, len)?.ok_or_else(|| not_ready(c, fd, POLLIN));
    }
    let outcome = c.uninterrupted(|c| {
        let file = c.k.fds.host(fd)?;
        if waits { host::read_now(file, &mut bytes) } else { host_read(file, &mut bytes, at) }
    });
    match outcome {
        Err(Errno::EAGAIN) if waits => Err(not_ready(c, fd, POLLIN)),
        outcome => {
            bytes.truncate(outcome?);
            Ok(bytes)
        }
    }
}

/// Writes bytes to the file `fd`. A file that waits takes all of them, in pieces as it has room, unless a signal or
/// an error ends that.
fn put(c: &mut Call<'_>, fd: i32, bytes: &[u8], at: At) -> SysResult {
    const POLLOUT: i16 = 4;
    let file = c.k.fds.get(fd)?;
    if file.signals.is_some() {
        return Err(Errno::EINVAL);
    }
    if file.path.starts_with(b"/proc/") {
        let path = file.path.clone();
        procfs::written(c.k, &path, bytes);
    }
    let waits = c.k.fds.get(fd)?.waits && matches!(at, At::Position);
    let done = usize::try_from(c.resume.done).unwrap_or(usize::MAX).min(bytes.len());
    let mut rest = &bytes[done..];
    let outcome = loop {
        let step = c.uninterrupted(|c| {
            let file = c.k.fds.host(fd)?;
            if waits && !rest.is_empty() { host::write_now(file, rest) } else { host_write(file, rest, at) }
        });
        match step {
            Ok(n) => {
                rest = rest.get(n..).unwrap_or_default();
                if !waits || rest.is_empty() || n == 0 {
                    break Ok(());
                }
            }
            Err(Errno::EAGAIN) if waits => break Err(not_ready(c, fd, POLLOUT)),
            Err(errno) => break Err(errno),
        }
    };
    let done = (bytes.len() - rest.len()) as u64;
    match outcome {
        Err(PARKED) => {
            c.resume.done = done;
            Err(PARKED)
        }
        Err(errno) if done == 0 => {
            if errno == Errno::EPIPE && net::raises_sigpipe(c.k.fds.host(fd)?) {
                c.k.raise_sigpipe();
            }
            Err(errno)
        }
        _ => Ok(done),
    }
}

/// Reads into one guest buffer, as far as it can be written to.
fn read_into(c: &mut Call<'_>, buf: u64, len: u64, at: At) -> SysResult {
    let fd = c.int(0);
    c.k.fds.get(fd)?;
    let usable = c.door.writable(buf, len.min(CHUNK));
    if usable == 0 && len > 0 {
        return Err(Errno::EFAULT);
    }
    let bytes = fetch(c, fd, usable, at)?;
    c.door.write(buf, &bytes)?;
    Ok(bytes.len() as u64)
}

/// Writes from one guest buffer, as far as it can be read.
fn write_from(c: &mut Call<'_>, buf: u64, len: u64, at: At) -> SysResult {
    let fd = c.int(0);
    c.k.fds.get(fd)?;
    let usable = c.door.readable(buf, len.min(CHUNK));
    if usable == 0 && len > 0 {
        return Err(Errno::EFAULT);
    }
    let bytes = c.door.read_vec(buf, room(usable))?;
    put(c, fd, &bytes, at)
}

fn read(c: &mut Call<'_>) -> SysResult {
    read_into(c, c.args[1], c.args[2], At::Position)
}

fn pread(c: &mut Call<'_>) -> SysResult {
    read_into(c, c.args[1], c.args[2], At::checked(c.long(3))?)
}

fn write(c: &mut Call<'_>) -> SysResult {
    write_from(c, c.args[1], c.args[2], At::Position)
}

fn pwrite(c: &mut Call<'_>) -> SysResult {
    write_from(c, c.args[1], c.args[2], At::checked(c.long(3))?)
}

/// The (address, length) pairs of an iovec array.
fn iovecs(c: &Call<'_>) -> Result<Vec<(u64, u64)>, Errno> {
    c.k.fds.get(c.int(0))?;
    let count = c.args[2];
    if count > IOV_MAX {
        return Err(Errno::EINVAL);
    }
    let len = usize::try_from(count * 16).expect("at most 16 KiB");
    let bytes = c.door.read_vec(c.args[1], len)?;
    let words: Vec<u64> = bytes.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)).collect();
    let pairs: Vec<(u64, u64)> = words.as_chunks::<2>().0.iter().map(|&[at, len]| (at, len)).collect();
    let mut total = 0u64;
    for &(_, len) in &pairs {
        total = total.checked_add(len).filter(|&t| i64::try_from(t).is_ok()).ok_or(Errno::EINVAL)?;
    }
    Ok(pairs)
}

/// The start of the buffers as far as `usable` says of each, at most [`CHUNK`] bytes.
fn usable_part(vectors: &[(u64, u64)], usable: impl Fn(u64, u64) -> u64) -> Result<Vec<(u64, u64)>, Errno> {
    let mut part = Vec::new();
    let mut left = CHUNK;
    for &(buf, len) in vectors {
        let wanted = len.min(left);
        let here = usable(buf, wanted);
        left -= here;
        part.push((buf, here));
        if here < wanted {
            if left == CHUNK {
                return Err(Errno::EFAULT);
            }
            break;
        }
    }
    Ok(part)
}

fn read_vectors(c: &mut Call<'_>, at: At) -> SysResult {
    let vectors = usable_part(&iovecs(c)?, |buf, len| c.door.writable(buf, len))?;
    let total: u64 = vectors.iter().map(|&(_, len)| len).sum();
    let bytes = fetch(c, c.int(0), total, at)?;
    let mut rest = &bytes[..];
    for (buf, len) in vectors {
        let (part, tail) = rest.split_at(rest.len().min(room(len)));
        c.door.write(buf, part)?;
        rest = tail;
    }
    Ok(bytes.len() as u64)
}

fn write_vectors(c: &mut Call<'_>, at: At) -> SysResult {
    let vectors = usable_part(&iovecs(c)?, |buf, len| c.door.readable(buf, len))?;
    let mut bytes = Vec::new();
    for (buf, len) in vectors {
        bytes.extend(c.door.read_vec(buf, room(len))?);
    }
    put(c, c.int(0), &bytes, at)
}

fn readv(c: &mut Call<'_>) -> SysResult {
    read_vectors(c, At::Position)
}

fn writev(c: &mut Call<'_>) -> SysResult {
    write_vectors(c, At::Position)
}

fn preadv(c: &mut Call<'_>) -> SysResult {
    let at = At::checked(c.long(3))?;
    read_vectors(c, at)
}

fn pwritev(c: &mut Call<'_>) -> SysResult {
    let at = At::checked(c.long(3))?;
    write_vectors(c, at)
}

/// The *v2 calls: offset -1 means the file position; of the flags only those that are hints are taken.
fn v2_place(c: &Call<'_>) -> Result<At, Errno> {
    const HIPRI: u32 = 1;
    if c.uint(5) & !HIPRI != 0 {
        return Err(Errno::EOPNOTSUPP);
    }
    if c.long(3) == -1 { Ok(At::Position) } else { At::checked(c.long(3)) }
}

fn preadv2(c: &mut Call<'_>) -> SysResult {
    let at = v2_place(c)?;
    read_vectors(c, at)
}

fn pwritev2(c: &mut Call<'_>) -> SysResult {
    let at = v2_place(c)?;
    write_vectors(c, at)
}

fn lseek(c: &mut Call<'_>) -> SysResult {
    let whence = c.int(2);
    c.k.fds.get(c.int(0))?;
    if !(0..=4).contains(&whence) {
        return Err(Errno::EINVAL);
    }
    let at = host::seek(c.k.fds.host(c.int(0))?, c.long(1), whence)?;
    Ok(at.cast_unsigned())
}

/// Copies between two host files through us; the guest's memory takes no part. What was read and could not be
/// written is not taken from the source.
fn transfer(
    from: BorrowedFd<'_>,
    mut from_at: At,
    to: BorrowedFd<'_>,
    mut to_at: At,
    count: u64,
) -> Result<usize, Errno> {
    const SET: i32 = 0;
    const CURRENT: i32 = 1;
    let mut buffer = vec![0; room(count).min(1 << 20)];
    let by_position = matches!(from_at, At::Position);
    if by_position && let Ok(here) = host::seek(from, 0, CURRENT) {
        from_at = At::Offset(here);
    }
    let mut total = 0;
    let wanted = room(count);
    let mut failed = None;
    while total < wanted && failed.is_none() {
        let part = buffer.len().min(wanted - total);
        let got = match host_read(from, &mut buffer[..part], from_at) {
            Ok(0) => break,
            Ok(got) => got,
            Err(errno) => {
                failed = Some(errno);
                break;
            }
        };
        let mut done = 0;
        while done < got && failed.is_none() {
            match host_write(to, &buffer[done..got], to_at.plus(done)) {
                Ok(0) => failed = Some(Errno::EIO),
                Ok(n) => done += n,
                Err(errno) => failed = Some(errno),
            }
        }
        from_at = from_at.plus(done);
        to_at = to_at.plus(done);
        total += done;
    }
    if by_position && let At::Offset(here) = from_at {
        let _ = host::seek(from, here, SET); // a source without a position was read without one
    }
    match failed {
        Some(errno) if total == 0 => Err(errno),
        _ => Ok(total),
    }
}

/// The place that an optional offset in guest memory names.
fn offset_at(c: &Call<'_>, pointer: u64) -> Result<At, Errno> {
    if pointer == 0 {
        return Ok(At::Position);
    }
    At::checked(c.door.read_u64(pointer)?.cast_signed())
}

fn store_offset(c: &mut Call<'_>, pointer: u64, at: At) -> Result<(), Errno> {
    match at {
        At::Position => Ok(()),
        At::Offset(offset) => c.door.write(pointer, &offset.to_le_bytes()),
    }
}

fn sendfile(c: &mut Call<'_>) -> SysResult {
    let pointer = c.args[2];
    let from_at = offset_at(c, pointer)?;
    c.k.fds.get(c.int(0))?;
    let from = c.k.fds.host(c.int(1))?;
    let kind = u32::from(host::fstat(from)?.stx_mode) & 0o170_000;
    if kind == 0o010_000 || kind == 0o140_000 {
        return Err(Errno::EINVAL); // the source must be a file, as for Linux's page cache
    }
    if c.k.fds.get(c.int(0))?.waits {
        return net::sendfile(c);
    }
    c.door.log().will_block();
    let (to, from) = (c.k.fds.host(c.int(0))?, c.k.fds.host(c.int(1))?);
    let outcome = transfer(from, from_at, to, At::Position, c.args[3]);
    if outcome == Err(Errno::EPIPE) {
        c.k.raise_sigpipe();
    }
    let moved = outcome?;
    store_offset(c, pointer, from_at.plus(moved))?;
    Ok(moved as u64)
}

fn copy_file_range(c: &mut Call<'_>) -> SysResult {
    let [_, from_pointer, _, to_pointer, len, flags] = c.args;
    if flags != 0 {
        return Err(Errno::EINVAL);
    }
    let (from_at, to_at) = (offset_at(c, from_pointer)?, offset_at(c, to_pointer)?);
    let (from, to) = (c.k.fds.host(c.int(0))?, c.k.fds.host(c.int(2))?);
    for fd in [from, to] {
        match u32::from(host::fstat(fd)?.stx_mode) & 0o170_000 {
            0o100_000 => {}
            0o040_000 => return Err(Errno::EISDIR),
            _ => return Err(Errno::EINVAL),
        }
    }
    let moved = transfer(from, from_at, to, to_at, len)?;
    store_offset(c, from_pointer, from_at.plus(moved))?;
    store_offset(c, to_pointer, to_at.plus(moved))?;
    Ok(moved as u64)
}
