//! inotify: watches of the host's files. What has happened is read like any file.

use crate::host::{self, Errno};
use crate::kernel::fd::OpenFile;
use crate::kernel::path::{CWD, Follow};
use crate::kernel::{Call, Handler, SysResult};

pub(super) const CALLS: &[(u32, Handler)] = &[(26, init), (27, add_watch), (28, remove_watch)];

const CLOEXEC: u32 = 0x8_0000;
const NONBLOCK: u32 = 0x800;

fn init(c: &mut Call<'_>) -> SysResult {
    let flags = c.uint(0);
    if flags & !(CLOEXEC | NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    c.k.fds.free(0)?;
    let host = host::inotify(flags)?;
    c.k.fds.insert(OpenFile::new(host, flags & CLOEXEC != 0, b"anon_inode:inotify".to_vec()), 0)
}

fn add_watch(c: &mut Call<'_>) -> SysResult {
    const DONT_FOLLOW: u32 = 0x0200_0000;
    /// IN_ALL_EVENTS and all flags of a watch.
    const KNOWN: u32 = 0xFF00_0FFF & !0x1800_0000 & !0x00FF_0000;
    let mask = c.uint(2);
    if mask & KNOWN == 0 {
        return Err(Errno::EINVAL);
    }
    c.k.fds.get(c.int(0))?;
    let path = c.door.read_path(c.args[1])?;
    let follow = if mask & DONT_FOLLOW == 0 { Follow::Yes } else { Follow::No };
    let located = c.k.fs.locate(&c.k.fds, CWD, &path, follow)?;
    let watch = host::inotify_add(c.k.fds.host(c.int(0))?, &located.path, mask)?;
    Ok(u64::try_from(watch).unwrap_or(0))
}

fn remove_watch(c: &mut Call<'_>) -> SysResult {
    host::inotify_remove(c.k.fds.host(c.int(0))?, c.int(1))?;
    Ok(0)
}
