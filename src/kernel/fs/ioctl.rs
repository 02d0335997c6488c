//! ioctl: terminals, block devices, flags of files.

use crate::host::{self, Errno};
use crate::kernel::fd::OpenFile;
use crate::kernel::{Call, Handler, SysResult, net};
use std::os::fd::AsFd;
use std::sync::Arc;
use traces::event::SvcFlags;

pub(super) const CALLS: &[(u32, Handler)] = &[(29, ioctl)];

/// What an ioctl does with its argument.
enum Shape {
    /// Bytes that go in and bytes that come out, the same layout on all Linux architectures.
    Buffer(usize, usize),
    /// A number, or nothing.
    Value,
}

/// The requests that pass through (include/uapi/asm-generic/ioctls.h, linux/fs.h, linux/random.h).
const IOCTLS: &[(u32, Shape)] = &[
    (0x2, Shape::Buffer(0, 4)),         // FIGETBSZ
    (0x125D, Shape::Buffer(4, 0)),      // BLKROSET
    (0x125E, Shape::Buffer(0, 4)),      // BLKROGET
    (0x1260, Shape::Buffer(0, 8)),      // BLKGETSIZE
    (0x1261, Shape::Value),             // BLKFLSBUF
    (0x1263, Shape::Buffer(0, 8)),      // BLKRAGET
    (0x1268, Shape::Buffer(0, 4)),      // BLKSSZGET
    (0x1278, Shape::Buffer(0, 4)),      // BLKIOMIN
    (0x1279, Shape::Buffer(0, 4)),      // BLKIOOPT
    (0x127A, Shape::Buffer(0, 4)),      // BLKALIGNOFF
    (0x127B, Shape::Buffer(0, 4)),      // BLKPBSZGET
    (0x127E, Shape::Buffer(0, 2)),      // BLKROTATIONAL
    (0x5401, Shape::Buffer(0, 36)),     // TCGETS
    (0x5402, Shape::Buffer(36, 0)),     // TCSETS
    (0x5403, Shape::Buffer(36, 0)),     // TCSETSW
    (0x5404, Shape::Buffer(36, 0)),     // TCSETSF
    (0x5405, Shape::Buffer(0, 18)),     // TCGETA
    (0x5406, Shape::Buffer(18, 0)),     // TCSETA
    (0x5407, Shape::Buffer(18, 0)),     // TCSETAW
    (0x5408, Shape::Buffer(18, 0)),     // TCSETAF
    (0x5409, Shape::Value),             // TCSBRK
    (0x540A, Shape::Value),             // TCXONC
    (0x540B, Shape::Value),             // TCFLSH
    (0x540C, Shape::Value),             // TIOCEXCL
    (0x540D, Shape::Value),             // TIOCNXCL
    (0x5411, Shape::Buffer(0, 4)),      // TIOCOUTQ
    (0x5412, Shape::Buffer(1, 0)),      // TIOCSTI
    (0x5413, Shape::Buffer(0, 8)),      // TIOCGWINSZ
    (0x5414, Shape::Buffer(8, 0)),      // TIOCSWINSZ
    (0x5415, Shape::Buffer(0, 4)),      // TIOCMGET
    (0x5416, Shape::Buffer(4, 0)),      // TIOCMBIS
    (0x5417, Shape::Buffer(4, 0)),      // TIOCMBIC
    (0x5418, Shape::Buffer(4, 0)),      // TIOCMSET
    (0x5419, Shape::Buffer(0, 4)),      // TIOCGSOFTCAR
    (0x541A, Shape::Buffer(4, 0)),      // TIOCSSOFTCAR
    (0x541B, Shape::Buffer(0, 4)),      // FIONREAD
    (0x5420, Shape::Buffer(4, 0)),      // TIOCPKT
    (0x5421, Shape::Buffer(4, 0)),      // FIONBIO
    (0x5423, Shape::Buffer(4, 0)),      // TIOCSETD
    (0x5424, Shape::Buffer(0, 4)),      // TIOCGETD
    (0x5425, Shape::Value),             // TCSBRKP
    (0x5427, Shape::Value),             // TIOCSBRK
    (0x5428, Shape::Value),             // TIOCCBRK
    (0x5452, Shape::Buffer(4, 0)),      // FIOASYNC
    (0x5460, Shape::Buffer(0, 8)),      // FIOQSIZE
    (0x4004_5431, Shape::Buffer(4, 0)), // TIOCSPTLCK
    (0x4004_5436, Shape::Value),        // TIOCSIG
    (SETFLAGS, Shape::Buffer(4, 0)),    // whose number says 8
    (SETVERSION, Shape::Buffer(4, 0)),  // likewise
    (FSSETXATTR, Shape::Buffer(28, 0)),
    (0x402C_542B, Shape::Buffer(44, 0)), // TCSETS2
    (0x402C_542C, Shape::Buffer(44, 0)), // TCSETSW2
    (0x402C_542D, Shape::Buffer(44, 0)), // TCSETSF2
    (0x8004_5200, Shape::Buffer(0, 4)),  // RNDGETENTCNT
    (0x8004_5430, Shape::Buffer(0, 4)),  // TIOCGPTN
    (0x8004_5432, Shape::Buffer(0, 4)),  // TIOCGDEV
    (0x8004_5438, Shape::Buffer(0, 4)),  // TIOCGPKT
    (0x8004_5439, Shape::Buffer(0, 4)),  // TIOCGPTLCK
    (0x8004_5440, Shape::Buffer(0, 4)),  // TIOCGEXCL
    (0x8008_1272, Shape::Buffer(0, 8)),  // BLKGETSIZE64
    (0x8008_6601, Shape::Buffer(0, 4)),  // FS_IOC_GETFLAGS, whose number says 8
    (0x8008_7601, Shape::Buffer(0, 4)),  // FS_IOC_GETVERSION, likewise
    (0x801C_581F, Shape::Buffer(0, 28)), // FS_IOC_FSGETXATTR
    (0x802C_542A, Shape::Buffer(0, 44)), // TCGETS2
];

