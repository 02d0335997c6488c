//! Opening, closing, pipes and other ways to get a descriptor.

use crate::host::{self, Errno};
use crate::kernel::fd::OpenFile;
use crate::kernel::path::{Follow, c_string};
use crate::kernel::{Call, Handler, SysResult, procfs};
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
const DIRECTORY: u32 = 0x4000;
/// The bit that O_TMPFILE adds to O_DIRECTORY.
const TMPFILE: u32 = 0x40_0000;

fn open(c: &mut Call<'_>, flags: u32, mode: u32) -> SysResult {
    let path = c.door.read_path(c.args[1])?;
    let follow = if flags & NOFOLLOW != 0 || flags & (CREAT | EXCL) == CREAT | EXCL {
        Follow::No
    } else {
        Follow::Yes
    };
    let located = c.k.fs.locate(&c.k.fds, c.int(0), &path, follow)?;
    let cloexec = flags & CLOEXEC != 0;
    let host = match procfs::open(c.k, c.door.space(), &located.guest)? {
        Some(_) if flags & 3 != 0 && !procfs::is_writable(c.k, &located.guest) => return Err(Errno::EACCES),
        Some(_) if flags & DIRECTORY != 0 && !procfs::is_directory(c.k, &located.guest) => {
            return Err(Errno::ENOTDIR);
        }
        Some(file) => file,
        None => {
            c.door.log().will_block(); // a FIFO waits for its other end
            c.uninterrupted(|_| host::open(located.dir(), &located.path, flags, mode))?
        }
    };
    c.k.fds.insert(OpenFile::new(host, cloexec, located.guest), 0)
}

fn openat(c: &mut Call<'_>) -> SysResult {
    open(c, c.uint(2), c.uint(3))
}

/// openat2 with the flags of openat; of the resolve flags none is supported.
fn openat2(c: &mut Call<'_>) -> SysResult {
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
    if word(16) != 0 {
        c.flags.0 |= SvcFlags::REFUSED;
        return Err(Errno::EINVAL);
    }
    let flags = u32::try_from(word(0)).map_err(|_| Errno::EINVAL)?;
    let mode = u32::try_from(word(8)).map_err(|_| Errno::EINVAL)?;
    if mode & !0o7777 != 0 || (mode != 0 && flags & (CREAT | TMPFILE) == 0) {
        return Err(Errno::EINVAL);
    }
    open(c, flags, mode)
}

fn close(c: &mut Call<'_>) -> SysResult {
    c.k.fds.close(c.int(0))?;
    Ok(0)
}

fn close_range(c: &mut Call<'_>) -> SysResult {
    const SET_CLOEXEC: u32 = 4;
    let (first, last, flags) = (c.uint(0), c.uint(1), c.uint(2));
    if first > last || flags & !(SET_CLOEXEC | 2) != 0 {
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
    c.door.require_writable(c.args[0], 8)?;
    let cloexec = flags & CLOEXEC != 0;
    let mut numbers = Vec::new();
    for host in host::pipe(flags)? {
        let number = c.k.fds.insert(OpenFile::new(host, cloexec, b"pipe:".to_vec()), 0);
        if number.is_err() {
            for &fd in &numbers {
                c.k.fds.close(fd)?;
            }
        }
        numbers.push(i32::try_from(number?).expect("below the limit"));
    }
    let bytes: Vec<u8> = numbers.iter().flat_map(|fd| fd.to_le_bytes()).collect();
    let at = c.args[0];
    c.door.write(at, &bytes)?;
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
