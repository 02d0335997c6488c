//! Reading, writing and positioning.

use super::CHUNK;
use crate::host::{self, Errno};
use crate::kernel::fd::OpenFile;
use crate::kernel::park::PARKED;
use crate::kernel::{Call, Handler, SysResult, net, procfs, signalfd};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, PoisonError};

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
    (286, preadv2),
    (287, pwritev2),
];

/// Most entries of an iovec array (UIO_MAXIOV).
const IOV_MAX: u64 = 1024;

/// Where in a file to transfer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Position,
    Offset(i64),
}

impl At {
    fn checked(offset: i64) -> Result<At, Errno> {
        if offset < 0 { Err(Errno::EINVAL) } else { Ok(At::Offset(offset)) }
    }
}

/// How a transfer goes.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) at: At,
    /// RWF_ flags for the host.
    pub(super) flags: u32,
    /// Whether it never waits (RWF_NOWAIT, SPLICE_F_NONBLOCK).
    pub(super) now: bool,
}

impl From<At> for How {
    fn from(at: At) -> How {
        How { at, flags: 0, now: false }
    }
}

fn host_read(fd: BorrowedFd<'_>, buf: &mut [u8], how: How) -> Result<usize, Errno> {
    match (how.at, how.flags) {
        (At::Position, 0) => host::read(fd, buf),
        (At::Offset(offset), 0) => host::pread(fd, buf, offset),
        (At::Position, flags) => host::read_flagged(fd, buf, -1, flags),
        (At::Offset(offset), flags) => host::read_flagged(fd, buf, offset, flags),
    }
}

fn host_write(fd: BorrowedFd<'_>, buf: &[u8], how: How) -> Result<usize, Errno> {
    match (how.at, how.flags) {
        (At::Position, 0) => host::write(fd, buf),
        (At::Offset(offset), 0) => host::pwrite(fd, buf, offset),
        (At::Position, flags) => host::write_flagged(fd, buf, -1, flags),
        (At::Offset(offset), flags) => host::write_flagged(fd, buf, offset, flags),
    }
}