/// FS_IOC_SETFLAGS, FS_IOC_SETVERSION and FS_IOC_FSSETXATTR change what is about a file, however it is open.
const SETFLAGS: u32 = 0x4008_6602;
const SETVERSION: u32 = 0x4008_7602;
const FSSETXATTR: u32 = 0x401C_5820;

// Requests that deal with groups and sessions of processes, which are ours.
const TIOCSCTTY: u32 = 0x540E;
const TIOCGPGRP: u32 = 0x540F;
const TIOCSPGRP: u32 = 0x5410;
const TIOCNOTTY: u32 = 0x5422;
const TIOCGSID: u32 = 0x5429;

fn ioctl(c: &mut Call<'_>) -> SysResult {
    const FIOASYNC: u32 = 0x5452;
    const SIGIO: u32 = 29;
    let (fd, request, at) = (c.int(0), c.uint(1), c.args[2]);
    c.k.fds.get(fd)?;
    if let Some(answer) = net::ioctl(c, request) {
        return answer;
    }
    match request {
        0x5450 | 0x5451 => {
            c.k.fds.get_mut(fd)?.cloexec = request == 0x5451;
            return Ok(0);
        }
        TIOCGPGRP | TIOCSPGRP | TIOCGSID => return terminal_group(c, fd, request),
        TIOCSCTTY | TIOCNOTTY => return own_terminal(c, fd, request),
        0x5441 => return terminal_peer(c, fd),
        0x4004_9409 | 0x4020_940D => return clone_range(c, fd, request),
        FIOASYNC => host::forward_signal(SIGIO),
        _ => {}
    }
    let Some((_, shape)) = IOCTLS.iter().find(|(known, _)| *known == request) else {
        c.flags.0 |= SvcFlags::REFUSED;
        return Err(Errno::ENOTTY);
    };
    let file = match request {
        SETFLAGS | SETVERSION | FSSETXATTR => c.k.fs.own_file(&c.k.fds, fd)?,
        _ => Arc::clone(&c.k.fds.get(fd)?.host),
    };
    let file = file.as_fd();
    let answer = match *shape {
        Shape::Value => host::ioctl_value(file, request, c.args[2])?,
        Shape::Buffer(given, returned) => {
            let mut buffer = [0; 256];
            c.door.read(at, &mut buffer[..given])?;
            let answer = host::ioctl(file, request, &mut buffer)?;
            c.door.write(at, &buffer[..returned])?;
            answer
        }
    };
    Ok(answer.cast_unsigned())
}

