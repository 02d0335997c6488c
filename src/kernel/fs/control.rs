//! Descriptor control: duplicates, flags, locks, terminals.

use crate::host::{self, Errno};
use crate::kernel::park::Wait;
use crate::kernel::{Call, Handler, SysResult, net};
use traces::event::SvcFlags;

pub(super) const CALLS: &[(u32, Handler)] = &[(23, dup), (24, dup3), (25, fcntl), (29, ioctl), (32, flock)];

const CLOEXEC: u32 = 0x8_0000;

fn dup(c: &mut Call<'_>) -> SysResult {
    let file = c.k.fds.duplicate(c.int(0), false)?;
    c.k.fds.insert(file, 0)
}

fn dup3(c: &mut Call<'_>) -> SysResult {
    let (from, to, flags) = (c.int(0), c.int(1), c.uint(2));
    if from == to || flags & !CLOEXEC != 0 {
        return Err(Errno::EINVAL);
    }
    let file = c.k.fds.duplicate(from, flags & CLOEXEC != 0)?;
    c.k.fds.replace(to, file)
}

fn fcntl(c: &mut Call<'_>) -> SysResult {
    const DUPFD_CLOEXEC: i32 = 1030;
    let (fd, command) = (c.int(0), c.int(1));
    match command {
        0 | DUPFD_CLOEXEC => {
            let file = c.k.fds.duplicate(fd, command == DUPFD_CLOEXEC)?;
            let from = usize::try_from(c.int(2)).map_err(|_| Errno::EINVAL)?;
            c.k.fds.insert(file, from)
        }
        1 => Ok(c.k.fds.get(fd)?.cloexec.into()),
        2 => {
            let cloexec = c.uint(2) & 1 != 0;
            c.k.fds.get_mut(fd)?.cloexec = cloexec;
            Ok(0)
        }
        3 => Ok(host::open_flags(c.k.fds.host(fd)?)?.into()),
        4 => {
            host::set_open_flags(c.k.fds.host(fd)?, c.uint(2))?;
            Ok(0)
        }
        // Record locks, of the process and of the open file description.
        5..=7 | 36..=38 => record_lock(c, fd, command),
        // Owner and signal of asynchronous I/O, leases, pipe size, seals: numbers only.
        1031..=1034 => {
            let value = host::fcntl(c.k.fds.host(fd)?, command, c.long(2))?;
            Ok(value.cast_unsigned())
        }
        _ => Err(Errno::EINVAL),
    }
}

/// How often a lock that somebody holds is tried again: the host cannot tell when it is free.
const LOCK_RETRY_NS: u64 = 2_000_000;

fn record_lock(c: &mut Call<'_>, fd: i32, command: i32) -> SysResult {
    const SETLKW: i32 = 7;
    const OFD_SETLKW: i32 = 38;
    let at = c.args[2];
    let mut lock: [u8; 32] = c.door.read_array(at)?;
    let waits = matches!(command, SETLKW | OFD_SETLKW);
    // The command before it in number is the one that does not wait.
    let now = if waits { command - 1 } else { command };
    match c.uninterrupted(|c| host::record_lock(c.k.fds.host(fd)?, now, &mut lock)) {
        Err(Errno::EAGAIN | Errno::EACCES) if waits => {
            Err(c.park(Wait::look_again(LOCK_RETRY_NS).restarting()))
        }
        Err(errno) => Err(errno),
        Ok(_) => {
            if matches!(command, 5 | 36) {
                c.door.write(at, &lock)?;
            }
            Ok(0)
        }
    }
}

fn flock(c: &mut Call<'_>) -> SysResult {
    const NONBLOCK: i32 = 4;
    let operation = c.int(1);
    match c.uninterrupted(|c| host::lock(c.k.fds.host(c.int(0))?, operation | NONBLOCK)) {
        Err(Errno::EAGAIN) if operation & NONBLOCK == 0 => {
            Err(c.park(Wait::look_again(LOCK_RETRY_NS).restarting()))
        }
        outcome => outcome.map(|_| 0),
    }
}

/// The request that only terminals answer.
const TCGETS: u32 = 0x5401;

/// What an ioctl does with its argument.
enum Shape {
    /// Bytes that go in and bytes that come out, the same layout on all Linux architectures.
    Buffer(usize, usize),
    /// A number.
    Value,
}

/// The requests that pass through (include/uapi/asm-generic/ioctls.h).
const IOCTLS: &[(u32, Shape)] = &[
    (0x5401, Shape::Buffer(0, 36)),      // TCGETS
    (0x5402, Shape::Buffer(36, 0)),      // TCSETS
    (0x5403, Shape::Buffer(36, 0)),      // TCSETSW
    (0x5404, Shape::Buffer(36, 0)),      // TCSETSF
    (0x5409, Shape::Value),              // TCSBRK
    (0x540A, Shape::Value),              // TCXONC
    (0x540B, Shape::Value),              // TCFLSH
    (0x5411, Shape::Buffer(0, 4)),       // TIOCOUTQ
    (0x5413, Shape::Buffer(0, 8)),       // TIOCGWINSZ
    (0x5414, Shape::Buffer(8, 0)),       // TIOCSWINSZ
    (0x541B, Shape::Buffer(0, 4)),       // FIONREAD
    (0x5421, Shape::Buffer(4, 0)),       // FIONBIO
    (0x802C_542A, Shape::Buffer(0, 44)), // TCGETS2
    (0x402C_542B, Shape::Buffer(44, 0)), // TCSETS2
    (0x402C_542C, Shape::Buffer(44, 0)), // TCSETSW2
    (0x402C_542D, Shape::Buffer(44, 0)), // TCSETSF2
    (0x8008_6601, Shape::Buffer(0, 4)),  // FS_IOC_GETFLAGS, whose number says 8
    (0x1268, Shape::Buffer(0, 4)),       // BLKSSZGET
    (0x8008_1272, Shape::Buffer(0, 8)),  // BLKGETSIZE64
    (0x8004_5430, Shape::Buffer(0, 4)),  // TIOCGPTN
    (0x4004_5431, Shape::Buffer(4, 0)),  // TIOCSPTLCK
];

fn ioctl(c: &mut Call<'_>) -> SysResult {
    let (fd, request, at) = (c.int(0), c.uint(1), c.args[2]);
    c.k.fds.get(fd)?;
    if let Some(answer) = net::ioctl(c, request) {
        return answer;
    }
    let file = c.k.fds.host(fd)?;
    match request {
        0x5450 | 0x5451 => {
            c.k.fds.get_mut(fd)?.cloexec = request == 0x5451;
            return Ok(0);
        }
        // Process groups are ours, and so is which of them has the terminal.
        0x540F | 0x5429 => {
            host::ioctl(file, TCGETS, &mut [0; 256])?;
            let group = if request == 0x540F { c.k.family.terminal_group() } else { c.k.family.me().session };
            c.door.write(at, &group.to_le_bytes())?;
            return Ok(0);
        }
        0x5410 => {
            host::ioctl(file, TCGETS, &mut [0; 256])?;
            let (group, session) = (c.door.read_u32(at)?, c.k.family.me().session);
            if !c.k.family.all().any(|p| p.group == group && p.session == session) {
                return Err(Errno::EPERM);
            }
            c.k.family.set_terminal_group(group);
            return Ok(0);
        }
        _ => {}
    }
    let Some((_, shape)) = IOCTLS.iter().find(|(known, _)| *known == request) else {
        c.flags.0 |= SvcFlags::REFUSED;
        return Err(Errno::ENOTTY);
    };
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
