//! What files are: stat, access, modes, owners, times, sizes, extended attributes.

use super::{EMPTY_PATH, SYMLINK_NOFOLLOW};
use crate::host::{self, Errno, Statx};
use crate::kernel::path::{CWD, Follow, Located, c_string};
use crate::kernel::{Call, Handler, SysResult};
use std::os::fd::AsFd;

pub(super) const CALLS: &[(u32, Handler)] = &[
    (8, |c| get_xattr(c, Follow::Yes)),
    (9, |c| get_xattr(c, Follow::No)),
    (11, |c| list_xattr(c, Follow::Yes)),
    (12, |c| list_xattr(c, Follow::No)),
    (43, statfs),
    (44, fstatfs),
    (45, truncate),
    (46, ftruncate),
    (47, fallocate),
    (48, faccessat),
    (52, fchmod),
    (53, fchmodat),
    (54, fchownat),
    (55, fchown),
    (79, newfstatat),
    (80, fstat),
    (81, sync),
    (82, |c| fsync(c, false)),
    (83, |c| fsync(c, true)),
    (88, utimensat),
    (223, fadvise),
    (267, |c| fsync(c, false)),
    (291, statx),
    (439, faccessat2),
    (452, fchmodat2),
];

const BASIC_STATS: u32 = 0x7FF;

/// arm64's struct stat, 128 bytes (include/uapi/asm-generic/stat.h).
fn stat_bytes(s: &Statx) -> [u8; 128] {
    let device = |major: u32, minor: u32| {
        let (major, minor) = (u64::from(major), u64::from(minor));
        (minor & 0xFF) | (major << 8) | ((minor & !0xFF) << 12)
    };
    let mut bytes = [0; 128];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(0, &device(s.stx_dev_major, s.stx_dev_minor).to_le_bytes());
    put(8, &s.stx_ino.to_le_bytes());
    put(16, &u32::from(s.stx_mode).to_le_bytes());
    put(20, &s.stx_nlink.to_le_bytes());
    put(24, &s.stx_uid.to_le_bytes());
    put(28, &s.stx_gid.to_le_bytes());
    put(32, &device(s.stx_rdev_major, s.stx_rdev_minor).to_le_bytes());
    put(48, &s.stx_size.to_le_bytes());
    put(56, &s.stx_blksize.to_le_bytes());
    put(64, &s.stx_blocks.to_le_bytes());
    for (at, time) in [(72, s.stx_atime), (88, s.stx_mtime), (104, s.stx_ctime)] {
        put(at, &time.tv_sec.to_le_bytes());
        put(at + 8, &u64::from(time.tv_nsec).to_le_bytes());
    }
    bytes
}

fn locate(c: &Call<'_>, dirfd: i32, pointer: u64, follow: bool) -> Result<Located, Errno> {
    let path = c.door.read_path(pointer)?;
    let follow = if follow { Follow::Yes } else { Follow::No };
    c.k.fs.locate(&c.k.fds, dirfd, &path, follow)
}

/// statx of what a dirfd, a path and AT_ flags name.
fn look_up(c: &Call<'_>, flags: u32, mask: u32) -> Result<Statx, Errno> {
    let (dirfd, pointer) = (c.int(0), c.args[1]);
    let path = if pointer == 0 && flags & EMPTY_PATH != 0 { vec![] } else { c.door.read_path(pointer)? };
    if path.is_empty() && flags & EMPTY_PATH != 0 {
        if dirfd == CWD {
            return host::statx(host::Dir::Cwd, c".", 0, mask);
        }
        return host::fstat(c.k.fds.host(dirfd)?);
    }
    let nofollow = flags & SYMLINK_NOFOLLOW;
    let follow = if nofollow == 0 { Follow::Yes } else { Follow::No };
    let located = c.k.fs.locate(&c.k.fds, dirfd, &path, follow)?;
    if let Some(stat) = crate::kernel::procfs::stat(c.k, c.door.space(), &located.guest, nofollow != 0)? {
        return Ok(stat);
    }
    let flags = i32::try_from(nofollow).expect("one bit");
    host::statx(located.dir(), &located.path, flags, mask)
}

