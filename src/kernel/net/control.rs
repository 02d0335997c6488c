//! Control messages between guest and host: descriptors and credentials in them are translated, all else passes.
//!
//! struct cmsghdr (include/linux/socket.h) is u64 length with the header, i32 level, i32 type, data, padded to 8
//! bytes, as on every 64-bit Linux.

use super::{SOL_SOCKET, guest_pid_of_host};
use crate::host::{self, Errno};
use crate::kernel::fd::OpenFile;
use crate::kernel::{Call, Kernel};
use std::os::fd::AsFd;

const HEADER: usize = 16;
const SCM_RIGHTS: i32 = 1;
const SCM_CREDENTIALS: i32 = 2;
/// SCM_PIDFD: a descriptor that no guest asked for.
const SCM_PIDFD: i32 = 4;
/// Most descriptors in a message (SCM_MAX_FD).
const RIGHTS_MAX: usize = 253;
/// Most control data that is sent with a message (net.core.optmem_max).
pub(super) const ROOM_MAX: u64 = 131_072;
/// The user and group shown for those that have no number here.
const OVERFLOW_ID: u32 = 65534;
const MSG_CTRUNC: i32 = 8;

/// A control message.
struct Message<'a> {
    level: i32,
    kind: i32,
    data: &'a [u8],
}

/// The messages in `bytes`. The last may claim more than there is, or less than its own header: EINVAL then.
fn messages(bytes: &[u8]) -> Result<Vec<Message<'_>>, Errno> {
    let mut rest = bytes;
    let mut all = Vec::new();
    while let Some((header, _)) = rest.split_at_checked(HEADER) {
        let word = |at: usize| i32::from_le_bytes(header[at..at + 4].try_into().expect("4 bytes"));
        let len = u64::from_le_bytes(header[..8].try_into().expect("8 bytes"));
        let len = usize::try_from(len).map_err(|_| Errno::EINVAL)?;
        let data = rest.get(HEADER..len).ok_or(Errno::EINVAL)?;
        all.push(Message { level: word(8), kind: word(12), data });
        rest = rest.get(len.next_multiple_of(8)..).unwrap_or_default();
    }
    Ok(all)
}

fn push(out: &mut Vec<u8>, message: &Message<'_>, data: &[u8]) {
    out.extend(((HEADER + data.len()) as u64).to_le_bytes());
    out.extend(message.level.to_le_bytes());
    out.extend(message.kind.to_le_bytes());
    out.extend(data);
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(8), 0);
}

fn words(data: &[u8]) -> impl Iterator<Item = u32> + '_ {
    data.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word))
}

/// The host's form of control data that the guest sends.
pub(super) fn to_host(c: &Call<'_>, bytes: &[u8]) -> Result<Vec<u8>, Errno> {
    let mut out = Vec::with_capacity(bytes.len());
    for message in messages(bytes)? {
        pad(&mut out);
        match (message.level, message.kind) {
            (SOL_SOCKET, SCM_RIGHTS) => {
                let mut numbers = Vec::new();
                if message.data.len() / 4 > RIGHTS_MAX {
                    return Err(Errno::EINVAL);
                }
                for fd in words(message.data) {
                    numbers.extend(host::number(c.k.fds.host(fd.cast_signed())?).to_le_bytes());
                }
                push(&mut out, &message, &numbers);
            }
            (SOL_SOCKET, SCM_CREDENTIALS) => push(&mut out, &message, &own_credentials(c, message.data)?),
            _ => push(&mut out, &message, message.data),
        }
    }
    Ok(out)
}

/// The host's credentials of this process for those that the guest shows, if it may (scm_check_creds in
/// net/core/scm.c).
fn own_credentials(c: &Call<'_>, data: &[u8]) -> Result<Vec<u8>, Errno> {
    let shown: Vec<u32> = words(data).collect();
    let [pid, uid, gid] = shown[..] else { return Err(Errno::EINVAL) };
    let ids = &c.k.ids;
    let may = |ids: crate::kernel::identity::Ids, id| [ids.real, ids.effective, ids.saved].contains(&id);
    if ids.uid.effective != 0 && !(pid == c.k.pid && may(ids.uid, uid) && may(ids.gid, gid)) {
        return Err(Errno::EPERM);
    }
    let (pid, uid, gid) = host::credentials();
    Ok([pid.to_le_bytes(), uid.to_le_bytes(), gid.to_le_bytes()].concat())
}

/// The 12 bytes of a struct ucred of the host as the guest is to see them.
pub(super) fn credentials(k: &Kernel, data: &[u8]) -> Option<[u8; 12]> {
    let shown: Vec<u32> = words(data).collect();
    let [pid, uid, gid] = shown[..] else { return None };
    let (_, own_uid, own_gid) = host::credentials();
    // Nobody is at the other end.
    let nobody = pid == 0 && uid == u32::MAX;
    let pid = guest_pid_of_host(k, pid.cast_signed()).unwrap_or(0);
    let seen = |id: u32, own: u32, guest: u32| match id {
        _ if nobody => id,
        id if id == own => guest,
        _ => OVERFLOW_ID,
    };
    let (uid, gid) = (seen(uid, own_uid, k.ids.uid.real), seen(gid, own_gid, k.ids.gid.real));
    let mut bytes = [0; 12];
    for (n, word) in [pid, uid, gid].into_iter().enumerate() {
        bytes[n * 4..n * 4 + 4].copy_from_slice(&word.to_le_bytes());
    }
    Some(bytes)
}

/// The guest's form of control data that the host received. Descriptors in it become the guest's; those for which
/// there is no number are closed, and `flags` say that something is missing.
pub(super) fn to_guest(c: &mut Call<'_>, bytes: &[u8], cloexec: bool, flags: &mut i32) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for message in messages(bytes).unwrap_or_default() {
        pad(&mut out);
        match (message.level, message.kind) {
            (SOL_SOCKET, SCM_RIGHTS) => {
                let numbers = receive_files(c, message.data, cloexec);
                if numbers.len() < message.data.len() {
                    *flags |= MSG_CTRUNC;
                }
                if !numbers.is_empty() {
                    push(&mut out, &message, &numbers);
                }
            }
            (SOL_SOCKET, SCM_PIDFD) => {
                drop(words(message.data).next().map(|fd| host::adopt(fd.cast_signed())));
                *flags |= MSG_CTRUNC;
            }
            (SOL_SOCKET, SCM_CREDENTIALS) => match credentials(c.k, message.data) {
                Some(shown) => push(&mut out, &message, &shown),
                None => *flags |= MSG_CTRUNC,
            },
            _ => push(&mut out, &message, message.data),
        }
    }
    if bytes.len().is_multiple_of(8) {
        pad(&mut out);
    }
    out
}

/// Takes over the host's descriptors; answers the guest's, as far as it may have more.
fn receive_files(c: &mut Call<'_>, numbers: &[u8], cloexec: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut full = false;
    for number in words(numbers) {
        let Some(host) = host::adopt(number.cast_signed()) else { continue };
        if full {
            continue; // which closes it
        }
        let path = c.k.fs.shown(host::path_of(host.as_fd()).unwrap_or_default());
        match c.k.fds.insert(OpenFile::new(host, cloexec, path), 0) {
            Ok(fd) => out.extend(u32::try_from(fd).expect("below the limit").to_le_bytes()),
            Err(_) => full = true,
        }
    }
    out
}
