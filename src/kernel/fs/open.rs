//! Opening, closing, pipes and other ways to get a descriptor.

use crate::host::{self, Errno, Waiting};
use crate::kernel::fd::OpenFile;
use crate::kernel::path::{Bounds, Follow, Located, c_string};
use crate::kernel::{Call, Handler, SysResult, procfs};
use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};
use traces::event::SvcFlags;

pub(super) const CALLS: &[(u32, Handler)] = &[
    (19, eventfd2),
    (56, openat),
    (57, close),
    (59, pipe2),
    (279, memfd_create),
    (436, close_range),
    (437, openat2),
];

/// O_CLOEXEC, the same everywhere.
const CLOEXEC: u32 = 0x8_0000;
/// O_CREAT and O_NOFOLLOW in arm64's values.
const CREAT: u32 = 0x40;
const NOFOLLOW: u32 = 0x8000;
const EXCL: u32 = 0x80;
const TRUNC: u32 = 0x200;
const DIRECTORY: u32 = 0x4000;
const NONBLOCK: u32 = 0x800;
/// O_DIRECT, a pipe of packets.
const DIRECT: u32 = 0x1_0000;
/// O_NOTIFICATION_PIPE, the number of O_EXCL.
const NOTIFICATION: u32 = EXCL;
/// O_PATH.
const PATH: u32 = 0x20_0000;
/// The bit that O_TMPFILE adds to O_DIRECTORY.
const TMPFILE: u32 = 0x40_0000;

/// What an open asks for besides the path.
#[derive(Clone, Copy)]
struct How {
    /// O_ flags in arm64's values.
    flags: u32,
    mode: u32,
    /// RESOLVE_ bits of openat2.
    resolve: u64,
}

impl How {
    fn follow(self) -> Follow {
        if self.flags & NOFOLLOW != 0 || self.flags & (CREAT | EXCL) == CREAT | EXCL {
            Follow::No
        } else {
            Follow::Yes
        }
    }
}

fn open(c: &mut Call<'_>, how: How) -> SysResult {
    if let Some((opening, guest)) = c.k.fds.opening.remove(&c.k.tid())
        && c.resume.again
    {
        return go_on_opening(c, how, opening, guest);
    }
    let path = c.door.read_path(c.args[1])?;
    c.k.fds.free(0)?;
    let cloexec = how.flags & CLOEXEC != 0;
    if how.resolve != 0 {
        return open_bounded(c, how, &path);
    }
    let mut located = c.k.fs.locate(&c.k.fds, c.int(0), &path, how.follow())?;
    let host = match procfs::open(c.k, c.door.space(), &located.guest)? {
        Some(file) => as_asked(c, how, &located.guest, file)?,
        None => {
            let exclusive = how.flags & (CREAT | EXCL) == CREAT | EXCL;
            if how.flags & (3 | TRUNC) != 0 && how.flags & PATH == 0 && !exclusive {
                super::refuse_running(c, &located, how.follow())?;
            }
            c.k.fs.prepare_open(&mut located, how.flags)?;
            if waits_in_open(&located, how) {
                return begin_opening(c, how, located);
            }
            c.uninterrupted(|_| host::open(located.dir(), &located.path, how.flags, how.mode))?
        }
    };
    let file = OpenFile::new(host, cloexec, located.guest);
    super::ioctl::notice_terminal(c, &file);
    c.k.fds.insert(file, 0)
}

/// A file of `/proc` that is made up, if it is what an open asks for.
fn as_asked(c: &Call<'_>, how: How, guest: &[u8], file: OwnedFd) -> Result<OwnedFd, Errno> {
    if how.flags & 3 != 0 && !procfs::is_writable(c.k, guest) {
        return Err(Errno::EACCES);
    }
    if how.flags & DIRECTORY != 0 && !procfs::is_directory(c.k, guest) {
        return Err(Errno::ENOTDIR);
    }
    Ok(file)
}

