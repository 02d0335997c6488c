//! Shared memory: shmget, shmat, shmdt, shmctl.
//!
//! The bytes of a segment are those of its file in the registry, mapped like any shared file. The host's segment is
//! attached as well, untouched, for what it counts: attachments, which children inherit and which end with a process.

use super::{check, control, get, refuse};
use crate::guest::{PAGE, Prot};
use crate::host::{self, Attachment, Errno, Ipc as Kind};
use crate::kernel::{Call, Handler, Kernel, SysResult, mm};
use std::ops::Range;

pub(super) const CALLS: &[(u32, Handler)] =
    &[(194, |c| get(c, Kind::Segment, c.args[1], c.int(2))), (195, shmctl), (196, shmat), (197, shmdt)];

// Flags of shmat (include/uapi/linux/shm.h).
const RDONLY: u32 = 0o10_000;
const RND: u32 = 0o20_000;
const REMAP: u32 = 0o40_000;
const EXEC: u32 = 0o100_000;

/// A segment in the guest's memory.
#[derive(Debug)]
pub(super) struct Attached {
    at: u64,
    len: u64,
    id: i32,
    host: Attachment,
}

fn shmctl(c: &mut Call<'_>) -> SysResult {
    const LOCK: i32 = 11;
    const UNLOCK: i32 = 12;
    let (id, command, at) = (c.int(0), c.int(1), c.args[2]);
    if let Some(answer) = control(c, Kind::Segment, command, at) {
        return answer;
    }
    match command {
        LOCK | UNLOCK => {
            check(c, Kind::Segment, id)?;
            host::segment_lock(id, command)?;
            Ok(0)
        }
        _ => refuse(c),
    }
}

fn shmat(c: &mut Call<'_>) -> SysResult {
    let (id, mut at, flags) = (c.int(0), c.args[1], c.uint(2));
    if at != 0 && !at.is_multiple_of(PAGE) {
        if flags & RND == 0 {
            return Err(Errno::EINVAL);
        }
        at &= !(PAGE - 1);
    }
    if at == 0 && (c.args[1] != 0 || flags & REMAP != 0) {
        return Err(Errno::EINVAL);
    }
    check(c, Kind::Segment, id)?;
    let state = host::ipc_state(Kind::Segment, id)?;
    let len = state.words[0].checked_next_multiple_of(PAGE).ok_or(Errno::ENOMEM)?;
    let read_only = flags & RDONLY != 0;
    let mut prot = if read_only { Prot::READ } else { Prot::READ | Prot::WRITE };
    if flags & EXEC != 0 {
        prot |= Prot::EXEC;
    }
    let file = c.k.ipc.registry.open(Kind::Segment, id)?;
    let host = host::segment_attach(id, read_only)?;
    let name = format!("/SYSV{:08x} (deleted)", c.k.ipc.keys.to_guest(state.owner.key));
    let place = mm::Place { at, replaces: flags & REMAP != 0, len, prot: Prot(prot) };
    match mm::share(c, &place, file.into(), name) {
        Ok(at) => {
            c.k.ipc.attached.push(Attached { at, len, id, host });
            Ok(at)
        }
        Err(errno) => {
            host::segment_detach(host);
            Err(errno)
        }
    }
}

/// Detaches the segments of which nothing is mapped any more, now that `range` is not.
pub(in crate::kernel) fn let_go(k: &mut Kernel, range: &Range<u64>) {
    let all = std::mem::take(&mut k.ipc.attached);
    let (gone, kept) = all.into_iter().partition(|a| range.start <= a.at && a.at + a.len <= range.end);
    k.ipc.attached = kept;
    for attached in gone {
        detach(k, attached);
    }
}

/// Detaches a segment on the host. The last one to let go of a removed segment ends it.
fn detach(k: &Kernel, Attached { id, host, .. }: Attached) {
    host::segment_detach(host);
    if host::ipc_state(Kind::Segment, id).is_err() {
        k.ipc.registry.remove(Kind::Segment, id);
    }
}

fn shmdt(c: &mut Call<'_>) -> SysResult {
    let wanted = c.args[0];
    let n = c.k.ipc.attached.iter().position(|a| a.at == wanted).ok_or(Errno::EINVAL)?;
    let attached = c.k.ipc.attached.swap_remove(n);
    mm::unmap(c, attached.at..attached.at + attached.len)?;
    detach(c.k, attached);
    Ok(0)
}
