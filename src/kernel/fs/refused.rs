//! Calls on file systems that no guest may make, answered as Linux answers a process without the privilege; and those
//! that the file systems of a guest do not support.

use crate::host::Errno;
use crate::kernel::path::{Follow, Located};
use crate::kernel::{Call, Handler, SysResult};
use traces::event::SvcFlags;

pub(super) const CALLS: &[(u32, Handler)] = &[
    (39, |c| without_privilege(c, &[0])),    // umount2
    (40, |c| without_privilege(c, &[1])),    // mount
    (41, |c| without_privilege(c, &[0, 1])), // pivot_root
    (51, |c| without_privilege(c, &[0])),    // chroot
    (58, |c| without_privilege(c, &[])),     // vhangup
    (60, |c| without_privilege(c, &[])),     // quotactl
    (89, |c| without_privilege(c, &[])),     // acct
    (224, |c| without_privilege(c, &[])),    // swapon
    (225, |c| without_privilege(c, &[])),    // swapoff
    (262, |c| without_privilege(c, &[])),    // fanotify_init
    (263, fanotify_mark),
    (264, name_to_handle_at),
    (265, |c| without_privilege(c, &[])), // open_by_handle_at
    (428, |c| without_privilege(c, &[])), // open_tree
    (429, |c| without_privilege(c, &[])), // move_mount
    (430, |c| without_privilege(c, &[])), // fsopen
    (431, |c| without_privilege(c, &[])), // fsconfig
    (432, |c| without_privilege(c, &[])), // fsmount
    (433, |c| without_privilege(c, &[])), // fspick
    (442, |c| without_privilege(c, &[])), // mount_setattr
    (443, |c| without_privilege(c, &[])), // quotactl_fd
];

/// EPERM, behind the errors of the arguments that are paths.
fn without_privilege(c: &mut Call<'_>, paths: &[usize]) -> SysResult {
    for &n in paths {
        c.door.read_path(c.args[n])?;
    }
    c.flags.0 |= SvcFlags::REFUSED;
    Err(Errno::EPERM)
}

/// No descriptor is one of fanotify.
fn fanotify_mark(c: &mut Call<'_>) -> SysResult {
    c.k.fds.get(c.int(0))?;
    Err(Errno::EINVAL)
}

fn name_to_handle_at(c: &mut Call<'_>) -> SysResult {
    const KNOWN: u32 = 0x400 | 0x1000 | 0x200;
    const FOLLOW: u32 = 0x400;
    let flags = c.uint(4);
    if flags & !KNOWN != 0 {
        return Err(Errno::EINVAL);
    }
    let path = c.door.read_path(c.args[1])?;
    if path.is_empty() && flags & super::EMPTY_PATH != 0 {
        c.k.fds.get(c.int(0))?;
    } else {
        let follow = if flags & FOLLOW == 0 { Follow::No } else { Follow::Yes };
        let located: Located = c.k.fs.locate(&c.k.fds, c.int(0), &path, follow)?;
        crate::host::statx(located.dir(), &located.path, 0x100, 0)?;
    }
    c.door.read_u64(c.args[2])?;
    c.flags.0 |= SvcFlags::REFUSED;
    Err(Errno::EOPNOTSUPP)
}
