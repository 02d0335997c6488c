//! Sockets of the host, for the guest's socket family. Addresses, messages and options are bytes, whose layouts are
//! the same on all 64-bit Linux architectures; every descriptor is close-on-exec for the host.

use super::files::owned;
use super::{checked, count};
use crate::host::Errno;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Longest address that the host knows (struct sockaddr_storage).
pub const ADDRESS_MAX: usize = 128;

fn length(bytes: &[u8]) -> Result<libc::socklen_t, Errno> {
    libc::socklen_t::try_from(bytes.len()).map_err(|_| Errno::EINVAL)
}

/// socket(2); the type with its flags.
///
/// # Errors
/// The host's errno.
pub fn socket(domain: i32, kind: i32, protocol: i32) -> Result<OwnedFd, Errno> {
    // SAFETY: no pointers.
    owned(i64::from(unsafe { libc::socket(domain, kind | libc::SOCK_CLOEXEC, protocol) }))
}

/// socketpair(2); the type with its flags.
///
/// # Errors
/// The host's errno.
pub fn socket_pair(domain: i32, kind: i32, protocol: i32) -> Result<[OwnedFd; 2], Errno> {
    let mut fds = [0; 2];
    // SAFETY: `fds` is writable for two descriptors.
    let result = unsafe { libc::socketpair(domain, kind | libc::SOCK_CLOEXEC, protocol, fds.as_mut_ptr()) };
    checked(i64::from(result))?;
    // SAFETY: the host just made both descriptors for us.
    Ok(fds.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }))
}

/// bind(2).
///
/// # Errors
/// The host's errno.
pub fn bind(socket: BorrowedFd<'_>, address: &[u8]) -> Result<(), Errno> {
    let len = length(address)?;
    // SAFETY: `address` is readable for `len` bytes.
    checked(i64::from(unsafe { libc::bind(socket.as_raw_fd(), address.as_ptr().cast(), len) })).map(drop)
}

/// connect(2). It waits if the socket does.
///
/// # Errors
/// The host's errno.
pub fn connect(socket: BorrowedFd<'_>, address: &[u8]) -> Result<(), Errno> {
    let len = length(address)?;
    // SAFETY: `address` is readable for `len` bytes.
    checked(i64::from(unsafe { libc::connect(socket.as_raw_fd(), address.as_ptr().cast(), len) })).map(drop)
}

/// listen(2).
///
/// # Errors
/// The host's errno.
pub fn listen(socket: BorrowedFd<'_>, backlog: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    checked(i64::from(unsafe { libc::listen(socket.as_raw_fd(), backlog) })).map(drop)
}

/// shutdown(2).
///
/// # Errors
/// The host's errno.
pub fn shutdown(socket: BorrowedFd<'_>, how: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    checked(i64::from(unsafe { libc::shutdown(socket.as_raw_fd(), how) })).map(drop)
}

/// A call that fills in an address: its outcome, and the address.
fn with_address(
    call: impl FnOnce(*mut libc::sockaddr, *mut libc::socklen_t) -> i64,
) -> Result<(i64, Vec<u8>), Errno> {
    let mut address = vec![0; ADDRESS_MAX];
    let mut len = length(&address)?;
    let result = checked(call(address.as_mut_ptr().cast(), &raw mut len))?;
    address.truncate(usize::try_from(len).unwrap_or(0));
    Ok((result, address))
}

/// accept4(2), with the address of the peer. It waits if the socket does and nobody has come.
///
/// # Errors
/// The host's errno.
pub fn accept(socket: BorrowedFd<'_>, flags: i32) -> Result<(OwnedFd, Vec<u8>), Errno> {
    let (fd, address) = with_address(|at, len| {
        // SAFETY: `at` is writable for `len` bytes.
        i64::from(unsafe { libc::accept4(socket.as_raw_fd(), at, len, flags | libc::SOCK_CLOEXEC) })
    })?;
    Ok((owned(fd)?, address))
}

/// getsockname(2), or getpeername(2) if `peer`.
///
/// # Errors
/// The host's errno.
pub fn socket_name(socket: BorrowedFd<'_>, peer: bool) -> Result<Vec<u8>, Errno> {
    let call = if peer { libc::getpeername } else { libc::getsockname };
    // SAFETY: the pointers are to a buffer and its length.
    Ok(with_address(|at, len| i64::from(unsafe { call(socket.as_raw_fd(), at, len) }))?.1)
}

/// getsockopt(2) with room for `room` bytes.
///
/// # Errors
/// The host's errno.
pub fn socket_option(socket: BorrowedFd<'_>, level: i32, name: i32, room: usize) -> Result<Vec<u8>, Errno> {
    let mut value = vec![0u8; room];
    let mut len = length(&value)?;
    let at = value.as_mut_ptr().cast();
    // SAFETY: `at` is writable for `len` bytes; the kernel passes no option whose value holds pointers.
    let result = unsafe { libc::getsockopt(socket.as_raw_fd(), level, name, at, &raw mut len) };
    checked(i64::from(result))?;
    value.truncate(usize::try_from(len).unwrap_or(0));
    Ok(value)
}

/// setsockopt(2).
///
/// # Errors
/// The host's errno.
pub fn set_socket_option(socket: BorrowedFd<'_>, level: i32, name: i32, value: &[u8]) -> Result<(), Errno> {
    let (at, len) = (value.as_ptr().cast(), length(value)?);
    // SAFETY: `at` is readable for `len` bytes; the kernel passes no option whose value holds pointers.
    checked(i64::from(unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, at, len) })).map(drop)
}