fn newfstatat(c: &mut Call<'_>) -> SysResult {
    let flags = c.uint(3);
    if flags & !(SYMLINK_NOFOLLOW | EMPTY_PATH | 0x800) != 0 {
        return Err(Errno::EINVAL);
    }
    let bytes = stat_bytes(&look_up(c, flags, BASIC_STATS)?);
    let at = c.args[2];
    c.door.write(at, &bytes)?;
    Ok(0)
}

fn fstat(c: &mut Call<'_>) -> SysResult {
    let bytes = stat_bytes(&host::fstat(c.k.fds.host(c.int(0))?)?);
    let at = c.args[1];
    c.door.write(at, &bytes)?;
    Ok(0)
}

fn statx(c: &mut Call<'_>) -> SysResult {
    const SYNC_TYPE: u32 = 0x6000;
    let (flags, mask) = (c.uint(2), c.uint(3));
    if flags & !(SYMLINK_NOFOLLOW | EMPTY_PATH | SYNC_TYPE | 0x800) != 0 || mask & 0x8000_0000 != 0 {
        return Err(Errno::EINVAL);
    }
    let stat = look_up(c, flags, mask)?;
    let at = c.args[4];
    c.door.write(at, &host::statx_bytes(&stat))?;
    Ok(0)
}

fn access(c: &mut Call<'_>, flags: u32) -> SysResult {
    let located = locate(c, c.int(0), c.args[1], flags & SYMLINK_NOFOLLOW == 0)?;
    if crate::kernel::procfs::stat(c.k, c.door.space(), &located.guest, false)?.is_some() {
        return Ok(0);
    }
    let flags = i32::try_from(flags & (SYMLINK_NOFOLLOW | 0x200)).expect("two bits");
    host::access(located.dir(), &located.path, c.int(2), flags)?;
    Ok(0)
}

fn faccessat(c: &mut Call<'_>) -> SysResult {
    access(c, 0)
}

fn faccessat2(c: &mut Call<'_>) -> SysResult {
    access(c, c.uint(3))
}

fn fchmod(c: &mut Call<'_>) -> SysResult {
    host::fchmod(c.k.fds.host(c.int(0))?, c.uint(1))?;
    Ok(0)
}

fn fchmodat(c: &mut Call<'_>) -> SysResult {
    let located = locate(c, c.int(0), c.args[1], true)?;
    host::chmod(located.dir(), &located.path, c.uint(2))?;
    Ok(0)
}

fn fchmodat2(c: &mut Call<'_>) -> SysResult {
    if c.uint(3) != 0 { Err(Errno::EOPNOTSUPP) } else { fchmodat(c) }
}

fn fchown(c: &mut Call<'_>) -> SysResult {
    let fd = c.k.fds.host(c.int(0))?;
    let flags = i32::try_from(EMPTY_PATH).expect("one bit");
    host::chown(host::Dir::Fd(fd), c"", c.uint(1), c.uint(2), flags)?;
    Ok(0)
}

fn fchownat(c: &mut Call<'_>) -> SysResult {
    let nofollow = c.uint(4) & SYMLINK_NOFOLLOW;
    let located = locate(c, c.int(0), c.args[1], nofollow == 0)?;
    let flags = i32::try_from(nofollow).expect("one bit");
    host::chown(located.dir(), &located.path, c.uint(2), c.uint(3), flags)?;
    Ok(0)
}

