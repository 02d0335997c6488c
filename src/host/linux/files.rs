//! Files, directories, pipes and terminals of the host, as the guest's file family asks for them.
//!
//! Open flags come and go in arm64's values (arch/arm64/include/uapi/asm/fcntl.h); everything else that is
//! passed through has the same layout on all Linux architectures.

use super::{checked, count};
use crate::host::Errno;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Where a relative path starts.
#[derive(Clone, Copy, Debug)]
pub enum Dir<'a> {
    /// The working directory.
    Cwd,
    /// An open directory.
    Fd(BorrowedFd<'a>),
}

impl Dir<'_> {
    pub(super) fn raw(self) -> RawFd {
        match self {
            Dir::Cwd => libc::AT_FDCWD,
            Dir::Fd(fd) => fd.as_raw_fd(),
        }
    }
}

/// What statx tells of a file; the layout of struct statx (include/uapi/linux/stat.h) is the same everywhere.
pub type Statx = libc::statx;

/// What the host's kernel shows for O_LARGEFILE, which it sets for every file of a 64-bit process. The C
/// library's own constant is 0.
const LARGE_FILE: i32 =
    if cfg!(any(target_arch = "aarch64", target_arch = "arm")) { 0x2_0000 } else { 0x8000 };
const ARM64_FLAGS: [(u32, i32); 4] = [
    (0x4000, libc::O_DIRECTORY),
    (0x8000, libc::O_NOFOLLOW),
    (0x1_0000, libc::O_DIRECT),
    (0x2_0000, LARGE_FILE),
];
const SWAPPED: u32 = 0x3_C000;

/// arm64 open flags as the host's.
pub(super) fn to_host_flags(guest: u32) -> i32 {
    let mut host = i32::from_ne_bytes((guest & !SWAPPED).to_ne_bytes());
    for (arm, here) in ARM64_FLAGS {
        if guest & arm != 0 {
            host |= here;
        }
    }
    host
}

/// Host open flags (fcntl F_GETFL) as arm64's.
#[must_use]
pub fn to_guest_flags(host: i32) -> u32 {
    let swapped = libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_DIRECT | LARGE_FILE;
    let mut guest = u32::from_ne_bytes((host & !swapped).to_ne_bytes());
    for (arm, here) in ARM64_FLAGS {
        if host & here != 0 {
            guest |= arm;
        }
    }
    guest
}