/// A zeroed message header.
fn header() -> libc::msghdr {
    // SAFETY: a struct of integers and pointers, for which zeros are valid.
    unsafe { std::mem::zeroed() }
}

/// sendmsg(2) that neither waits nor raises SIGPIPE. An address without bytes is none.
///
/// # Errors
/// The host's errno.
pub fn send(
    socket: BorrowedFd<'_>,
    address: Option<&[u8]>,
    data: &[u8],
    control: &[u8],
    flags: i32,
) -> Result<usize, Errno> {
    let mut part = libc::iovec { iov_base: data.as_ptr().cast_mut().cast(), iov_len: data.len() };
    let mut message = header();
    if let Some(address) = address {
        message.msg_name = address.as_ptr().cast_mut().cast();
        message.msg_namelen = length(address)?;
    }
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    if !control.is_empty() {
        message.msg_control = control.as_ptr().cast_mut().cast();
        message.msg_controllen = control.len() as _;
    }
    let flags = flags | libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the header names live buffers of the stated lengths, which are only read.
    count(unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, flags) })
}

/// What came with a message besides its bytes.
#[derive(Debug, Default)]
pub struct Received {
    /// How many bytes the message has; more than there was room for with MSG_TRUNC.
    pub len: usize,
    /// Where it came from, if that is known.
    pub address: Vec<u8>,
    /// Control messages. Descriptors in them are open, and whoever takes the bytes takes them over.
    pub control: Vec<u8>,
    /// MSG_TRUNC, MSG_CTRUNC and the like.
    pub flags: i32,
}

/// recvmsg(2) that does not wait, with room for so much control data.
///
/// # Errors
/// The host's errno.
pub fn receive(
    socket: BorrowedFd<'_>,
    data: &mut [u8],
    control_room: usize,
    flags: i32,
) -> Result<Received, Errno> {
    let mut part = libc::iovec { iov_base: data.as_mut_ptr().cast(), iov_len: data.len() };
    let mut address = vec![0u8; ADDRESS_MAX];
    let mut control = vec![0u8; control_room];
    let mut message = header();
    message.msg_name = address.as_mut_ptr().cast();
    message.msg_namelen = length(&address)?;
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    if control_room > 0 {
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = control.len() as _;
    }
    let flags = flags | libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: the header names live buffers of the stated lengths, which are writable.
    let len = count(unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags) })?;
    address.truncate(usize::try_from(message.msg_namelen).unwrap_or(0));
    control.truncate(message.msg_controllen as _);
    Ok(Received { len, address, control, flags: message.msg_flags })
}

/// Takes over a descriptor that came in a control message; none if it is not one.
#[must_use]
pub fn adopt(fd: RawFd) -> Option<OwnedFd> {
    // SAFETY: no pointers.
    let open = unsafe { libc::fcntl(fd, libc::F_GETFD) } != -1;
    // SAFETY: it is open, and it was made for the receiver of the message, which nobody else is.
    open.then(|| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The host's number of a descriptor, for a control message.
#[must_use]
pub fn number(fd: BorrowedFd<'_>) -> RawFd {
    fd.as_raw_fd()
}

/// The host's id of this process, user and group.
#[must_use]
pub fn credentials() -> (i32, u32, u32) {
    // SAFETY: no pointers.
    let pid = unsafe { libc::getpid() };
    // SAFETY: as above.
    let uid = unsafe { libc::geteuid() };
    // SAFETY: as above.
    (pid, uid, unsafe { libc::getegid() })
}

/// The names of interfaces that have an IPv4 address: SIOCGIFCONF, whose answer is an array of struct ifreq.
///
/// # Errors
/// The host's errno.
pub fn interfaces(socket: BorrowedFd<'_>, room: usize) -> Result<Vec<u8>, Errno> {
    let mut requests = vec![0u8; room];
    let mut config = libc::ifconf {
        ifc_len: i32::try_from(room).map_err(|_| Errno::EINVAL)?,
        ifc_ifcu: libc::__c_anonymous_ifc_ifcu { ifcu_buf: requests.as_mut_ptr().cast() },
    };
    // SAFETY: `config` names a buffer of the stated length.
    let result =
        unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFCONF as libc::Ioctl, &raw mut config) };
    checked(i64::from(result))?;
    requests.truncate(usize::try_from(config.ifc_len).unwrap_or(0));
    Ok(requests)
}

/// Locks a socket among the processes that share it, until dropped: what is looked at first is still so then.
#[derive(Debug)]
pub struct SocketLock<'a>(BorrowedFd<'a>);

/// Waits for the lock of a socket, which others hold for the length of a call that does not wait.
#[must_use]
pub fn lock_socket(socket: BorrowedFd<'_>) -> SocketLock<'_> {
    set_lock(socket, libc::F_WRLCK);
    SocketLock(socket)
}

impl Drop for SocketLock<'_> {
    fn drop(&mut self) {
        set_lock(self.0, libc::F_UNLCK);
    }
}

fn set_lock(socket: BorrowedFd<'_>, kind: i32) {
    // SAFETY: a zeroed lock is a valid one: all of the file from its start on.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = i16::try_from(kind).unwrap_or_default();
    // SAFETY: `lock` is live. A host without such locks on sockets says so, and nothing is locked.
    while unsafe { libc::fcntl(socket.as_raw_fd(), libc::F_SETLKW, &raw const lock) } == -1
        && Errno::last() == Errno::EINTR
    {}
}
