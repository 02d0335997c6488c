//! Sending and receiving: sendto, recvfrom, sendmsg, recvmsg, and one message of the calls for many.

use super::{
    AF_UNIX, POLLIN, POLLOUT, RETRY_NS, SO_DOMAIN, SO_TYPE, STREAM, address, control, hold, may_wait,
    number_option, wait_for, wait_with,
};
use crate::host::{self, Errno};
use crate::kernel::park::{PARKED, Wait};
use crate::kernel::{Call, Handler, SysResult};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

pub(super) const CALLS: &[(u32, Handler)] = &[(206, sendto), (207, recvfrom), (211, sendmsg), (212, recvmsg)];

const MSG_OOB: i32 = 1;
const MSG_PEEK: i32 = 2;
const MSG_CTRUNC: i32 = 8;
const MSG_WAITALL: i32 = 0x100;
const MSG_ERRQUEUE: i32 = 0x2000;
const MSG_NOSIGNAL: i32 = 0x4000;
/// Its completions would tell of our copy of the bytes, so that it is left out, as by a socket without SO_ZEROCOPY.
const MSG_ZEROCOPY: i32 = 0x400_0000;
const MSG_CMSG_CLOEXEC: i32 = 0x4000_0000;
const MSG_CMSG_COMPAT: i32 = i32::MIN;

/// Most bytes of a stream that are moved at a time.
const CHUNK: u64 = 256 << 10;
/// More bytes than any message has.
const MESSAGE_MAX: u64 = 16 << 20;
/// Most bytes that one call moves (MAX_RW_COUNT).
const CALL_MAX: u64 = 0x7FFF_F000;
/// Most entries of an iovec array (UIO_MAXIOV).
const IOV_MAX: u64 = 1024;

/// Buffers of the guest: (address, length), together at most [`CALL_MAX`].
pub(super) struct Buffers(Vec<(u64, u64)>);

impl Buffers {
    fn one(at: u64, len: u64) -> Buffers {
        Buffers(vec![(at, len.min(CALL_MAX))])
    }

    /// Those of an iovec array in guest memory (import_iovec in lib/iov_iter.c).
    fn read(c: &Call<'_>, at: u64, count: u64) -> Result<Buffers, Errno> {
        if count > IOV_MAX {
            return Err(Errno::EMSGSIZE);
        }
        let bytes = c.door.read_vec(at, usize::try_from(count * 16).expect("at most 16 KiB"))?;
        let words: Vec<u64> = bytes.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)).collect();
        let mut left = CALL_MAX;
        let mut parts = Vec::new();
        for &[at, len] in words.as_chunks::<2>().0 {
            if i64::try_from(len).is_err() {
                return Err(Errno::EINVAL);
            }
            parts.push((at, len.min(left)));
            left -= len.min(left);
        }
        Ok(Buffers(parts))
    }

    fn total(&self) -> u64 {
        self.0.iter().map(|&(_, len)| len).sum()
    }

    /// What lies `from` bytes from the start on, as far as `usable` says of each, at most `most` bytes.
    fn part(&self, from: u64, most: u64, usable: impl Fn(u64, u64) -> u64) -> Vec<(u64, usize)> {
        let (mut skip, mut left) = (from, most);
        let mut part = Vec::new();
        for &(at, len) in &self.0 {
            let skipped = skip.min(len);
            skip -= skipped;
            let wanted = (len - skipped).min(left);
            if wanted == 0 {
                continue;
            }
            let at = at.wrapping_add(skipped);
            let here = usable(at, wanted);
            left -= here;
            part.push((at, usize::try_from(here).expect("at most 16 MiB")));
            if here < wanted || left == 0 {
                break;
            }
        }
        part
    }
}

/// A message to send.
pub(super) struct Outgoing {
    socket: Arc<OwnedFd>,
    address: Option<address::HostAddress>,
    data: Buffers,
    control: Vec<u8>,
    flags: i32,
}

/// The bytes of the message from `done` on, at most `most`; fewer only if the guest's memory ends.
fn gather(c: &Call<'_>, data: &Buffers, done: u64, most: u64) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    for (at, len) in data.part(done, most, |at, len| c.door.readable(at, len)) {
        bytes.extend(c.door.read_vec(at, len)?);
    }
    if bytes.is_empty() && done < data.total() { Err(Errno::EFAULT) } else { Ok(bytes) }
}