/// Whether an open waits for another process: that of one end of a FIFO does.
fn waits_in_open(located: &Located, how: How) -> bool {
    const READ_WRITE: u32 = 2;
    const FIFO: u32 = 0o010_000;
    if how.flags & (NONBLOCK | PATH | DIRECTORY | TMPFILE) != 0 || how.flags & 3 == READ_WRITE {
        return false;
    }
    let nofollow = if how.follow() == Follow::No { 0x100 } else { 0 };
    // An open that would fail does so without waiting.
    let exclusive = how.flags & (CREAT | EXCL) == CREAT | EXCL;
    !exclusive
        && host::statx(located.dir(), &located.path, nofollow, 1)
            .is_ok_and(|stat| u32::from(stat.stx_mode) & 0o170_000 == FIFO)
}

/// Lets the host wait for the other end of a FIFO.
fn begin_opening(c: &mut Call<'_>, how: How, located: Located) -> SysResult {
    /// Access mode, O_APPEND and O_ASYNC: what else there is has been done when the FIFO was found.
    const KEPT: u32 = 3 | 0x400 | 0x2000;
    let file = host::open(located.dir(), &located.path, PATH | how.flags & NOFOLLOW, 0)?;
    let opening = host::wait_for_open(file, how.flags & KEPT)?;
    go_on_opening(c, how, opening, located.guest)
}

fn go_on_opening(c: &mut Call<'_>, how: How, opening: Waiting<OwnedFd>, guest: Vec<u8>) -> SysResult {
    let host = super::outcome_of(c, opening, |c, opening| {
        let tid = c.k.tid();
        c.k.fds.opening.insert(tid, (opening, guest.clone()));
    })?;
    c.k.fds.insert(OpenFile::new(host, how.flags & CLOEXEC != 0, guest), 0)
}

fn openat(c: &mut Call<'_>) -> SysResult {
    open(c, How { flags: c.uint(2), mode: c.uint(3), resolve: 0 })
}

/// RESOLVE_ bits (include/uapi/linux/openat2.h).
const NO_XDEV: u64 = 1;
const NO_MAGICLINKS: u64 = 2;
const NO_SYMLINKS: u64 = 4;
const BENEATH: u64 = 8;
const IN_ROOT: u64 = 16;
const CACHED: u64 = 32;

/// An open whose path must not lead everywhere: the host keeps watch. A FIFO is not waited for.
fn open_bounded(c: &mut Call<'_>, how: How, path: &[u8]) -> SysResult {
    if c.k.fs.denies_host_writes() {
        // The host cannot keep watch over a path through two layers. Programs know kernels without the call.
        c.flags.0 |= SvcFlags::REFUSED;
        return Err(Errno::ENOSYS);
    }
    let bounds = match how.resolve {
        r if r & (BENEATH | IN_ROOT) != 0 => Bounds::Directory,
        r if r & (NO_SYMLINKS | NO_MAGICLINKS) != 0 => Bounds::NoLinks,
        _ => Bounds::Other,
    };
    let open = |dir: host::Dir<'_>, path: &CStr, more| {
        host::open_bounded(dir, path, how.flags, how.mode, how.resolve | more)
    };
    let host = c.k.fs.open_bounded(&c.k.fds, c.int(0), path, &open, bounds)?;
    let guest = c.k.fs.shown(host::path_of(host.as_fd()).unwrap_or_default());
    // What the host has at a name of ours was only opened to see whether the way there is allowed.
    let host = match procfs::open(c.k, c.door.space(), &guest)? {
        Some(file) => as_asked(c, how, &guest, file)?,
        None => host,
    };
    c.k.fds.insert(OpenFile::new(host, how.flags & CLOEXEC != 0, guest), 0)
}

