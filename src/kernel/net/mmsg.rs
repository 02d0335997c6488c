//! sendmmsg and recvmmsg: many messages in one call.

use super::msg::{self, Header};
use super::{SO_TYPE, hold, number_option};
use crate::host::{self, Errno};
use crate::kernel::park::{PARKED, Wait};
use crate::kernel::time::{read_timespec, timespec};
use crate::kernel::{Call, Handler, SysResult};
use std::os::fd::AsFd;

pub(super) const CALLS: &[(u32, Handler)] = &[(243, recvmmsg), (269, sendmmsg)];

const MSG_DONTWAIT: i32 = 0x40;
const MSG_WAITFORONE: i32 = 0x1_0000;
const MSG_CMSG_COMPAT: i32 = i32::MIN;
/// Bytes of struct mmsghdr (include/linux/socket.h): a message header, u32 length, padding.
const STRIDE: u64 = Header::SIZE + 8;
/// Most messages that one call sends (UIO_MAXIOV).
const MOST: u64 = 1024;

/// Messages that are done and bytes of the one in progress, as one number: [`crate::kernel::park::Resume::done`].
fn unpack(done: u64) -> (u64, u64) {
    (done >> 32, done & 0xFFFF_FFFF)
}

/// Ends the call after `count` messages, or parks it there.
fn after(c: &mut Call<'_>, count: u64, bytes: u64, failed: Errno) -> SysResult {
    if failed == PARKED {
        c.resume.done = count << 32 | bytes;
        return Err(PARKED);
    }
    if count > 0 { Ok(count) } else { Err(failed) }
}

fn sendmmsg(c: &mut Call<'_>) -> SysResult {
    let (wanted, flags) = (u64::from(c.uint(2)).min(MOST), c.int(3));
    if flags & MSG_CMSG_COMPAT != 0 {
        return Err(Errno::EINVAL);
    }
    let socket = hold(c, c.int(0))?;
    number_option(socket.as_fd(), SO_TYPE)?;
    let (mut count, mut bytes) = unpack(c.resume.done);
    while count < wanted {
        let at = c.args[1].wrapping_add(count * STRIDE);
        let outcome = Header::read(c, at)
            .and_then(|header| header.outgoing(c, std::sync::Arc::clone(&socket), flags))
            .and_then(|message| msg::send(c, &message, &mut bytes));
        match outcome {
            Ok(sent) => {
                let sent = u32::try_from(sent).unwrap_or(u32::MAX);
                if let Err(errno) = c.door.write(at + Header::SIZE, &sent.to_le_bytes()) {
                    return after(c, count, 0, errno);
                }
            }
            Err(errno) => return after(c, count, bytes, errno),
        }
        (count, bytes) = (count + 1, 0);
    }
    Ok(count)
}

/// Receives messages. As on Linux the timeout is looked at only after each message; waiting for the next may take
/// longer.
fn recvmmsg(c: &mut Call<'_>) -> SysResult {
    let (wanted, mut flags, timeout) = (u64::from(c.uint(2)), c.int(3), c.args[4]);
    if flags & MSG_CMSG_COMPAT != 0 {
        return Err(Errno::EINVAL);
    }
    if timeout != 0 && !c.resume.again {
        let length = read_timespec(c, timeout)?.0;
        c.deadline_after(length);
    }
    let until = if timeout == 0 { None } else { c.resume.deadline };
    let socket = hold(c, c.int(0))?;
    number_option(socket.as_fd(), SO_TYPE)?;
    let (mut count, mut bytes) = unpack(c.resume.done);
    while count < wanted {
        let at = c.args[1].wrapping_add(count * STRIDE);
        if count > 0 && flags & MSG_WAITFORONE != 0 {
            flags |= MSG_DONTWAIT;
        }
        // The limit of the whole call is none of a single message.
        c.resume.deadline = if timeout == 0 { c.resume.deadline } else { None };
        let outcome = msg::receive_header(c, &socket, at, flags & !MSG_WAITFORONE, &mut bytes);
        if timeout != 0 {
            c.resume.deadline = until;
            if let Some(wait) = c.wait.take() {
                c.wait = Some(Wait { until: None, ..wait });
            }
        }
        match outcome {
            Ok(got) => {
                let got = u32::try_from(got).unwrap_or(u32::MAX);
                if let Err(errno) = c.door.write(at + Header::SIZE, &got.to_le_bytes()) {
                    return after(c, count, 0, errno);
                }
            }
            Err(errno) => return after(c, count, bytes, errno),
        }
        (count, bytes) = (count + 1, 0);
        if let Some(until) = until {
            let left = until.saturating_sub(host::monotonic_ns());
            c.door.write(timeout, &timespec(left))?;
            if left == 0 {
                break;
            }
        }
    }
    Ok(count)
}