pub(super) fn owned(result: i64) -> Result<OwnedFd, Errno> {
    let fd = RawFd::try_from(checked(result)?).map_err(|_| Errno::EBADF)?;
    // SAFETY: the host just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

macro_rules! host_call {
    ($call:expr) => {{
        // SAFETY: every pointer below comes from a live reference or slice of the stated length.
        checked(i64::from(unsafe { $call }))
    }};
}

/// openat(2) with arm64 flags; the descriptor is always close-on-exec for the host.
///
/// # Errors
/// The host's errno.
pub fn open(dir: Dir<'_>, path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd, Errno> {
    let flags = to_host_flags(flags) | libc::O_CLOEXEC;
    // SAFETY: `path` is NUL-terminated.
    owned(i64::from(unsafe { libc::openat(dir.raw(), path.as_ptr(), flags, mode) }))
}

/// read(2).
///
/// # Errors
/// The host's errno.
pub fn read(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: `buf` is writable for its length.
    count(unsafe { libc::read(fd.as_raw_fd(), buf.as_mut_ptr().cast(), buf.len()) })
}

/// pread(2).
///
/// # Errors
/// The host's errno.
pub fn pread(fd: BorrowedFd<'_>, buf: &mut [u8], offset: i64) -> Result<usize, Errno> {
    // SAFETY: `buf` is writable for its length.
    count(unsafe { libc::pread(fd.as_raw_fd(), buf.as_mut_ptr().cast(), buf.len(), offset) })
}

/// write(2).
///
/// # Errors
/// The host's errno.
pub fn write(fd: BorrowedFd<'_>, buf: &[u8]) -> Result<usize, Errno> {
    // SAFETY: `buf` is readable for its length.
    count(unsafe { libc::write(fd.as_raw_fd(), buf.as_ptr().cast(), buf.len()) })
}

/// pwrite(2).
///
/// # Errors
/// The host's errno.
pub fn pwrite(fd: BorrowedFd<'_>, buf: &[u8], offset: i64) -> Result<usize, Errno> {
    // SAFETY: `buf` is readable for its length.
    count(unsafe { libc::pwrite(fd.as_raw_fd(), buf.as_ptr().cast(), buf.len(), offset) })
}

/// lseek(2); `whence` as Linux numbers it.
///
/// # Errors
/// The host's errno.
pub fn seek(fd: BorrowedFd<'_>, offset: i64, whence: i32) -> Result<i64, Errno> {
    // SAFETY: no pointers.
    checked(unsafe { libc::lseek(fd.as_raw_fd(), offset, whence) })
}

/// statx(2).
///
/// # Errors
/// The host's errno.
pub fn statx(dir: Dir<'_>, path: &CStr, flags: i32, mask: u32) -> Result<Statx, Errno> {
    // SAFETY: a statx of zeros is valid.
    let mut out: Statx = unsafe { std::mem::zeroed() };
    host_call!(libc::statx(dir.raw(), path.as_ptr(), flags, mask, &raw mut out))?;
    Ok(out)
}

/// statx of an open file.
///
/// # Errors
/// The host's errno.
pub fn fstat(fd: BorrowedFd<'_>) -> Result<Statx, Errno> {
    statx(Dir::Fd(fd), c"", libc::AT_EMPTY_PATH, libc::STATX_BASIC_STATS)
}

/// The bytes of a statx as guests get them.
#[must_use]
pub fn statx_bytes(stat: &Statx) -> [u8; 256] {
    const { assert!(size_of::<Statx>() == 256) };
    // SAFETY: 256 plain bytes with no padding (the spare words are fields).
    unsafe { std::mem::transmute_copy(stat) }
}

/// getdents64(2); struct linux_dirent64 is the same everywhere.
///
/// # Errors
/// The host's errno.
pub fn getdents(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: `buf` is writable for its length.
    let result = unsafe { libc::syscall(libc::SYS_getdents64, fd.as_raw_fd(), buf.as_mut_ptr(), buf.len()) };
    usize::try_from(result).map_err(|_| Errno::last())
}

/// readlinkat(2).
///
/// # Errors
/// The host's errno.
pub fn readlink(dir: Dir<'_>, path: &CStr, buf: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: `path` is NUL-terminated, `buf` writable for its length.
    count(unsafe { libc::readlinkat(dir.raw(), path.as_ptr(), buf.as_mut_ptr().cast(), buf.len()) })
}

/// faccessat2(2).
///
/// # Errors
/// The host's errno.
pub fn access(dir: Dir<'_>, path: &CStr, mode: i32, flags: i32) -> Result<(), Errno> {
    host_call!(libc::faccessat(dir.raw(), path.as_ptr(), mode, flags)).map(drop)
}

/// mkdirat(2).
///
/// # Errors
/// The host's errno.
pub fn mkdir(dir: Dir<'_>, path: &CStr, mode: u32) -> Result<(), Errno> {
    host_call!(libc::mkdirat(dir.raw(), path.as_ptr(), mode)).map(drop)
}

/// mknodat(2).
///
/// # Errors
/// The host's errno.
pub fn mknod(dir: Dir<'_>, path: &CStr, mode: u32, dev: u64) -> Result<(), Errno> {
    host_call!(libc::mknodat(dir.raw(), path.as_ptr(), mode, dev)).map(drop)
}

/// unlinkat(2).
///
/// # Errors
/// The host's errno.
pub fn unlink(dir: Dir<'_>, path: &CStr, flags: i32) -> Result<(), Errno> {
    host_call!(libc::unlinkat(dir.raw(), path.as_ptr(), flags)).map(drop)
}

/// symlinkat(2).
///
/// # Errors
/// The host's errno.
pub fn symlink(target: &CStr, dir: Dir<'_>, path: &CStr) -> Result<(), Errno> {
    host_call!(libc::symlinkat(target.as_ptr(), dir.raw(), path.as_ptr())).map(drop)
}

/// linkat(2).
///
/// # Errors
/// The host's errno.
pub fn link(old: Dir<'_>, from: &CStr, new: Dir<'_>, to: &CStr, flags: i32) -> Result<(), Errno> {
    host_call!(libc::linkat(old.raw(), from.as_ptr(), new.raw(), to.as_ptr(), flags)).map(drop)
}

/// renameat2(2).
///
/// # Errors
/// The host's errno.
pub fn rename(old: Dir<'_>, from: &CStr, new: Dir<'_>, to: &CStr, flags: u32) -> Result<(), Errno> {
    host_call!(libc::renameat2(old.raw(), from.as_ptr(), new.raw(), to.as_ptr(), flags)).map(drop)
}

/// fchmodat(2), following links.
///
/// # Errors
/// The host's errno.
pub fn chmod(dir: Dir<'_>, path: &CStr, mode: u32) -> Result<(), Errno> {
    host_call!(libc::fchmodat(dir.raw(), path.as_ptr(), mode, 0)).map(drop)
}

/// fchmod(2).
///
/// # Errors
/// The host's errno.
pub fn fchmod(fd: BorrowedFd<'_>, mode: u32) -> Result<(), Errno> {
    host_call!(libc::fchmod(fd.as_raw_fd(), mode)).map(drop)
}

/// fchownat(2).
///
/// # Errors
/// The host's errno.
pub fn chown(dir: Dir<'_>, path: &CStr, uid: u32, gid: u32, flags: i32) -> Result<(), Errno> {
    host_call!(libc::fchownat(dir.raw(), path.as_ptr(), uid, gid, flags)).map(drop)
}

/// A time for [`set_times`]: seconds and nanoseconds, the latter also UTIME_NOW or UTIME_OMIT.
pub type FileTime = (i64, i64);

/// utimensat(2); no path means the open file itself.
///
/// # Errors
/// The host's errno.
pub fn set_times(
    dir: Dir<'_>,
    path: Option<&CStr>,
    times: Option<[FileTime; 2]>,
    flags: i32,
) -> Result<(), Errno> {
    let times = times.map(|both| both.map(|(tv_sec, tv_nsec)| libc::timespec { tv_sec, tv_nsec }));
    let times = times.as_ref().map_or(std::ptr::null(), |both| both.as_ptr());
    let path = path.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: both pointers are null or point to live data of the right shape.
    checked(unsafe { libc::syscall(libc::SYS_utimensat, dir.raw(), path, times, flags) }).map(drop)
}

/// ftruncate(2).
///
/// # Errors
/// The host's errno.
pub fn truncate(fd: BorrowedFd<'_>, len: i64) -> Result<(), Errno> {
    host_call!(libc::ftruncate(fd.as_raw_fd(), len)).map(drop)
}

/// truncate(2), relative to the working directory.
///
/// # Errors
/// The host's errno.
pub fn truncate_path(path: &CStr, len: i64) -> Result<(), Errno> {
    host_call!(libc::truncate(path.as_ptr(), len)).map(drop)
}

/// fallocate(2).
///
/// # Errors
/// The host's errno.
pub fn allocate(fd: BorrowedFd<'_>, mode: i32, offset: i64, len: i64) -> Result<(), Errno> {
    host_call!(libc::fallocate(fd.as_raw_fd(), mode, offset, len)).map(drop)
}

/// fsync(2) or fdatasync(2).
///
/// # Errors
/// The host's errno.
pub fn sync(fd: BorrowedFd<'_>, data_only: bool) -> Result<(), Errno> {
    let fd = fd.as_raw_fd();
    if data_only { host_call!(libc::fdatasync(fd)) } else { host_call!(libc::fsync(fd)) }.map(drop)
}

/// sync_file_range(2).
///
/// # Errors
/// The host's errno.
pub fn sync_range(fd: BorrowedFd<'_>, offset: i64, len: i64, flags: u32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    checked(i64::from(unsafe { libc::sync_file_range(fd.as_raw_fd(), offset, len, flags) })).map(drop)
}

/// sync(2).
pub fn sync_all() {
    // SAFETY: no arguments.
    unsafe { libc::sync() };
}

/// flock(2).
///
/// # Errors
/// The host's errno.
pub fn lock(fd: BorrowedFd<'_>, operation: i32) -> Result<(), Errno> {
    host_call!(libc::flock(fd.as_raw_fd(), operation)).map(drop)
}

/// statfs(2) of an open file as the 120 bytes of arm64's struct statfs (asm-generic/statfs.h).
///
/// # Errors
/// The host's errno.
pub fn statfs(fd: BorrowedFd<'_>) -> Result<[u8; 120], Errno> {
    // SAFETY: a statfs of zeros is valid.
    let mut out: libc::statfs = unsafe { std::mem::zeroed() };
    host_call!(libc::fstatfs(fd.as_raw_fd(), &raw mut out))?;
    const { assert!(size_of::<libc::statfs>() == 120, "the 64-bit layout is arm64's") };
    // SAFETY: 120 plain bytes.
    Ok(unsafe { std::mem::transmute_copy(&out) })
}

/// pipe2(2) with arm64 flags.
///
/// # Errors
/// The host's errno.
pub fn pipe(flags: u32) -> Result<[OwnedFd; 2], Errno> {
    let mut fds = [0; 2];
    let flags = to_host_flags(flags) | libc::O_CLOEXEC;
    host_call!(libc::pipe2(fds.as_mut_ptr(), flags))?;
    // SAFETY: the host just made both descriptors for us.
    Ok(fds.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }))
}