pub(super) fn room(len: u64) -> usize {
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
pub(super) fn fetch(c: &mut Call<'_>, fd: i32, len: u64, how: How) -> Result<Vec<u8>, Errno> {
    const POLLIN: i16 = 1;
    let mut bytes = vec![0; room(len)];
    let waits = c.k.fds.get(fd)?.waits && how.at == At::Position;
    if let Some(signals) = c.k.fds.get(fd)?.signals.clone().filter(|_| waits) {
        return match signalfd::take(c.k, &signals, len)? {
            Some(bytes) => Ok(bytes),
            None if how.now => Err(Errno::EAGAIN),
            None => Err(not_ready(c, fd, POLLIN)),
        };
    }
    let outcome = c.uninterrupted(|c| {
        let file = c.k.fds.host(fd)?;
        if waits { host::read_now(file, &mut bytes) } else { host_read(file, &mut bytes, how) }
    });
    match outcome {
        Err(Errno::EAGAIN) if waits && !how.now => Err(not_ready(c, fd, POLLIN)),
        outcome => {
            bytes.truncate(outcome?);
            Ok(bytes)
        }
    }
}

/// Whether a write never has to wait although the file answers no POLLOUT: nothing is added to an event counter.
fn adds_nothing(file: &OpenFile, bytes: &[u8]) -> bool {
    file.path == b"anon_inode:[eventfd]" && bytes.starts_with(&[0; 8])
}

/// Writes bytes to the file `fd`. A file that waits takes all of them, in pieces as it has room, unless a signal or
/// an error ends that.
pub(super) fn put(c: &mut Call<'_>, fd: i32, bytes: &[u8], how: How) -> SysResult {
    const POLLOUT: i16 = 4;
    let file = c.k.fds.get(fd)?;
    if file.signals.is_some() {
        return Err(Errno::EINVAL);
    }
    if file.path.starts_with(b"/proc/") {
        let path = file.path.clone();
        procfs::written(c.k, &path, bytes);
    }
    let file = c.k.fds.get(fd)?;
    let waits = file.waits && how.at == At::Position && !adds_nothing(file, bytes);
    let bytes = if waits { bytes } else { below_limit(c, fd, bytes, how)? };
    let done = usize::try_from(c.resume.done).unwrap_or(usize::MAX).min(bytes.len());
    let mut rest = &bytes[done..];
    let outcome = loop {
        let step = c.uninterrupted(|c| {
            let file = c.k.fds.host(fd)?;
            if waits && !rest.is_empty() { host::write_now(file, rest) } else { host_write(file, rest, how) }
        });
        match step {
            Ok(n) => {
                rest = rest.get(n..).unwrap_or_default();
                if !waits || rest.is_empty() || n == 0 {
                    break Ok(());
                }
            }
            Err(Errno::EAGAIN) if waits && !how.now => break Err(not_ready(c, fd, POLLOUT)),
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

/// The part of `bytes` that RLIMIT_FSIZE lets into a regular file; EFBIG and SIGXFSZ if that is nothing.
fn below_limit<'b>(c: &mut Call<'_>, fd: i32, bytes: &'b [u8], how: How) -> Result<&'b [u8], Errno> {
    const CURRENT: i32 = 1;
    const APPEND: u32 = 0x400;
    if c.k.fds.file_size_limit == u64::MAX || bytes.is_empty() {
        return Ok(bytes);
    }
    let file = c.k.fds.host(fd)?;
    let stat = host::fstat(file)?;
    if u32::from(stat.stx_mode) & 0o170_000 != 0o100_000 {
        return Ok(bytes);
    }
    let at = match how.at {
        _ if host::open_flags(file)? & APPEND != 0 => stat.stx_size,
        At::Offset(offset) => offset.cast_unsigned(),
        At::Position => host::seek(file, 0, CURRENT)?.cast_unsigned(),
    };
    let left = super::within_size_limit(c, at)?;
    Ok(&bytes[..bytes.len().min(room(left))])
}

/// Reads into one guest buffer, as far as it can be written to.
fn read_into(c: &mut Call<'_>, buf: u64, len: u64, at: At) -> SysResult {
    let fd = c.int(0);
    c.k.fds.get(fd)?;
    let usable = c.door.writable(buf, len.min(CHUNK));
    if usable == 0 && len > 0 {
        return Err(Errno::EFAULT);
    }
    let bytes = fetch(c, fd, usable, at.into())?;
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
    put(c, fd, &bytes, at.into())
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

pub(super) fn read_vectors(c: &mut Call<'_>, how: How) -> SysResult {
    let vectors = usable_part(&iovecs(c)?, |buf, len| c.door.writable(buf, len))?;
    let total: u64 = vectors.iter().map(|&(_, len)| len).sum();
    let bytes = fetch(c, c.int(0), total, how)?;
    let mut rest = &bytes[..];
    for (buf, len) in vectors {
        let (part, tail) = rest.split_at(rest.len().min(room(len)));
        c.door.write(buf, part)?;
        rest = tail;
    }
    Ok(bytes.len() as u64)
}

pub(super) fn write_vectors(c: &mut Call<'_>, how: How) -> SysResult {
    let vectors = usable_part(&iovecs(c)?, |buf, len| c.door.readable(buf, len))?;
    let mut bytes = Vec::new();
    for (buf, len) in vectors {
        bytes.extend(c.door.read_vec(buf, room(len))?);
    }
    put(c, c.int(0), &bytes, how)
}

fn readv(c: &mut Call<'_>) -> SysResult {
    read_vectors(c, At::Position.into())
}

fn writev(c: &mut Call<'_>) -> SysResult {
    write_vectors(c, At::Position.into())
}

fn preadv(c: &mut Call<'_>) -> SysResult {
    let at = At::checked(c.long(3))?;
    read_vectors(c, at.into())
}

fn pwritev(c: &mut Call<'_>) -> SysResult {
    let at = At::checked(c.long(3))?;
    write_vectors(c, at.into())
}

/// The *v2 calls: offset -1 means the file position. Files that wait know no flag but RWF_NOWAIT.
fn v2_how(c: &Call<'_>, writes: bool) -> Result<How, Errno> {
    const HIPRI: u32 = 1;
    const SYNC: u32 = 2 | 4;
    const NOWAIT: u32 = 8;
    const APPEND: u32 = 0x10 | 0x20;
    let known = HIPRI | SYNC | NOWAIT | if writes { APPEND } else { 0 };
    let flags = c.uint(5);
    let at = if c.long(3) == -1 { At::Position } else { At::checked(c.long(3))? };
    c.k.fds.get(c.int(0))?;
    if flags & !known != 0 || flags & APPEND == APPEND {
        return Err(if flags & !0xFF == 0 && flags & APPEND == APPEND {
            Errno::EINVAL
        } else {
            Errno::EOPNOTSUPP
        });
    }
    Ok(How { at, flags, now: flags & NOWAIT != 0 })
}

fn preadv2(c: &mut Call<'_>) -> SysResult {
    let how = v2_how(c, false)?;
    read_vectors(c, how)
}

fn pwritev2(c: &mut Call<'_>) -> SysResult {
    let how = v2_how(c, true)?;
    write_vectors(c, how)
}

fn lseek(c: &mut Call<'_>) -> SysResult {
    let whence = c.int(2);
    c.k.fds.get(c.int(0))?;
    if !(0..=4).contains(&whence) {
        return Err(Errno::EINVAL);
    }
    const SET: i32 = 0;
    if let Some(listing) = &c.k.fds.get(c.int(0))?.listing
        && whence == SET
    {
        let at = usize::try_from(c.long(1)).map_err(|_| Errno::EINVAL)?;
        listing.lock().unwrap_or_else(PoisonError::into_inner).at = at;
        return Ok(at as u64);
    }
    let at = host::seek(c.k.fds.host(c.int(0))?, c.long(1), whence)?;
    Ok(at.cast_unsigned())
}
