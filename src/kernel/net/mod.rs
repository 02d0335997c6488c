//! Sockets: AF_UNIX, AF_INET, AF_INET6 and the part of AF_NETLINK that tells of interfaces, each a socket of the host.
//!
//! No call waits in the host: it is tried with MSG_DONTWAIT or after a look at the socket, and parks where Linux would
//! sleep. What names something of the guest is translated both ways: paths of sockets (`address`), descriptors and
//! process ids in control messages (`control`), credentials of peers (`option`).

mod address;
mod connect;
mod control;
mod ioctl;
mod mmsg;
mod msg;
mod option;

pub(super) use ioctl::ioctl;

use super::fd::OpenFile;
use super::park::Wait;
use super::{Call, Handler, Kernel, SysResult};
use crate::host::{self, Errno};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use traces::event::SvcFlags;

/// The tables of the family.
pub(super) const CALLS: [&[(u32, Handler)]; 5] =
    [&[(198, socket), (199, socketpair)], connect::CALLS, msg::CALLS, mmsg::CALLS, option::CALLS];

// Address families and socket types (include/linux/socket.h, include/linux/net.h).
const AF_UNIX: i32 = 1;
const AF_INET: i32 = 2;
const AF_INET6: i32 = 10;
const AF_NETLINK: i32 = 16;
const STREAM: i32 = 1;
const RAW: i32 = 3;
/// SOCK_NONBLOCK and O_NONBLOCK.
const NONBLOCK: u32 = 0x800;
/// SOCK_CLOEXEC.
const CLOEXEC: u32 = 0x8_0000;
/// The bits of a socket's type that are flags.
const TYPE_FLAGS: u32 = !0xF;

// Options of SOL_SOCKET (include/uapi/asm-generic/socket.h).
const SOL_SOCKET: i32 = 1;
const SO_TYPE: i32 = 3;
const SO_RCVTIMEO: i32 = 20;
const SO_SNDTIMEO: i32 = 21;
const SO_ACCEPTCONN: i32 = 30;
const SO_DOMAIN: i32 = 39;

const POLLIN: i16 = 1;
const POLLOUT: i16 = 4;

/// How often is looked again for room in the queue of a socket that the host does not tell about.
const RETRY_NS: u64 = 1_000_000;