/// A second descriptor for the same open file, close-on-exec for the host.
///
/// # Errors
/// The host's errno.
pub fn duplicate(fd: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    fd.try_clone_to_owned().map_err(Errno::from)
}

/// fcntl(2) with an integer argument, for commands that pass no pointer; flags as the host has them.
///
/// # Errors
/// The host's errno.
pub fn fcntl(fd: BorrowedFd<'_>, command: i32, argument: i64) -> Result<i64, Errno> {
    host_call!(libc::fcntl(fd.as_raw_fd(), command, argument))
}

/// fcntl(2) with a structure of 8 bytes, the same on all Linux architectures, in and out.
///
/// # Errors
/// The host's errno.
pub fn fcntl_bytes(fd: BorrowedFd<'_>, command: i32, bytes: &mut [u8; 8]) -> Result<(), Errno> {
    let mut word = u64::from_ne_bytes(*bytes); // a copy, so that alignment holds
    host_call!(libc::fcntl(fd.as_raw_fd(), command, &raw mut word))?;
    *bytes = word.to_ne_bytes();
    Ok(())
}

/// The open flags of a file, arm64's values.
///
/// # Errors
/// The host's errno.
pub fn open_flags(fd: BorrowedFd<'_>) -> Result<u32, Errno> {
    let flags = fcntl(fd, libc::F_GETFL, 0)?;
    Ok(to_guest_flags(i32::try_from(flags).unwrap_or(0)))
}

