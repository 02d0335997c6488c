//! Descriptors that stand for processes: pidfd_open and what is done with them.

use super::family::Letter;
use super::fd::OpenFile;
use super::{Call, Handler, SysResult, procfs, signal};
use crate::host::{self, Errno};
use traces::event::SvcFlags;

pub(super) const CALLS: &[(u32, Handler)] =
    &[(424, pidfd_send_signal), (434, pidfd_open), (438, pidfd_getfd)];

const NONBLOCK: u32 = 0x800;

/// The process that a pidfd stands for.
pub(super) fn pid_of(c: &Call<'_>, fd: i32) -> Result<u32, Errno> {
    let pid = c.k.fds.get(fd)?.process;
    if pid == 0 { Err(Errno::EBADF) } else { Ok(pid) }
}

/// The process that a pidfd, or the open directory of a process in `/proc`, stands for (tgid_pidfd_to_pid of
/// fs/proc/base.c).
fn signalled(c: &Call<'_>, fd: i32) -> Result<u32, Errno> {
    let file = c.k.fds.get(fd)?;
    let number = file.path.strip_prefix(b"/proc/").and_then(procfs::number);
    match number.filter(|_| procfs::is_directory(c.k, &file.path)) {
        Some(pid) => Ok(pid),
        None => pid_of(c, fd),
    }
}

/// A pidfd for a process: the host's for its host process, which is readable when that has ended.
pub(super) fn open(c: &mut Call<'_>, pid: u32, flags: u32) -> SysResult {
    let process = c.k.family.find(pid).ok_or(Errno::ESRCH)?;
    let host = host::pidfd(process.host, flags)?;
    let mut file = OpenFile::new(host, true, b"anon_inode:[pidfd]".to_vec());
    file.process = pid;
    c.k.fds.insert(file, 0)
}

fn pidfd_open(c: &mut Call<'_>) -> SysResult {
    let (pid, flags) = (c.int(0), c.uint(1));
    if flags & !NONBLOCK != 0 || pid <= 0 {
        return Err(Errno::EINVAL);
    }
    open(c, pid.cast_unsigned(), flags)
}

fn pidfd_send_signal(c: &mut Call<'_>) -> SysResult {
    if c.uint(3) != 0 {
        return Err(Errno::EINVAL);
    }
    let pid = signalled(c, c.int(0))?;
    let process = c.k.family.find(pid).ok_or(Errno::ESRCH)?;
    if c.int(1) == 0 {
        return Ok(0);
    }
    let signo = signal::valid(c.int(1))?;
    let info = match c.args[2] {
        0 => signal::from_user(c, signo, signal::SI_USER),
        at => {
            let mut info: [u8; 128] = c.door.read_array(at)?;
            info[..4].copy_from_slice(&signo.to_le_bytes());
            info
        }
    };
    if pid == c.k.pid {
        c.k.signal_process(signo, info)?;
    } else {
        c.k.family.post(&process, &Letter { signo, tid: 0, info });
    }
    Ok(0)
}

/// Taking descriptors out of other processes needs the rights of a debugger.
fn pidfd_getfd(c: &mut Call<'_>) -> SysResult {
    pid_of(c, c.int(0))?;
    c.flags.0 |= SvcFlags::REFUSED;
    Err(Errno::EPERM)
}