/// TIOCGPGRP, TIOCSPGRP and TIOCGSID: process groups are ours, and so is which of them is in the foreground. The host
/// knows which of its sessions has the terminal.
fn terminal_group(c: &mut Call<'_>, fd: i32, request: u32) -> SysResult {
    let at = c.args[2];
    let mut leader = [0; 256];
    host::ioctl(c.k.fds.host(fd)?, TIOCGSID, &mut leader)?;
    let leader = i32::from_le_bytes([leader[0], leader[1], leader[2], leader[3]]);
    // A session that began before the run is that of the first process.
    let session = c.k.family.pid_of_host(leader).unwrap_or(FIRST_SESSION);
    match request {
        TIOCGPGRP => {
            let group = c.k.family.foreground(session).unwrap_or(0);
            c.door.write(at, &group.to_le_bytes())?;
        }
        TIOCGSID => c.door.write(at, &session.to_le_bytes())?,
        _ => {
            if session != c.k.family.me().session {
                return Err(Errno::ENOTTY);
            }
            let group = c.door.read_u32(at)?;
            if group.cast_signed() < 0 {
                return Err(Errno::EINVAL);
            }
            let mut members = c.k.family.all().filter(|p| p.group == group).peekable();
            members.peek().ok_or(Errno::ESRCH)?;
            if !members.any(|p| p.session == session) {
                return Err(Errno::EPERM);
            }
            c.k.family.set_foreground(session, group);
        }
    }
    Ok(0)
}

/// The session in which a run begins.
const FIRST_SESSION: u32 = 1;

/// The leader of a session without a terminal may have got one by opening it.
pub(super) fn notice_terminal(c: &mut Call<'_>, file: &OpenFile) {
    if !file.waits {
        return;
    }
    let me = c.k.family.me();
    if me.session != me.pid || c.k.family.foreground(me.session).is_some() {
        return;
    }
    let mut leader = [0; 256];
    let owned = host::ioctl(file.host.as_fd(), TIOCGSID, &mut leader).is_ok();
    if owned && leader[..4] == host::process_id().to_le_bytes() {
        c.k.family.set_foreground(me.session, me.group);
    }
}

/// TIOCSCTTY and TIOCNOTTY: a session gets a terminal, or a process gives it up. The host does that; a session of the
/// guest's other than the first is one of the host's as well.
fn own_terminal(c: &mut Call<'_>, fd: i32, request: u32) -> SysResult {
    host::ioctl_value(c.k.fds.host(fd)?, request, c.args[2])?;
    let me = c.k.family.me();
    if me.session == me.pid {
        let group = if request == TIOCSCTTY { me.group } else { 0 };
        // Who had the terminal already keeps what is in the foreground.
        if request == TIOCNOTTY || c.k.family.foreground(me.session).is_none() {
            c.k.family.set_foreground(me.session, group);
        }
    }
    Ok(0)
}

/// TIOCGPTPEER: the other end of a pseudoterminal, as a descriptor.
fn terminal_peer(c: &mut Call<'_>, fd: i32) -> SysResult {
    const CLOEXEC: u32 = 0x8_0000;
    c.k.fds.free(0)?;
    let peer = host::terminal_peer(c.k.fds.host(fd)?, c.uint(2))?;
    let path = host::path_of(peer.as_fd()).unwrap_or_default();
    c.k.fds.insert(OpenFile::new(peer, c.uint(2) & CLOEXEC != 0, path), 0)
}

/// FICLONE and FICLONERANGE, which name a descriptor.
fn clone_range(c: &mut Call<'_>, fd: i32, request: u32) -> SysResult {
    const FICLONE: u32 = 0x4004_9409;
    let to = c.k.fds.host(fd)?;
    if request == FICLONE {
        return host::ioctl_file(to, request, c.k.fds.host(c.int(2))?, None).map(i64::cast_unsigned);
    }
    let mut range: [u8; 32] = c.door.read_array(c.args[2])?;
    let from = i64::from_le_bytes(range[..8].try_into().expect("8 bytes"));
    let from = c.k.fds.host(i32::try_from(from).map_err(|_| Errno::EBADF)?)?;
    host::ioctl_file(to, request, from, Some(&mut range)).map(i64::cast_unsigned)
}
