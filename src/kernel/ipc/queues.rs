//! Message queues: msgget, msgsnd, msgrcv, msgctl.

use super::{IPC_NOWAIT, RETRY_NS, check, control, get, refuse};
use crate::host::{self, Errno, Ipc as Kind};
use crate::kernel::park::Wait;
use crate::kernel::{Call, Handler, SysResult};

pub(super) const CALLS: &[(u32, Handler)] =
    &[(186, |c| get(c, Kind::Queue, 0, c.int(1))), (187, msgctl), (188, msgrcv), (189, msgsnd)];

/// Bytes of the type, which stands before a message (struct msgbuf in include/uapi/linux/msg.h).
const TYPE: u64 = 8;
/// More bytes than any message has.
const ROOM_MAX: u64 = 1 << 20;

fn msgctl(c: &mut Call<'_>) -> SysResult {
    let (command, at) = (c.int(1), c.args[2]);
    control(c, Kind::Queue, command, at).unwrap_or_else(|| refuse(c))
}

/// What becomes of a call that the queue cannot serve yet, or that found it gone.
fn later(c: &mut Call<'_>, flags: i32, errno: Errno) -> Errno {
    match errno {
        Errno::EAGAIN | Errno::ENOMSG if flags & IPC_NOWAIT == 0 => c.park(Wait::look_again(RETRY_NS)),
        // Who waited sees the queue go away.
        Errno::EINVAL if c.resume.again => Errno::EIDRM,
        errno => errno,
    }
}

fn msgsnd(c: &mut Call<'_>) -> SysResult {
    let (id, at, len, flags) = (c.int(0), c.args[1], c.args[2], c.int(3));
    let kind = c.door.read_u64(at)?.cast_signed();
    let len = usize::try_from(len.min(ROOM_MAX)).expect("at most 1 MiB");
    if kind < 1 || id < 0 {
        return Err(Errno::EINVAL);
    }
    let bytes = c.door.read_vec(at.wrapping_add(TYPE), len)?;
    let sent = check(c, Kind::Queue, id).and_then(|()| host::queue_send(id, kind, &bytes, flags));
    sent.map(|()| 0).map_err(|errno| later(c, flags, errno))
}

fn msgrcv(c: &mut Call<'_>) -> SysResult {
    let (id, at, len, kind, flags) = (c.int(0), c.args[1], c.args[2], c.long(3), c.int(4));
    if i64::try_from(len).is_err() {
        return Err(Errno::EINVAL);
    }
    let room = usize::try_from(len.min(ROOM_MAX)).expect("at most 1 MiB");
    let got = check(c, Kind::Queue, id).and_then(|()| host::queue_receive(id, room, kind, flags));
    let (kind, bytes) = got.map_err(|errno| later(c, flags, errno))?;
    c.door.write(at, &[&kind.to_le_bytes()[..], &bytes].concat())?;
    Ok(bytes.len() as u64)
}