fn utimensat(c: &mut Call<'_>) -> SysResult {
    let [_, path, times, ..] = c.args;
    let flags = c.uint(3) & SYMLINK_NOFOLLOW;
    let times = if times == 0 {
        None
    } else {
        let bytes: [u8; 32] = c.door.read_array(times)?;
        let word = |n: usize| i64::from_le_bytes(bytes[n..n + 8].try_into().expect("8 bytes"));
        Some([(word(0), word(8)), (word(16), word(24))])
    };
    if path == 0 {
        let fd = c.k.fds.host(c.int(0))?;
        host::set_times(host::Dir::Fd(fd), None, times, 0)?;
        return Ok(0);
    }
    let located = locate(c, c.int(0), path, flags == 0)?;
    let flags = i32::try_from(flags).expect("one bit");
    host::set_times(located.dir(), Some(&located.path), times, flags)?;
    Ok(0)
}

fn truncate(c: &mut Call<'_>) -> SysResult {
    const WRITE_ONLY: u32 = 1;
    let located = locate(c, CWD, c.args[0], true)?;
    let file = host::open(located.dir(), &located.path, WRITE_ONLY, 0)?;
    host::truncate(file.as_fd(), c.long(1))?;
    Ok(0)
}

fn ftruncate(c: &mut Call<'_>) -> SysResult {
    host::truncate(c.k.fds.host(c.int(0))?, c.long(1))?;
    Ok(0)
}

fn fallocate(c: &mut Call<'_>) -> SysResult {
    host::allocate(c.k.fds.host(c.int(0))?, c.int(1), c.long(2), c.long(3))?;
    Ok(0)
}

fn sync(c: &mut Call<'_>) -> SysResult {
    c.door.log().will_block();
    host::sync_all();
    Ok(0)
}

fn fsync(c: &mut Call<'_>, data_only: bool) -> SysResult {
    c.door.log().will_block();
    host::sync(c.k.fds.host(c.int(0))?, data_only)?;
    Ok(0)
}

fn fadvise(c: &mut Call<'_>) -> SysResult {
    host::advise(c.k.fds.host(c.int(0))?, c.long(1), c.long(2), c.int(3))?;
    Ok(0)
}

fn statfs(c: &mut Call<'_>) -> SysResult {
    const PATH_ONLY: u32 = 0x20_0000;
    let located = locate(c, CWD, c.args[0], true)?;
    let file = host::open(located.dir(), &located.path, PATH_ONLY, 0)?;
    let bytes = host::statfs(file.as_fd())?;
    let at = c.args[1];
    c.door.write(at, &bytes)?;
    Ok(0)
}

fn fstatfs(c: &mut Call<'_>) -> SysResult {
    let bytes = host::statfs(c.k.fds.host(c.int(0))?)?;
    let at = c.args[1];
    c.door.write(at, &bytes)?;
    Ok(0)
}

/// The largest value or list of extended attributes (XATTR_SIZE_MAX).
const XATTR_MAX: u64 = 65536;

fn xattr_answer(c: &mut Call<'_>, at: u64, size: u64, full: &[u8]) -> SysResult {
    if size == 0 {
        return Ok(full.len() as u64);
    }
    if (full.len() as u64) > size {
        return Err(Errno::ERANGE);
    }
    c.door.write(at, full)?;
    Ok(full.len() as u64)
}

fn get_xattr(c: &mut Call<'_>, follow: Follow) -> SysResult {
    let [path, name, value, size, ..] = c.args;
    let located = locate(c, CWD, path, follow == Follow::Yes)?;
    let name = c_string(&c.door.read_string(name, 256)?)?;
    let mut full = vec![0; usize::try_from(XATTR_MAX).expect("64 KiB")];
    let len = host::get_xattr(&located.path, &name, &mut full, follow == Follow::Yes)?;
    xattr_answer(c, value, size, &full[..len])
}

fn list_xattr(c: &mut Call<'_>, follow: Follow) -> SysResult {
    let [path, list, size, ..] = c.args;
    let located = locate(c, CWD, path, follow == Follow::Yes)?;
    let mut full = vec![0; usize::try_from(XATTR_MAX).expect("64 KiB")];
    let len = host::list_xattr(&located.path, &mut full, follow == Follow::Yes)?;
    xattr_answer(c, list, size, &full[..len])
}
