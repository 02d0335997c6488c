//! Names and connections of sockets: bind, listen, accept, connect, shutdown and who is at either end.

use super::{
    CLOEXEC, NONBLOCK, POLLIN, POLLOUT, RETRY_NS, SO_ACCEPTCONN, address, file_of, hold, may_wait,
    number_option, wait_for, wait_with,
};
use crate::host::{self, Errno};
use crate::kernel::park::Wait;
use crate::kernel::{Call, Handler, SysResult};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

pub(super) const CALLS: &[(u32, Handler)] = &[
    (200, bind),
    (201, listen),
    (202, |c| accept(c, 0)),
    (203, connect),
    (204, |c| name(c, false)),
    (205, |c| name(c, true)),
    (210, shutdown),
    (242, |c| accept(c, c.uint(3))),
];

fn bind(c: &mut Call<'_>) -> SysResult {
    let socket = hold(c, c.int(0))?;
    host::open_flags(socket.as_fd())?;
    let address = address::read(c, c.args[1], c.int(2))?;
    address::bind(c, socket.as_fd(), &address)?;
    Ok(0)
}

fn listen(c: &mut Call<'_>) -> SysResult {
    host::listen(c.k.fds.host(c.int(0))?, c.int(1))?;
    Ok(0)
}

fn shutdown(c: &mut Call<'_>) -> SysResult {
    host::shutdown(c.k.fds.host(c.int(0))?, c.int(1))?;
    Ok(0)
}

fn name(c: &mut Call<'_>, peer: bool) -> SysResult {
    let name = host::socket_name(c.k.fds.host(c.int(0))?, peer)?;
    let name = address::to_guest(c.k, name);
    let [_, at, len_at, ..] = c.args;
    address::write(c, at, len_at, &name)?;
    Ok(0)
}

fn is_ready(socket: BorrowedFd<'_>, events: i16) -> bool {
    let mut answers = Vec::new();
    // It does not wait, so that a signal cuts nothing short; whoever asks again then is answered.
    host::poll(&[(socket, events)], &mut answers, Some(0)).is_ok_and(|ready| ready > 0)
}

/// Takes the next connection, EAGAIN if there is none yet.
fn accept_now(socket: BorrowedFd<'_>, flags: u32) -> Result<(OwnedFd, Vec<u8>), Errno> {
    let flags = flags.cast_signed();
    if number_option(socket, SO_ACCEPTCONN)? == 0 {
        return host::accept(socket, flags); // which is an error of some kind
    }
    if !is_ready(socket, POLLIN) {
        return Err(Errno::EAGAIN);
    }
    // Other processes with the same socket have seen the connection as well, and only one gets it.
    let _lock = host::lock_socket(socket);
    if is_ready(socket, POLLIN) { host::accept(socket, flags) } else { Err(Errno::EAGAIN) }
}

fn accept(c: &mut Call<'_>, flags: u32) -> SysResult {
    if flags & !(NONBLOCK | CLOEXEC) != 0 {
        return Err(Errno::EINVAL);
    }
    let socket = hold(c, c.int(0))?;
    let [_, at, len_at, ..] = c.args;
    let (peer, from) = match c.uninterrupted(|_| accept_now(socket.as_fd(), flags & NONBLOCK)) {
        Err(Errno::EAGAIN) if may_wait(socket.as_fd(), 0)? => return Err(wait_for(c, &socket, POLLIN)),
        outcome => outcome?,
    };
    if at != 0 {
        let from = address::to_guest(c.k, from);
        address::write(c, at, len_at, &from)?;
    }
    c.k.fds.insert(file_of(peer, flags & CLOEXEC != 0), 0)
}

/// connect(2) that does not wait, whatever the flags of the socket.
fn connect_now(socket: BorrowedFd<'_>, address: &[u8]) -> Result<(), Errno> {
    let flags = host::open_flags(socket)?;
    if flags & NONBLOCK != 0 {
        return host::connect(socket, address);
    }
    // The flag is the guest's, so that it is back before the guest can look.
    host::set_open_flags(socket, flags | NONBLOCK)?;
    let outcome = host::connect(socket, address);
    host::set_open_flags(socket, flags)?;
    outcome
}

/// Connects. Whoever waits asks again when the socket can be written to: the host then answers how it went.
fn connect(c: &mut Call<'_>) -> SysResult {
    let socket = hold(c, c.int(0))?;
    host::open_flags(socket.as_fd())?;
    let address = address::read(c, c.args[1], c.int(2))?;
    let address = address::to_host(c, socket.as_fd(), address)?;
    let outcome = c.uninterrupted(|_| connect_now(socket.as_fd(), &address.bytes));
    let wait = match outcome {
        Ok(()) => return Ok(0),
        Err(Errno::EINPROGRESS | Errno::EALREADY) => Wait::on(&socket, POLLOUT),
        // Too many wait at a socket of AF_UNIX already, and nothing tells when one is let in.
        Err(Errno::EAGAIN) => Wait::look_again(RETRY_NS),
        Err(errno) => return Err(errno),
    };
    if !may_wait(socket.as_fd(), 0)? {
        return outcome.map(|()| 0);
    }
    match wait_with(c, &socket, POLLOUT, wait) {
        Errno::EAGAIN => outcome.map(|()| 0).map_err(|errno| match errno {
            Errno::EALREADY => Errno::EINPROGRESS,
            other => other,
        }),
        errno => Err(errno),
    }
}