/// Sets the changeable open flags (O_APPEND, O_NONBLOCK, ...), arm64's values.
///
/// # Errors
/// The host's errno.
pub fn set_open_flags(fd: BorrowedFd<'_>, flags: u32) -> Result<(), Errno> {
    fcntl(fd, libc::F_SETFL, i64::from(to_host_flags(flags))).map(drop)
}

/// fcntl(2) record locks: the 32 bytes of struct flock, the same on all 64-bit systems, in and out.
///
/// # Errors
/// The host's errno.
pub fn record_lock(fd: BorrowedFd<'_>, command: i32, lock: &mut [u8; 32]) -> Result<(), Errno> {
    const { assert!(size_of::<libc::flock>() == 32) };
    // SAFETY: `lock` has the size of the host's struct flock and any bytes are valid for it; a copy is used
    // so that alignment holds.
    let mut host: libc::flock = unsafe { std::mem::transmute(*lock) };
    host_call!(libc::fcntl(fd.as_raw_fd(), command, &raw mut host))?;
    // SAFETY: plain bytes of the same size.
    *lock = unsafe { std::mem::transmute::<libc::flock, [u8; 32]>(host) };
    Ok(())
}

/// ioctl(2) whose argument is a buffer; the caller knows that the request uses at most `buf.len()` bytes.
///
/// # Errors
/// The host's errno.
pub fn ioctl(fd: BorrowedFd<'_>, request: u32, buf: &mut [u8; 256]) -> Result<i64, Errno> {
    // SAFETY: the kernel passes only requests of its table, all of which use less than 256 bytes.
    checked(i64::from(unsafe { libc::ioctl(fd.as_raw_fd(), libc::Ioctl::from(request), buf.as_mut_ptr()) }))
}