fn openat2(c: &mut Call<'_>) -> SysResult {
    /// VALID_OPEN_FLAGS of include/linux/fcntl.h in arm64's values.
    const KNOWN: u64 = 0x007F_FFC3;
    let size = usize::try_from(c.args[3]).map_err(|_| Errno::E2BIG)?;
    if size < 24 {
        return Err(Errno::EINVAL);
    }
    if size > 4096 {
        return Err(Errno::E2BIG);
    }
    let how = c.door.read_vec(c.args[2], size)?;
    if how[24..].iter().any(|&byte| byte != 0) {
        return Err(Errno::E2BIG); // fields of a later version
    }
    let word = |n: usize| u64::from_le_bytes(how[n..n + 8].try_into().expect("8 bytes"));
    let (flags, mode, resolve) = (word(0), word(8), word(16));
    let known = NO_XDEV | NO_MAGICLINKS | NO_SYMLINKS | BENEATH | IN_ROOT | CACHED;
    let both = BENEATH | IN_ROOT;
    if flags & !KNOWN != 0 || resolve & !known != 0 || resolve & both == both {
        return Err(Errno::EINVAL);
    }
    let (Ok(flags), Ok(mode)) = (u32::try_from(flags), u32::try_from(mode)) else {
        return Err(Errno::EINVAL);
    };
    if mode & !0o7777 != 0 || (mode != 0 && flags & (CREAT | TMPFILE) == 0) {
        return Err(Errno::EINVAL);
    }
    open(c, How { flags, mode, resolve })
}

fn close(c: &mut Call<'_>) -> SysResult {
    c.k.fds.close(c.int(0))?;
    host::close_retired();
    Ok(0)
}

fn close_range(c: &mut Call<'_>) -> SysResult {
    const SET_CLOEXEC: u32 = 4;
    /// CLOSE_RANGE_UNSHARE: no other process has our table.
    const UNSHARE: u32 = 2;
    let (first, last, flags) = (c.uint(0), c.uint(1), c.uint(2));
    if first > last || flags & !(SET_CLOEXEC | UNSHARE) != 0 {
        return Err(Errno::EINVAL);
    }
    let inside = |fd: &i32| u32::try_from(*fd).is_ok_and(|fd| (first..=last).contains(&fd));
    let open: Vec<i32> = c.k.fds.open().map(|(fd, _)| fd).filter(inside).collect();
    for fd in open {
        if flags & SET_CLOEXEC != 0 {
            c.k.fds.get_mut(fd)?.cloexec = true;
        } else {
            c.k.fds.close(fd)?;
        }
    }
    Ok(0)
}

fn pipe2(c: &mut Call<'_>) -> SysResult {
    let flags = c.uint(1);
    if flags & !(CLOEXEC | NONBLOCK | DIRECT | NOTIFICATION) != 0 {
        return Err(Errno::EINVAL);
    }
    let cloexec = flags & CLOEXEC != 0;
    let [reader, writer] = host::pipe(flags)?.map(|host| OpenFile::new(host, cloexec, b"pipe:".to_vec()));
    let first = c.k.fds.insert(reader, 0)?;
    let number = |n: u64| i32::try_from(n).expect("below the limit");
    let undo = |c: &mut Call<'_>, errno: Errno| c.k.fds.close(number(first)).and(Err(errno));
    let second = match c.k.fds.insert(writer, 0) {
        Ok(second) => second,
        Err(errno) => return undo(c, errno),
    };
    let bytes: Vec<u8> = [first, second].iter().flat_map(|&fd| number(fd).to_le_bytes()).collect();
    let at = c.args[0];
    if let Err(errno) = c.door.write(at, &bytes) {
        c.k.fds.close(number(second))?;
        return undo(c, errno);
    }
    Ok(0)
}

fn eventfd2(c: &mut Call<'_>) -> SysResult {
    let flags = c.uint(1);
    let host = host::eventfd(c.uint(0), flags)?;
    c.k.fds.insert(OpenFile::new(host, flags & CLOEXEC != 0, b"anon_inode:[eventfd]".to_vec()), 0)
}

fn memfd_create(c: &mut Call<'_>) -> SysResult {
    let name = c.door.read_string(c.args[0], 250).map_err(|errno| match errno {
        Errno::ENAMETOOLONG => Errno::EINVAL,
        other => other,
    })?;
    let flags = c.uint(1);
    let host = host::memfd(&c_string(&name)?, flags)?;
    let mut path = b"/memfd:".to_vec();
    path.extend(name);
    c.k.fds.insert(OpenFile::new(host, flags & 1 != 0, path), 0)
}
