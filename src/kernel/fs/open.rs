//! Opening, closing, pipes and other ways to get a descriptor.

use crate::host::{self, Errno};
use crate::kernel::fd::OpenFile;
use crate::kernel::path::{Follow, c_string};
use crate::kernel::{Call, Handler, SysResult, procfs};

pub(super) const CALLS: &[(u32, Handler)] =
    &[(56, openat), (57, close), (59, pipe2), (279, memfd_create), (436, close_range), (437, openat2)];

/// O_CLOEXEC, the same everywhere.
const CLOEXEC: u32 = 0x8_0000;
/// O_CREAT and O_NOFOLLOW in arm64's values.
const CREAT: u32 = 0x40;
const NOFOLLOW: u32 = 0x8000;
const EXCL: u32 = 0x80;

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
        Some(file) => file,
        None => {
            c.door.log().will_block();
            host::open(located.dir(), &located.path, flags, mode)?
        }
    };
    c.k.fds.insert(OpenFile { host, cloexec, path: located.guest }, 0)
}

fn openat(c: &mut Call<'_>) -> SysResult {
    open(c, c.uint(2), c.uint(3))
}

/// openat2 with the flags of openat; of the resolve flags none is supported.
fn openat2(c: &mut Call<'_>) -> SysResult {
    if c.args[3] < 24 {
        return Err(Errno::EINVAL);
    }
    let how: [u8; 24] = c.door.read_array(c.args[2])?;
    let word = |n: usize| u64::from_le_bytes(how[n..n + 8].try_into().expect("8 bytes"));
    if word(16) != 0 {
        return Err(Errno::EOPNOTSUPP);
    }
    let flags = u32::try_from(word(0)).map_err(|_| Errno::EINVAL)?;
    let mode = u32::try_from(word(8)).map_err(|_| Errno::EINVAL)?;
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
        let number = c.k.fds.insert(OpenFile { host, cloexec, path: b"pipe:".to_vec() }, 0);
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

fn memfd_create(c: &mut Call<'_>) -> SysResult {
    let name = c.door.read_string(c.args[0], 250)?;
    let flags = c.uint(1);
    let host = host::memfd(&c_string(&name)?, flags)?;
    let mut path = b"/memfd:".to_vec();
    path.extend(name);
    c.k.fds.insert(OpenFile { host, cloexec: flags & 1 != 0, path }, 0)
}
