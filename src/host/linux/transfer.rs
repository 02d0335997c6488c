//! Moving bytes: without waiting, with flags, between pipes and other files.
//!
//! For the kernel's file family, whose handlers try and wait elsewhere.

use super::count;
use super::files::{read, write};
use super::open::is_ready;
use crate::host::Errno;
use std::os::fd::{AsRawFd, BorrowedFd};

/// What a pipe that answers POLLOUT takes at least (linux/limits.h).
const PIPE_BUF: usize = 4096;

fn never_waits(fd: BorrowedFd<'_>) -> bool {
    // SAFETY: no pointers.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    flags != -1 && flags & libc::O_NONBLOCK != 0
}

/// Whether this is an empty FIFO that nobody writes to, and nobody has since it was opened: poll does not tell of
/// its end, but tee does not wait for it.
fn has_ended(fd: BorrowedFd<'_>) -> bool {
    use std::os::fd::AsFd;
    super::files::pipe(0).is_ok_and(|[_reader, writer]| tee(fd, writer.as_fd(), 1, 0) == Ok(0))
}

/// read(2) that does not wait, whatever the flags of the file.
///
/// # Errors
/// EAGAIN if there is nothing to read yet; else the host's errno.
pub fn read_now(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<usize, Errno> {
    match read_flagged(fd, buf, -1, libc::RWF_NOWAIT.cast_unsigned()) {
        // Terminals and others that do not know the flag: what is ready does not wait.
        Err(Errno::EOPNOTSUPP) if never_waits(fd) || is_ready(fd, libc::POLLIN)? => read(fd, buf),
        Err(Errno::EOPNOTSUPP) if has_ended(fd) => Ok(0),
        Err(Errno::EOPNOTSUPP) => Err(Errno::EAGAIN),
        got => got,
    }
}

/// write(2) that does not wait, whatever the flags of the file; it may write less than there is room for.
///
/// # Errors
/// EAGAIN if there is no room yet; else the host's errno.
pub fn write_now(fd: BorrowedFd<'_>, buf: &[u8]) -> Result<usize, Errno> {
    match write_flagged(fd, buf, -1, libc::RWF_NOWAIT.cast_unsigned()) {
        Err(Errno::EOPNOTSUPP) if never_waits(fd) => write(fd, buf),
        Err(Errno::EOPNOTSUPP) if is_ready(fd, libc::POLLOUT)? => write(fd, &buf[..buf.len().min(PIPE_BUF)]),
        Err(Errno::EOPNOTSUPP) => Err(Errno::EAGAIN),
        put => put,
    }
}

/// preadv2(2) of one buffer; offset -1 is the file's position.
///
/// # Errors
/// The host's errno.
pub fn read_flagged(fd: BorrowedFd<'_>, buf: &mut [u8], offset: i64, flags: u32) -> Result<usize, Errno> {
    let part = libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: buf.len() };
    // SAFETY: `part` describes `buf`, which is writable for its length.
    count(unsafe { libc::preadv2(fd.as_raw_fd(), &raw const part, 1, offset, flags.cast_signed()) })
}

/// pwritev2(2) of one buffer; offset -1 is the file's position.
///
/// # Errors
/// The host's errno.
pub fn write_flagged(fd: BorrowedFd<'_>, buf: &[u8], offset: i64, flags: u32) -> Result<usize, Errno> {
    let part = libc::iovec { iov_base: buf.as_ptr().cast_mut().cast(), iov_len: buf.len() };
    // SAFETY: `part` describes `buf`, which is only read.
    count(unsafe { libc::pwritev2(fd.as_raw_fd(), &raw const part, 1, offset, flags.cast_signed()) })
}

/// splice(2) that does not wait for pipes; brings the offsets that are given up to date.
///
/// # Errors
/// EAGAIN if a pipe is not ready; else the host's errno.
pub fn splice(
    from: (BorrowedFd<'_>, Option<&mut i64>),
    to: (BorrowedFd<'_>, Option<&mut i64>),
    len: usize,
    flags: u32,
) -> Result<usize, Errno> {
    let at = |offset: Option<&mut i64>| offset.map_or(std::ptr::null_mut(), std::ptr::from_mut);
    let (from_at, to_at) = (at(from.1), at(to.1));
    let flags = flags | libc::SPLICE_F_NONBLOCK;
    // SAFETY: both offsets are null or live.
    count(unsafe { libc::splice(from.0.as_raw_fd(), from_at, to.0.as_raw_fd(), to_at, len, flags) })
}

/// tee(2) that does not wait.
///
/// # Errors
/// EAGAIN if a pipe is not ready; else the host's errno.
pub fn tee(from: BorrowedFd<'_>, to: BorrowedFd<'_>, len: usize, flags: u32) -> Result<usize, Errno> {
    let flags = flags | libc::SPLICE_F_NONBLOCK;
    // SAFETY: no pointers.
    count(unsafe { libc::tee(from.as_raw_fd(), to.as_raw_fd(), len, flags) })
}

/// Whether a file answers one of the poll(2) `events` now.
///
/// # Errors
/// The host's errno.
pub fn ready(fd: BorrowedFd<'_>, events: i16) -> Result<bool, Errno> {
    is_ready(fd, events)
}

/// readahead(2).
///
/// # Errors
/// The host's errno.
pub fn read_ahead(fd: BorrowedFd<'_>, offset: i64, len: usize) -> Result<(), Errno> {
    // SAFETY: no pointers.
    count(unsafe { libc::readahead(fd.as_raw_fd(), offset, len) }).map(drop)
}

/// copy_file_range(2); brings the offsets that are given up to date, else the files' positions.
///
/// # Errors
/// The host's errno.
pub fn copy_range(
    from: (BorrowedFd<'_>, Option<&mut i64>),
    to: (BorrowedFd<'_>, Option<&mut i64>),
    len: usize,
) -> Result<usize, Errno> {
    let at = |offset: Option<&mut i64>| offset.map_or(std::ptr::null_mut(), std::ptr::from_mut);
    let (from_at, to_at) = (at(from.1), at(to.1));
    // SAFETY: both offsets are null or live.
    count(unsafe { libc::copy_file_range(from.0.as_raw_fd(), from_at, to.0.as_raw_fd(), to_at, len, 0) })
}
