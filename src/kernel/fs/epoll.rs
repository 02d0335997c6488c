//! epoll: the host's own, asked without waiting. Files are known to it by their host descriptors, and duplicates of
//! the guest's are duplicates of the host's, so that an entry lives as long as on Linux.

use super::poll::mask;
use crate::host::{self, Errno};
use crate::kernel::fd::OpenFile;
use crate::kernel::park::Wait;
use crate::kernel::time::read_timespec;
use crate::kernel::{Call, Handler, SysResult};
use std::os::fd::AsFd;
use std::sync::Arc;

pub(super) const CALLS: &[(u32, Handler)] =
    &[(20, epoll_create1), (21, epoll_ctl), (22, epoll_pwait), (441, epoll_pwait2)];

const CLOEXEC: u32 = 0x8_0000;
const POLLIN: i16 = 1;
/// Bytes of arm64's struct epoll_event (include/uapi/linux/eventpoll.h): u32 events at 0, u64 data at 8.
const EVENT: u64 = 16;
/// Most events that a program may ask for (EP_MAX_EVENTS).
const MOST_ASKED: u64 = 0x7FFF_FFFF / EVENT;
/// Most events that one call answers; the others are ready at the next.
const MOST_ANSWERED: u64 = 4096;

fn epoll_create1(c: &mut Call<'_>) -> SysResult {
    let flags = c.uint(0);
    if flags & !CLOEXEC != 0 {
        return Err(Errno::EINVAL);
    }
    let file = OpenFile::new(host::epoll_create()?, flags != 0, b"anon_inode:[eventpoll]".to_vec());
    c.k.fds.insert(file, 0)
}

fn epoll_ctl(c: &mut Call<'_>) -> SysResult {
    const DELETE: i32 = 2;
    let operation = c.int(1);
    let mut event = (0, 0);
    if operation != DELETE {
        let bytes: [u8; 16] = c.door.read_array(c.args[3])?;
        let (events, data) = (&bytes[..4], &bytes[8..]);
        event = (
            u32::from_le_bytes(events.try_into().expect("4 bytes")),
            u64::from_le_bytes(data.try_into().expect("8 bytes")),
        );
    }
    host::epoll_control(c.k.fds.host(c.int(0))?, operation, c.k.fds.host(c.int(2))?, event)?;
    Ok(0)
}

fn epoll_pwait(c: &mut Call<'_>) -> SysResult {
    let [_, _, _, _, set, size] = c.args;
    let mask = mask(c, set, size)?;
    // A negative timeout is none.
    let length = u64::try_from(c.int(3)).ok().map(|ms| ms * 1_000_000);
    wait(c, length, mask)
}

fn epoll_pwait2(c: &mut Call<'_>) -> SysResult {
    let [_, _, _, timeout, set, size] = c.args;
    let mut length = None;
    if timeout != 0 && !c.resume.again {
        length = Some(read_timespec(c, timeout)?.0);
    }
    let mask = mask(c, set, size)?;
    wait(c, length, mask)
}

/// Answers the events that are ready, after waiting for one for at most `length` nanoseconds from the first attempt.
fn wait(c: &mut Call<'_>, length: Option<u64>, mask: Option<u64>) -> SysResult {
    if !c.resume.again {
        if let Some(length) = length {
            c.deadline_after(length);
        }
        if let Some(mask) = mask {
            c.k.suspend(mask);
        }
    }
    let at = c.args[1];
    let asked = u64::try_from(c.int(2)).ok().filter(|n| (1..=MOST_ASKED).contains(n)).ok_or(Errno::EINVAL)?;
    let epoll = Arc::clone(&c.k.fds.get(c.int(0))?.host);
    let room = c.door.writable(at, asked.min(MOST_ANSWERED) * EVENT) / EVENT;
    let ready = host::epoll_ready(epoll.as_fd(), usize::try_from(room).expect("at most 4096"))?;
    if ready.is_empty() {
        return if c.is_over() {
            Ok(0)
        } else {
            Err(c.park(Wait::on(&epoll, POLLIN).or_until(c.resume.deadline)))
        };
    }
    let mut bytes = Vec::with_capacity(ready.len() * 16);
    for (events, data) in &ready {
        bytes.extend(events.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(data.to_le_bytes());
    }
    c.door.write(at, &bytes)?;
    Ok(ready.len() as u64)
}