/// ioctl(2) whose argument is a number.
///
/// # Errors
/// The host's errno.
pub fn ioctl_value(fd: BorrowedFd<'_>, request: u32, value: u64) -> Result<i64, Errno> {
    // SAFETY: the kernel passes only requests of its table whose argument is no pointer.
    checked(i64::from(unsafe { libc::ioctl(fd.as_raw_fd(), libc::Ioctl::from(request), value) }))
}

/// ioctl(2) whose argument is a file, or a structure of 32 bytes that begins with one.
///
/// # Errors
/// The host's errno.
pub fn ioctl_file(
    fd: BorrowedFd<'_>,
    request: u32,
    file: BorrowedFd<'_>,
    range: Option<&mut [u8; 32]>,
) -> Result<i64, Errno> {
    let number = i64::from(file.as_raw_fd());
    let Some(range) = range else { return ioctl_value(fd, request, number.cast_unsigned()) };
    range[..8].copy_from_slice(&number.to_ne_bytes());
    let mut buffer = [0; 256];
    buffer[..32].copy_from_slice(range);
    ioctl(fd, request, &mut buffer)
}

/// The other end of a pseudoterminal (TIOCGPTPEER), opened with arm64 flags.
///
/// # Errors
/// The host's errno.
pub fn terminal_peer(fd: BorrowedFd<'_>, flags: u32) -> Result<OwnedFd, Errno> {
    const TIOCGPTPEER: u32 = 0x5441;
    let flags = u32::from_ne_bytes((to_host_flags(flags) | libc::O_CLOEXEC).to_ne_bytes());
    owned(ioctl_value(fd, TIOCGPTPEER, flags.into())?)
}

/// Makes a directory the working directory of this process.
///
/// # Errors
/// The host's errno.
pub fn change_dir(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    host_call!(libc::fchdir(fd.as_raw_fd())).map(drop)
}

/// Sets the file mode creation mask and returns the old one.
pub fn set_umask(mask: u32) -> u32 {
    // SAFETY: no pointers.
    unsafe { libc::umask(mask) }
}

/// poll(2) on (descriptor, events); fills the answers in. No timeout waits for ever. A signal for the guest that
/// is already there ends the wait like one that comes during it: none slips in between looking and waiting.
///
/// # Errors
/// The host's errno; EINTR for a signal.
pub fn poll(
    fds: &[(BorrowedFd<'_>, i16)],
    answers: &mut Vec<i16>,
    timeout_ns: Option<u64>,
) -> Result<usize, Errno> {
    let mut polled: Vec<libc::pollfd> = fds
        .iter()
        .map(|(fd, events)| libc::pollfd { fd: fd.as_raw_fd(), events: *events, revents: 0 })
        .collect();
    let timeout = timeout_ns.map(|ns| libc::timespec {
        tv_sec: i64::try_from(ns / 1_000_000_000).unwrap_or(i64::MAX),
        tv_nsec: i64::try_from(ns % 1_000_000_000).expect("below 1e9"),
    });
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let len = libc::nfds_t::try_from(polled.len()).map_err(|_| Errno::EINVAL)?;
    let held = super::process::hold_signals();
    let mask = held.mask_while_waiting()?;
    // SAFETY: `polled` is live for its length, `timeout` null or live, `mask` live.
    let ready = checked(i64::from(unsafe { libc::ppoll(polled.as_mut_ptr(), len, timeout, mask) }))?;
    drop(held);
    answers.clear();
    answers.extend(polled.iter().map(|p| p.revents));
    usize::try_from(ready).map_err(|_| Errno::EINVAL)
}

/// posix_fadvise(2).
///
/// # Errors
/// The host's errno.
pub fn advise(fd: BorrowedFd<'_>, offset: i64, len: i64, advice: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    match unsafe { libc::posix_fadvise(fd.as_raw_fd(), offset, len, advice) } {
        0 => Ok(()),
        errno => Err(Errno(errno)),
    }
}