/// Sends a message from `done` bytes on: a stream's in pieces as there is room, any other as a whole.
pub(super) fn send(c: &mut Call<'_>, message: &Outgoing, done: &mut u64) -> SysResult {
    let stream = number_option(message.socket.as_fd(), SO_TYPE)? == STREAM;
    let total = message.data.total();
    let whole = !stream || message.flags & MSG_OOB != 0;
    if whole && total > MESSAGE_MAX {
        return Err(Errno::EMSGSIZE);
    }
    let failed = loop {
        let bytes = match gather(c, &message.data, *done, if whole { MESSAGE_MAX } else { CHUNK }) {
            Ok(bytes) if whole && (bytes.len() as u64) < total - *done => break Errno::EFAULT,
            Ok(bytes) => bytes,
            Err(errno) => break errno,
        };
        // Descriptors and credentials go with the first byte.
        let control: &[u8] = if *done == 0 { &message.control } else { &[] };
        let address = message.address.as_ref().map(|address| &address.bytes[..]);
        let socket = message.socket.as_fd();
        let flags = message.flags & !MSG_ZEROCOPY;
        match c.uninterrupted(|_| host::send(socket, address, &bytes, control, flags)) {
            Ok(sent) => {
                *done += sent as u64;
                if !stream || *done >= total || sent == 0 {
                    return Ok(*done);
                }
            }
            Err(Errno::EAGAIN) if may_wait(socket, message.flags)? => break send_later(c, message)?,
            Err(errno) => break errno,
        }
    };
    if failed == PARKED {
        return Err(PARKED);
    }
    if *done > 0 {
        return Ok(*done);
    }
    if failed == Errno::EPIPE && stream && message.flags & MSG_NOSIGNAL == 0 {
        c.k.raise_sigpipe();
    }
    Err(failed)
}

/// Gives way until there is room.
fn send_later(c: &mut Call<'_>, message: &Outgoing) -> Result<Errno, Errno> {
    let local = number_option(message.socket.as_fd(), SO_DOMAIN)? == AF_UNIX;
    // The socket is ready although the queue of the one at that address is full.
    let wait = if local && message.address.is_some() {
        Wait::look_again(RETRY_NS)
    } else {
        Wait::on(&message.socket, POLLOUT)
    };
    Ok(wait_with(c, &message.socket, POLLOUT, wait))
}

fn sendto(c: &mut Call<'_>) -> SysResult {
    let [_, buf, len, _, at, _] = c.args;
    let socket = hold(c, c.int(0))?;
    number_option(socket.as_fd(), SO_TYPE)?;
    let mut address = None;
    if at != 0 {
        let given = address::read(c, at, c.int(5))?;
        address = Some(address::to_host(c, socket.as_fd(), given)?);
    }
    let flags = c.int(3);
    let message = Outgoing { socket, address, data: Buffers::one(buf, len), control: Vec::new(), flags };
    let mut done = c.resume.done;
    let outcome = send(c, &message, &mut done);
    c.resume.done = done;
    outcome
}

/// A struct user_msghdr (include/linux/socket.h).
pub(super) struct Header {
    at: u64,
    name: u64,
    name_len: i32,
    buffers: Buffers,
    control: u64,
    control_len: u64,
}

impl Header {
    /// Bytes of the structure.
    pub(super) const SIZE: u64 = 56;

    pub(super) fn read(c: &Call<'_>, at: u64) -> Result<Header, Errno> {
        let bytes: [u8; 56] = c.door.read_array(at)?;
        let word = |n: usize| u64::from_le_bytes(bytes[n..n + 8].try_into().expect("8 bytes"));
        let name_len = i32::from_le_bytes(bytes[8..12].try_into().expect("4 bytes"));
        if word(0) != 0 && name_len < 0 {
            return Err(Errno::EINVAL);
        }
        let buffers = Buffers::read(c, word(16), word(24))?;
        Ok(Header { at, name: word(0), name_len, buffers, control: word(32), control_len: word(40) })
    }

    /// The message to send that it describes.
    pub(super) fn outgoing(self, c: &Call<'_>, socket: Arc<OwnedFd>, flags: i32) -> Result<Outgoing, Errno> {
        let mut address = None;
        let most = i32::try_from(host::ADDRESS_MAX).expect("a small number");
        if self.name != 0 && self.name_len > 0 {
            let given = address::read(c, self.name, self.name_len.min(most))?;
            address = Some(address::to_host(c, socket.as_fd(), given)?);
        }
        let mut control = Vec::new();
        if self.control_len > control::ROOM_MAX {
            return Err(Errno::ENOBUFS);
        }
        if self.control_len > 0 {
            let len = usize::try_from(self.control_len).expect("at most 128 KiB");
            control = control::to_host(c, &c.door.read_vec(self.control, len)?)?;
        }
        Ok(Outgoing { socket, address, data: self.buffers, control, flags })
    }
}

fn sendmsg(c: &mut Call<'_>) -> SysResult {
    let flags = c.int(2);
    if flags & MSG_CMSG_COMPAT != 0 {
        return Err(Errno::EINVAL);
    }
    let socket = hold(c, c.int(0))?;
    number_option(socket.as_fd(), SO_TYPE)?;
    let message = Header::read(c, c.args[1])?.outgoing(c, socket, flags)?;
    let mut done = c.resume.done;
    let outcome = send(c, &message, &mut done);
    c.resume.done = done;
    outcome
}

/// Where a message is to be received.
struct Incoming<'a> {
    socket: &'a Arc<OwnedFd>,
    data: &'a Buffers,
    control_room: u64,
    flags: i32,
}

