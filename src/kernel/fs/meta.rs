//! What files are: stat, access, modes, owners, times, sizes, extended attributes.

use super::{EMPTY_PATH, SYMLINK_NOFOLLOW};
use crate::host::{self, Errno, Statx, XattrOf};
use crate::kernel::path::{CWD, Follow, Located, c_string};
use crate::kernel::{Call, Handler, SysResult};
use std::os::fd::AsFd;

pub(super) const CALLS: &[(u32, Handler)] = &[
    (5, |c| set_xattr(c, On::Path)),
    (6, |c| set_xattr(c, On::Link)),
    (7, |c| set_xattr(c, On::Open)),
    (8, |c| get_xattr(c, On::Path)),
    (9, |c| get_xattr(c, On::Link)),
    (10, |c| get_xattr(c, On::Open)),
    (11, |c| list_xattr(c, On::Path)),
    (12, |c| list_xattr(c, On::Link)),
    (13, |c| list_xattr(c, On::Open)),
    (14, |c| remove_xattr(c, On::Path)),
    (15, |c| remove_xattr(c, On::Link)),
    (16, |c| remove_xattr(c, On::Open)),
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
    (84, sync_file_range),
    (88, utimensat),
    (213, readahead),
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

/// The same for a file that is to be changed.
fn locate_to_change(c: &Call<'_>, dirfd: i32, pointer: u64, follow: bool) -> Result<Located, Errno> {
    let mut located = locate(c, dirfd, pointer, follow)?;
    c.k.fs.own_content(&mut located)?;
    Ok(located)
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
    let unknown = flags & !(SYMLINK_NOFOLLOW | EMPTY_PATH | SYNC_TYPE | 0x800) != 0;
    if unknown || flags & SYNC_TYPE == SYNC_TYPE || mask & 0x8000_0000 != 0 {
        return Err(Errno::EINVAL);
    }
    let stat = look_up(c, flags, mask)?;
    let at = c.args[4];
    c.door.write(at, &host::statx_bytes(&stat))?;
    Ok(0)
}

fn access(c: &mut Call<'_>, flags: u32) -> SysResult {
    if flags & !(SYMLINK_NOFOLLOW | EMPTY_PATH | 0x200) != 0 || c.int(2) & !7 != 0 {
        return Err(Errno::EINVAL);
    }
    if let Some(fd) = empty_path(c, flags)? {
        let at = i32::try_from(EMPTY_PATH | flags & 0x200).expect("two bits");
        host::access(host::Dir::Fd(c.k.fds.host(fd)?), c"", c.int(2), at)?;
        return Ok(0);
    }
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
    host::fchmod(c.k.fs.own_file(&c.k.fds, c.int(0))?.as_fd(), c.uint(1))?;
    Ok(0)
}

fn fchmodat(c: &mut Call<'_>) -> SysResult {
    let located = locate_to_change(c, c.int(0), c.args[1], true)?;
    host::chmod(located.dir(), &located.path, c.uint(2))?;
    Ok(0)
}

fn fchmodat2(c: &mut Call<'_>) -> SysResult {
    const LINK: u32 = 0o120_000;
    let flags = c.uint(3);
    if flags & !(SYMLINK_NOFOLLOW | EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    if let Some(fd) = empty_path(c, flags)? {
        // fchmod would refuse a descriptor that was opened with O_PATH; this call does not.
        let mode = u32::from(host::fstat(c.k.fds.host(fd)?)?.stx_mode) & 0o170_000;
        if mode == LINK {
            return Err(Errno::EOPNOTSUPP);
        }
        host::fchmod(c.k.fs.own_file(&c.k.fds, fd)?.as_fd(), c.uint(2))?;
        return Ok(0);
    }
    if flags & SYMLINK_NOFOLLOW != 0 {
        let located = locate(c, c.int(0), c.args[1], false)?;
        let nofollow = i32::try_from(SYMLINK_NOFOLLOW).expect("one bit");
        let stat = host::statx(located.dir(), &located.path, nofollow, BASIC_STATS)?;
        if u32::from(stat.stx_mode) & 0o170_000 == LINK {
            return Err(Errno::EOPNOTSUPP);
        }
    }
    fchmodat(c)
}

/// The open file that AT_EMPTY_PATH and an empty path name; none if the path is to be looked up.
fn empty_path(c: &Call<'_>, flags: u32) -> Result<Option<i32>, Errno> {
    if flags & EMPTY_PATH == 0 || c.int(0) == CWD {
        return Ok(None);
    }
    let empty = c.door.read_path(c.args[1])?.is_empty();
    Ok(empty.then_some(c.int(0)))
}

fn fchown(c: &mut Call<'_>) -> SysResult {
    let file = c.k.fs.own_file(&c.k.fds, c.int(0))?;
    let flags = i32::try_from(EMPTY_PATH).expect("one bit");
    host::chown(host::Dir::Fd(file.as_fd()), c"", c.uint(1), c.uint(2), flags)?;
    Ok(0)
}

fn fchownat(c: &mut Call<'_>) -> SysResult {
    let flags = c.uint(4);
    if flags & !(SYMLINK_NOFOLLOW | EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    if let Some(fd) = empty_path(c, flags)? {
        let at_empty = i32::try_from(EMPTY_PATH).expect("one bit");
        let file = c.k.fs.own_file(&c.k.fds, fd)?;
        host::chown(host::Dir::Fd(file.as_fd()), c"", c.uint(2), c.uint(3), at_empty)?;
        return Ok(0);
    }
    let nofollow = flags & SYMLINK_NOFOLLOW;
    let located = locate_to_change(c, c.int(0), c.args[1], nofollow == 0)?;
    let flags = i32::try_from(nofollow).expect("one bit");
    host::chown(located.dir(), &located.path, c.uint(2), c.uint(3), flags)?;
    Ok(0)
}

fn utimensat(c: &mut Call<'_>) -> SysResult {
    let [_, path, times, ..] = c.args;
    let flags = c.uint(3);
    if flags & !(SYMLINK_NOFOLLOW | EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    let times = if times == 0 {
        None
    } else {
        let bytes: [u8; 32] = c.door.read_array(times)?;
        let word = |n: usize| i64::from_le_bytes(bytes[n..n + 8].try_into().expect("8 bytes"));
        Some([(word(0), word(8)), (word(16), word(24))])
    };
    let by_descriptor = if path == 0 { c.int(0) != CWD } else { empty_path(c, flags)?.is_some() };
    if by_descriptor {
        let file = c.k.fs.own_file(&c.k.fds, c.int(0))?;
        host::set_times(host::Dir::Fd(file.as_fd()), None, times, 0)?;
        return Ok(0);
    }
    let nofollow = flags & SYMLINK_NOFOLLOW;
    let located = locate_to_change(c, c.int(0), path, nofollow == 0)?;
    let flags = i32::try_from(nofollow).expect("one bit");
    host::set_times(located.dir(), Some(&located.path), times, flags)?;
    Ok(0)
}

fn truncate(c: &mut Call<'_>) -> SysResult {
    let located = locate_to_change(c, CWD, c.args[0], true)?;
    super::refuse_running(c, &located, Follow::Yes)?;
    let grows = |size: u64| c.long(1).cast_unsigned() > size;
    if c.k.fds.file_size_limit != u64::MAX
        && c.long(1) >= 0
        && grows(host::statx(located.dir(), &located.path, 0, BASIC_STATS)?.stx_size)
    {
        super::within_size_limit(c, c.long(1).cast_unsigned() - 1)?;
    }
    host::truncate_path(&located.path, c.long(1))?;
    Ok(0)
}

fn ftruncate(c: &mut Call<'_>) -> SysResult {
    let (file, len) = (c.k.fds.host(c.int(0))?, c.long(1));
    if len > 0 && len.cast_unsigned() > host::fstat(file)?.stx_size {
        super::within_size_limit(c, len.cast_unsigned() - 1)?;
    }
    host::truncate(c.k.fds.host(c.int(0))?, len)?;
    Ok(0)
}

fn fallocate(c: &mut Call<'_>) -> SysResult {
    c.k.fds.get(c.int(0))?;
    let end = c.long(2).checked_add(c.long(3)).filter(|_| c.long(2) >= 0 && c.long(3) > 0);
    if let Some(end) = end {
        super::within_size_limit(c, end.cast_unsigned() - 1)?;
    }
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

fn sync_file_range(c: &mut Call<'_>) -> SysResult {
    c.door.log().will_block();
    host::sync_range(c.k.fds.host(c.int(0))?, c.long(1), c.long(2), c.uint(3))?;
    Ok(0)
}

fn fadvise(c: &mut Call<'_>) -> SysResult {
    host::advise(c.k.fds.host(c.int(0))?, c.long(1), c.long(2), c.int(3))?;
    Ok(0)
}

fn readahead(c: &mut Call<'_>) -> SysResult {
    let len = usize::try_from(c.args[2]).unwrap_or(usize::MAX);
    host::read_ahead(c.k.fds.host(c.int(0))?, c.long(1), len)?;
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

/// What the first argument of an extended attribute call names.
#[derive(Clone, Copy)]
enum On {
    Path,
    Link,
    Open,
}

/// Calls `act` with the file that the first argument names.
fn with_xattr_file<T>(
    c: &Call<'_>,
    on: On,
    act: impl FnOnce(XattrOf<'_>) -> Result<T, Errno>,
) -> Result<T, Errno> {
    match on {
        On::Path => act(XattrOf::Path(&locate(c, CWD, c.args[0], true)?.path)),
        On::Link => act(XattrOf::Link(&locate(c, CWD, c.args[0], false)?.path)),
        On::Open => act(XattrOf::Open(c.k.fds.host(c.int(0))?)),
    }
}

/// The same with a file that is to be changed.
fn with_xattr_to_change(
    c: &Call<'_>,
    on: On,
    act: impl FnOnce(XattrOf<'_>) -> Result<(), Errno>,
) -> Result<(), Errno> {
    match on {
        On::Path => act(XattrOf::Path(&locate_to_change(c, CWD, c.args[0], true)?.path)),
        On::Link => act(XattrOf::Link(&locate_to_change(c, CWD, c.args[0], false)?.path)),
        On::Open => act(XattrOf::Open(c.k.fs.own_file(&c.k.fds, c.int(0))?.as_fd())),
    }
}

/// The name of an attribute, at most XATTR_NAME_MAX bytes.
fn xattr_name(c: &Call<'_>) -> Result<std::ffi::CString, Errno> {
    let name = c.door.read_string(c.args[1], 256).map_err(|errno| match errno {
        Errno::ENAMETOOLONG => Errno::ERANGE,
        other => other,
    })?;
    if name.is_empty() { Err(Errno::ERANGE) } else { c_string(&name) }
}

fn get_xattr(c: &mut Call<'_>, on: On) -> SysResult {
    let [_, _, value, size, ..] = c.args;
    let name = xattr_name(c)?;
    let mut full = vec![0; usize::try_from(XATTR_MAX).expect("64 KiB")];
    let len = with_xattr_file(c, on, |file| host::get_xattr(file, &name, &mut full))?;
    xattr_answer(c, value, size, &full[..len])
}

fn list_xattr(c: &mut Call<'_>, on: On) -> SysResult {
    let [_, list, size, ..] = c.args;
    let mut full = vec![0; usize::try_from(XATTR_MAX).expect("64 KiB")];
    let len = with_xattr_file(c, on, |file| host::list_xattr(file, &mut full))?;
    xattr_answer(c, list, size, &full[..len])
}

fn set_xattr(c: &mut Call<'_>, on: On) -> SysResult {
    let [_, _, value, size, ..] = c.args;
    if size > XATTR_MAX {
        return Err(Errno::E2BIG);
    }
    let name = xattr_name(c)?;
    let value = c.door.read_vec(value, usize::try_from(size).expect("64 KiB"))?;
    with_xattr_to_change(c, on, |file| host::set_xattr(file, &name, &value, c.int(4)))?;
    Ok(0)
}

fn remove_xattr(c: &mut Call<'_>, on: On) -> SysResult {
    let name = xattr_name(c)?;
    with_xattr_to_change(c, on, |file| host::remove_xattr(file, &name))?;
    Ok(0)
}
