//! Reading, writing and positioning.

use super::CHUNK;
use crate::host::{self, Errno};
use crate::kernel::{Call, Handler, SysResult};
use std::os::fd::{AsFd, BorrowedFd};

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
    usize::try_from(len.min(CHUNK)).expect("64 MiB")
}

/// Reads into one guest buffer.
fn read_into(c: &mut Call<'_>, buf: u64, len: u64, at: At) -> SysResult {
    let file = c.k.fds.get(c.int(0))?;
    if len > 0 {
        c.door.require_writable(buf, 1)?;
    }
    let mut bytes = vec![0; room(len)];
    c.door.log().will_block();
    let got = host_read(file.host.as_fd(), &mut bytes, at)?;
    c.door.write(buf, &bytes[..got])?;
    Ok(got as u64)
}

/// Writes from one guest buffer.
fn write_from(c: &mut Call<'_>, buf: u64, len: u64, at: At) -> SysResult {
    let fd = c.int(0);
    let bytes = c.door.read_vec(buf, room(len));
    let file = c.k.fds.get(fd)?;
    let outcome = host_write(file.host.as_fd(), &bytes?, at);
    if outcome == Err(Errno::EPIPE) {
        c.k.signals.raise_sigpipe();
    }
    Ok(outcome? as u64)
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

fn read_vectors(c: &mut Call<'_>, at: At) -> SysResult {
    let vectors = iovecs(c)?;
    let total: u64 = vectors.iter().map(|&(_, len)| len).sum();
    let file = c.k.fds.get(c.int(0))?;
    let mut bytes = vec![0; room(total)];
    c.door.log().will_block();
    let got = host_read(file.host.as_fd(), &mut bytes, at)?;
    let mut rest = &bytes[..got];
    for (buf, len) in vectors {
        let part = rest.len().min(room(len));
        c.door.write(buf, &rest[..part])?;
        rest = &rest[part..];
    }
    Ok(got as u64)
}

fn write_vectors(c: &mut Call<'_>, at: At) -> SysResult {
    let vectors = iovecs(c)?;
    let mut bytes = Vec::new();
    for (buf, len) in vectors {
        let left = room(CHUNK) - bytes.len();
        bytes.extend(c.door.read_vec(buf, room(len).min(left))?);
    }
    let fd = c.int(0);
    let outcome = host_write(c.k.fds.host(fd)?, &bytes, at);
    if outcome == Err(Errno::EPIPE) {
        c.k.signals.raise_sigpipe();
    }
    Ok(outcome? as u64)
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
    if !(0..=4).contains(&whence) {
        return Err(Errno::EINVAL);
    }
    let at = host::seek(c.k.fds.host(c.int(0))?, c.long(1), whence)?;
    Ok(at.cast_unsigned())
}

/// Copies between two host files through us; the guest's memory takes no part.
fn transfer(
    from: BorrowedFd<'_>,
    mut from_at: At,
    to: BorrowedFd<'_>,
    mut to_at: At,
    count: u64,
) -> Result<usize, Errno> {
    let mut buffer = vec![0; room(count).min(1 << 20)];
    let mut total = 0;
    let wanted = room(count);
    while total < wanted {
        let part = buffer.len().min(wanted - total);
        let got = match host_read(from, &mut buffer[..part], from_at) {
            Ok(0) => break,
            Ok(got) => got,
            Err(_) if total > 0 => break,
            Err(errno) => return Err(errno),
        };
        let mut done = 0;
        while done < got {
            done += host_write(to, &buffer[done..got], to_at.plus(done))?;
        }
        from_at = from_at.plus(got);
        to_at = to_at.plus(got);
        total += got;
    }
    Ok(total)
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
    let (to, from) = (c.k.fds.host(c.int(0))?, c.k.fds.host(c.int(1))?);
    let kind = u32::from(host::fstat(from)?.stx_mode) & 0o170_000;
    if kind == 0o010_000 || kind == 0o140_000 {
        return Err(Errno::EINVAL); // the source must be a file, as for Linux's page cache
    }
    let outcome = transfer(from, from_at, to, At::Position, c.args[3]);
    if outcome == Err(Errno::EPIPE) {
        c.k.signals.raise_sigpipe();
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