/// What a process knows of the network beyond its sockets.
#[derive(Clone, Debug)]
pub(crate) struct Net {
    /// Whether sockets may lead out of the machine.
    enabled: bool,
    /// What the guest called the sockets that it bound, by the host's path where that is another one.
    names: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Net {
    /// A process that has no socket yet.
    pub(crate) fn new(enabled: bool) -> Net {
        Net { enabled, names: BTreeMap::new() }
    }
}

/// The guest's id of a process of the host, if it is one of the guest's.
pub(crate) fn guest_pid_of_host(k: &Kernel, host_pid: i32) -> Option<u32> {
    k.family.pid_of_host(host_pid)
}

/// Whether the guest may have a socket of that kind.
fn check_kind(c: &mut Call<'_>, domain: i32, kind: i32, protocol: i32) -> Result<(), Errno> {
    let refused = match domain {
        AF_UNIX => return Ok(()),
        AF_INET | AF_INET6 | AF_NETLINK if !c.k.net.enabled => Errno::EAFNOSUPPORT,
        AF_INET | AF_INET6 if kind == RAW && c.k.ids.uid.effective != 0 => return Err(Errno::EPERM),
        AF_INET | AF_INET6 => return Ok(()),
        AF_NETLINK if protocol == 0 => return Ok(()),
        AF_NETLINK => Errno::EPROTONOSUPPORT,
        _ => Errno::EAFNOSUPPORT,
    };
    c.flags.0 |= SvcFlags::REFUSED;
    Err(refused)
}

/// Domain, type with its flags, and protocol, if they may be.
fn wanted_kind(c: &mut Call<'_>) -> Result<(i32, u32, i32), Errno> {
    let (domain, kind, protocol) = (c.int(0), c.uint(1), c.int(2));
    if kind & TYPE_FLAGS & !(NONBLOCK | CLOEXEC) != 0 {
        return Err(Errno::EINVAL);
    }
    check_kind(c, domain, (kind & !TYPE_FLAGS).cast_signed(), protocol)?;
    Ok((domain, kind, protocol))
}

/// A host socket as a file of the guest.
fn file_of(socket: OwnedFd, cloexec: bool) -> OpenFile {
    let inode = host::fstat(socket.as_fd()).map_or(0, |stat| stat.stx_ino);
    OpenFile::new(socket, cloexec, format!("socket:[{inode}]").into_bytes())
}

fn socket(c: &mut Call<'_>) -> SysResult {
    let (domain, kind, protocol) = wanted_kind(c)?;
    let socket = host::socket(domain, (kind & !CLOEXEC).cast_signed(), protocol)?;
    c.k.fds.insert(file_of(socket, kind & CLOEXEC != 0), 0)
}

fn socketpair(c: &mut Call<'_>) -> SysResult {
    let (domain, kind, protocol) = wanted_kind(c)?;
    let at = c.args[3];
    c.door.require_writable(at, 8)?;
    let mut bytes = Vec::new();
    for socket in host::socket_pair(domain, (kind & !CLOEXEC).cast_signed(), protocol)? {
        match c.k.fds.insert(file_of(socket, kind & CLOEXEC != 0), 0) {
            Ok(fd) => bytes.extend(u32::try_from(fd).expect("below the limit").to_le_bytes()),
            Err(errno) => {
                if let Ok(first) = <[u8; 4]>::try_from(bytes.as_slice()) {
                    c.k.fds.close(i32::from_le_bytes(first))?;
                }
                return Err(errno);
            }
        }
    }
    c.door.write(at, &bytes)?;
    Ok(0)
}

/// An integer option of SOL_SOCKET. A file that is no socket says so.
fn number_option(socket: BorrowedFd<'_>, name: i32) -> Result<i32, Errno> {
    let value = host::socket_option(socket, SOL_SOCKET, name, 4)?;
    Ok(<[u8; 4]>::try_from(value.as_slice()).map_or(0, i32::from_ne_bytes))
}

/// Whether writing to a file whose other end is gone raises SIGPIPE: a pipe, or a socket that is a stream.
pub(super) fn raises_sigpipe(file: BorrowedFd<'_>) -> bool {
    number_option(file, SO_TYPE).is_ok_and(|kind| kind == STREAM) || host::socket_name(file, false).is_err()
}

/// Whether a call on a socket may wait, going by its flags and MSG_DONTWAIT among those of the call.
fn may_wait(socket: BorrowedFd<'_>, flags: i32) -> Result<bool, Errno> {
    const DONTWAIT: i32 = 0x40;
    Ok(flags & DONTWAIT == 0 && host::open_flags(socket)? & NONBLOCK == 0)
}

/// How long calls on a file wait for one of `events`, in nanoseconds; none if for ever or no socket.
fn patience(file: BorrowedFd<'_>, events: i16) -> Option<u64> {
    let name = if events & POLLIN != 0 { SO_RCVTIMEO } else { SO_SNDTIMEO };
    let value = host::socket_option(file, SOL_SOCKET, name, 16).ok()?;
    let (words, _) = value.as_chunks::<8>();
    let [seconds, micros] = [words.first()?, words.get(1)?].map(|word| u64::from_le_bytes(*word));
    let length = seconds.saturating_mul(1_000_000_000).saturating_add(micros.saturating_mul(1000));
    (length > 0).then_some(length)
}

/// Gives way until a file that was not ready answers one of `events`, at most as long as SO_RCVTIMEO or SO_SNDTIMEO
/// allows; a call with such a limit does not start again after a signal (sock_intr_errno in include/net/sock.h).
pub(super) fn wait_for(c: &mut Call<'_>, file: &Arc<OwnedFd>, events: i16) -> Errno {
    wait_with(c, file, events, Wait::on(file, events))
}

/// The same with another way to wait.
fn wait_with(c: &mut Call<'_>, file: &Arc<OwnedFd>, events: i16, wait: Wait) -> Errno {
    if c.resume.deadline.is_none()
        && let Some(length) = patience(file.as_fd(), events)
    {
        c.deadline_after(length);
    }
    if c.is_over() {
        return Errno::EAGAIN;
    }
    let wait = wait.or_until(c.resume.deadline);
    c.park(if c.resume.deadline.is_none() { wait.restarting() } else { wait })
}

/// The host's descriptor behind a guest's, kept open during a call.
fn hold(c: &Call<'_>, fd: i32) -> Result<Arc<OwnedFd>, Errno> {
    Ok(Arc::clone(&c.k.fds.get(fd)?.host))
}
