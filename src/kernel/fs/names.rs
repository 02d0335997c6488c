//! Directories and names: create, remove, rename, link, list, working directory.

use super::{EMPTY_PATH, SYMLINK_FOLLOW};
use crate::host::{self, Errno};
use crate::kernel::path::{CWD, Follow, Located, c_string};
use crate::kernel::{Call, Handler, SysResult, procfs};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) const CALLS: &[(u32, Handler)] = &[
    (17, getcwd),
    (33, mknodat),
    (34, mkdirat),
    (35, unlinkat),
    (36, symlinkat),
    (37, linkat),
    (38, |c| rename(c, 0)),
    (49, chdir),
    (50, fchdir),
    (61, getdents),
    (78, readlinkat),
    (276, |c| rename(c, c.uint(4))),
];

fn locate(c: &Call<'_>, dirfd: usize, path: usize, follow: Follow) -> Result<Located, Errno> {
    let path = c.door.read_path(c.args[path])?;
    c.k.fs.locate(&c.k.fds, c.int(dirfd), &path, follow)
}

fn getcwd(c: &mut Call<'_>) -> SysResult {
    let mut path = c.k.fs.cwd()?;
    path.push(0);
    let [at, size, ..] = c.args;
    if (path.len() as u64) > size {
        return Err(Errno::ERANGE);
    }
    c.door.write(at, &path)?;
    Ok(path.len() as u64)
}

fn chdir(c: &mut Call<'_>) -> SysResult {
    let path = c.door.read_path(c.args[0])?;
    c.k.fs.change_dir(&c.k.fds, &path)?;
    Ok(0)
}

fn fchdir(c: &mut Call<'_>) -> SysResult {
    c.k.fs.change_dir_fd(&c.k.fds, c.int(0))?;
    Ok(0)
}

fn mkdirat(c: &mut Call<'_>) -> SysResult {
    let mut located = locate(c, 0, 1, Follow::No)?;
    c.k.fs.own_entry(&mut located)?;
    host::mkdir(located.dir(), &located.path, c.uint(2))?;
    Ok(0)
}

fn mknodat(c: &mut Call<'_>) -> SysResult {
    let mut located = locate(c, 0, 1, Follow::No)?;
    c.k.fs.own_entry(&mut located)?;
    host::mknod(located.dir(), &located.path, c.uint(2), c.uint(3).into())?;
    Ok(0)
}

fn unlinkat(c: &mut Call<'_>) -> SysResult {
    const DIRECTORY: u32 = 0x200;
    if c.uint(2) & !DIRECTORY != 0 {
        return Err(Errno::EINVAL);
    }
    let located = locate(c, 0, 1, Follow::No)?;
    match &located.layers {
        Some(layers) => c.k.fs.remove(layers, c.int(2))?,
        None if c.k.fs.denies_host_writes() => return Err(Errno::EROFS),
        None => host::unlink(located.dir(), &located.path, c.int(2))?,
    }
    Ok(0)
}

fn symlinkat(c: &mut Call<'_>) -> SysResult {
    let target = c_string(&c.door.read_path(c.args[0])?)?;
    let mut located = locate(c, 1, 2, Follow::No)?;
    c.k.fs.own_entry(&mut located)?;
    host::symlink(&target, located.dir(), &located.path)?;
    Ok(0)
}

fn linkat(c: &mut Call<'_>) -> SysResult {
    let flags = c.uint(4);
    if flags & !(SYMLINK_FOLLOW | EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    let follow = if flags & SYMLINK_FOLLOW != 0 { Follow::Yes } else { Follow::No };
    let mut from = locate(c, 0, 1, follow)?;
    let mut to = locate(c, 2, 3, Follow::No)?;
    if c.k.fs.denies_host_writes() {
        host::statx(from.dir(), &from.path, 0x100, 0)?;
        c.k.fs.own_entry(&mut to)?;
        c.k.fs.own_content(&mut from)?;
    }
    let flags = i32::try_from(flags & SYMLINK_FOLLOW).expect("one bit");
    host::link(from.dir(), &from.path, to.dir(), &to.path, flags)?;
    Ok(0)
}

fn rename(c: &mut Call<'_>, flags: u32) -> SysResult {
    let mut from = locate(c, 0, 1, Follow::No)?;
    let mut to = locate(c, 2, 3, Follow::No)?;
    if c.k.fs.denies_host_writes() {
        c.k.fs.rename(&mut from, &mut to, flags)?;
        return Ok(0);
    }
    host::rename(from.dir(), &from.path, to.dir(), &to.path, flags)?;
    Ok(0)
}

fn getdents(c: &mut Call<'_>) -> SysResult {
    let at = c.args[1];
    c.k.fds.get(c.int(0))?;
    let len = c.door.writable(at, u64::from(c.uint(2)).min(1 << 20));
    if len == 0 && c.uint(2) > 0 {
        return Err(Errno::EFAULT);
    }
    let room = usize::try_from(len).expect("1 MiB");
    let file = c.k.fds.get(c.int(0))?;
    if file.path.starts_with(b"/proc") {
        const SET: i32 = 0;
        const CURRENT: i32 = 1;
        let from = host::seek(file.host.as_fd(), 0, CURRENT)?;
        if let Some((bytes, next, more)) = procfs::entries(c.k, &file.path, from.cast_unsigned(), room) {
            if bytes.is_empty() && more {
                return Err(Errno::EINVAL); // no room for a single entry
            }
            host::seek(file.host.as_fd(), next.cast_signed(), SET)?;
            c.door.write(at, &bytes)?;
            return Ok(bytes.len() as u64);
        }
    }
    let fresh = file.listing.as_ref().is_none_or(|listing| listing.lock().is_ok_and(|l| l.at == 0));
    if fresh && let Some(listing) = c.k.fs.listing(file)? {
        c.k.fds.get_mut(c.int(0))?.listing = Some(Arc::new(Mutex::new(listing)));
    }
    if let Some(listing) = c.k.fds.get(c.int(0))?.listing.clone() {
        let bytes = listing.lock().unwrap_or_else(PoisonError::into_inner).read(room)?;
        c.door.write(at, &bytes)?;
        return Ok(bytes.len() as u64);
    }
    let mut bytes = vec![0; room];
    let got = host::getdents(c.k.fds.host(c.int(0))?, &mut bytes)?;
    c.door.write(at, &bytes[..got])?;
    Ok(got as u64)
}

fn readlinkat(c: &mut Call<'_>) -> SysResult {
    let [_, path, at, size, ..] = c.args;
    if c.int(3) <= 0 {
        return Err(Errno::EINVAL);
    }
    let room = usize::try_from(size & 0x7FFF_FFFF).expect("31 bits").min(4096);
    let path = c.door.read_path(path)?;
    if path.is_empty() && c.int(0) == CWD {
        return Err(Errno::ENOENT);
    }
    let target = if path.is_empty() {
        // The link itself was opened with O_PATH.
        let fd = c.k.fds.host(c.int(0))?;
        let mut target = vec![0; room];
        let len = host::readlink(host::Dir::Fd(fd), c"", &mut target)?;
        target.truncate(len);
        target
    } else {
        let located = c.k.fs.locate(&c.k.fds, c.int(0), &path, Follow::No)?;
        match procfs::link(c.k, &located.guest) {
            Some(target) => target?,
            None => {
                let mut target = vec![0; room];
                let len = host::readlink(located.dir(), &located.path, &mut target)?;
                target.truncate(len);
                target
            }
        }
    };
    let kept = target.len().min(room);
    c.door.write(at, &target[..kept])?;
    Ok(kept as u64)
}