/// Receives one piece into the buffers from `done` bytes on.
fn receive_piece(c: &mut Call<'_>, to: &Incoming<'_>, done: u64) -> Result<host::Received, Errno> {
    // No message is longer, and a stream gives what it has.
    let most = (to.data.total() - done.min(to.data.total())).min(CHUNK.max(1 << 20));
    let parts = to.data.part(done, most, |at, len| c.door.writable(at, len));
    let room: usize = parts.iter().map(|&(_, len)| len).sum();
    if room == 0 && most > 0 {
        return Err(Errno::EFAULT);
    }
    let mut bytes = vec![0; room];
    let control_room = usize::try_from(to.control_room.min(control::ROOM_MAX)).expect("at most 128 KiB");
    let flags = to.flags & !MSG_WAITALL;
    let got = c.uninterrupted(|_| host::receive(to.socket.as_fd(), &mut bytes, control_room, flags))?;
    let mut rest = &bytes[..got.len.min(room)];
    for (at, len) in parts {
        let (here, tail) = rest.split_at(len.min(rest.len()));
        c.door.write(at, here)?;
        rest = tail;
    }
    Ok(got)
}

/// Receives a message, or what there is of a stream; with MSG_WAITALL all of it, from `done` bytes on.
fn receive(c: &mut Call<'_>, to: &Incoming<'_>, done: &mut u64) -> Result<host::Received, Errno> {
    let stream = number_option(to.socket.as_fd(), SO_TYPE)? == STREAM;
    let all = stream && to.flags & MSG_WAITALL != 0 && to.flags & (MSG_PEEK | MSG_OOB) == 0;
    let total = to.data.total();
    loop {
        let failed = match receive_piece(c, to, *done) {
            Ok(mut got) => {
                *done += got.len as u64;
                let over = got.len == 0 || *done >= total || !got.control.is_empty();
                if !all || over {
                    got.len = usize::try_from(*done).unwrap_or(usize::MAX);
                    return Ok(got);
                }
                continue;
            }
            Err(Errno::EAGAIN) if to.flags & MSG_ERRQUEUE == 0 && may_wait(to.socket.as_fd(), to.flags)? => {
                wait_for(c, to.socket, POLLIN)
            }
            Err(errno) => errno,
        };
        if *done > 0 && failed != PARKED {
            let len = usize::try_from(*done).unwrap_or(usize::MAX);
            return Ok(host::Received { len, ..host::Received::default() });
        }
        return Err(failed);
    }
}

fn recvfrom(c: &mut Call<'_>) -> SysResult {
    let [_, buf, len, _, at, len_at] = c.args;
    let socket = hold(c, c.int(0))?;
    let data = Buffers::one(buf, len);
    let to = Incoming { socket: &socket, data: &data, control_room: 0, flags: c.int(3) };
    let mut done = c.resume.done;
    let outcome = receive(c, &to, &mut done);
    c.resume.done = done;
    let got = outcome?;
    if at != 0 {
        let from = address::to_guest(c.k, got.address);
        address::write(c, at, len_at, &from)?;
    }
    Ok(got.len as u64)
}

/// Receives what a header in guest memory asks for, from `done` bytes on, and completes the header.
pub(super) fn receive_header(
    c: &mut Call<'_>,
    socket: &Arc<OwnedFd>,
    at: u64,
    flags: i32,
    done: &mut u64,
) -> SysResult {
    let header = Header::read(c, at)?;
    let control_room = if header.control == 0 { 0 } else { header.control_len };
    // Descriptors that come would be lost if there were no memory for their numbers.
    c.door.require_writable(header.control, control_room.min(control::ROOM_MAX))?;
    let to = Incoming { socket, data: &header.buffers, control_room, flags };
    let got = receive(c, &to, done)?;
    let mut shown = got.flags & !MSG_CMSG_CLOEXEC | flags & MSG_CMSG_CLOEXEC;
    let control = control::to_guest(c, &got.control, flags & MSG_CMSG_CLOEXEC != 0, &mut shown);
    let fits = usize::try_from(control_room).unwrap_or(usize::MAX);
    if control.len() > fits {
        shown |= MSG_CTRUNC;
    }
    let control = &control[..control.len().min(fits)];
    if header.name != 0 {
        let from = address::to_guest(c.k, got.address);
        let room = usize::try_from(header.name_len).unwrap_or(0);
        c.door.write(header.name, &from[..from.len().min(room)])?;
        let len = u32::try_from(from.len()).expect("a socket address is short");
        c.door.write(header.at + 8, &len.to_le_bytes())?;
    }
    c.door.write(header.control, control)?;
    c.door.write(header.at + 40, &(control.len() as u64).to_le_bytes())?;
    c.door.write(header.at + 48, &shown.to_le_bytes())?;
    Ok(got.len as u64)
}

fn recvmsg(c: &mut Call<'_>) -> SysResult {
    let flags = c.int(2);
    if flags & MSG_CMSG_COMPAT != 0 {
        return Err(Errno::EINVAL);
    }
    let socket = hold(c, c.int(0))?;
    number_option(socket.as_fd(), SO_TYPE)?;
    let mut done = c.resume.done;
    let outcome = receive_header(c, &socket, c.args[1], flags, &mut done);
    c.resume.done = done;
    outcome
}
