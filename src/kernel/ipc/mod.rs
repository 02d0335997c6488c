//! System V IPC: segments, semaphores and message queues of the host, of which the guest sees those that its run made.
//!
//! Keys go to the host through a bijection that is another one in each run, so that runs do not meet. What a run made
//! stands in a directory of its own (`registry`), which all its processes share; the process that began the run
//! removes what is left. Nothing waits in the host: semop, msgsnd and msgrcv are tried with IPC_NOWAIT and look again.

mod queues;
mod registry;
mod segments;
mod semaphores;

use super::{Call, Handler, Kernel, SysResult};
use crate::host::{self, Errno, Ipc as Kind, IpcOwner, IpcState};
use registry::Registry;
pub(super) use segments::let_go;
use traces::event::SvcFlags;

/// The tables of the family.
pub(super) const CALLS: [&[(u32, Handler)]; 3] = [queues::CALLS, segments::CALLS, semaphores::CALLS];

// Commands of all three kinds (include/uapi/linux/ipc.h).
const IPC_RMID: i32 = 0;
const IPC_SET: i32 = 1;
const IPC_STAT: i32 = 2;
const IPC_INFO: i32 = 3;
const IPC_NOWAIT: i32 = 0o4000;

/// Bytes of struct ipc64_perm (include/uapi/asm-generic/ipcbuf.h).
const OWNER: usize = 48;
/// The user and group shown for those that have no number here.
const OVERFLOW_ID: u32 = 65534;
/// How often what another process may change is looked at again: the host tells nobody.
const RETRY_NS: u64 = 1_000_000;

/// What a process knows of the objects of its run.
#[derive(Debug)]
pub(crate) struct Ipc {
    registry: Registry,
    keys: Keys,
    attached: Vec<segments::Attached>,
}

impl Ipc {
    /// The first process of a run.
    pub(crate) fn new() -> Ipc {
        let mut seed = [0; 16];
        // Without random numbers runs may meet under one key, which is what they do on Linux.
        let _ = host::random(&mut seed);
        let word = |n: usize| u64::from_le_bytes(seed[n..n + 8].try_into().expect("8 bytes"));
        Ipc { registry: Registry::new(word(0)), keys: Keys::new(word(8)), attached: Vec::new() }
    }

    /// Removes what the run left, if this process began it.
    pub(crate) fn finish(&mut self) {
        self.registry.clean();
    }
}

/// The bijection between the guest's keys and the host's. 0, which is no key, stays.
#[derive(Clone, Copy, Debug)]
struct Keys {
    mask: u32,
    factor: u32,
}

impl Keys {
    fn new(seed: u64) -> Keys {
        let half = |shift: u32| u32::try_from(seed >> shift & 0xFFFF_FFFF).expect("32 bits");
        Keys { mask: half(0), factor: half(32) | 1 }
    }

    fn forward(self, key: u32) -> u32 {
        (key ^ self.mask).wrapping_mul(self.factor)
    }

    fn backward(self, key: u32) -> u32 {
        // Each step doubles the bits that are right (Newton); an odd number is its own inverse in three bits.
        let inverse =
            (0..4).fold(self.factor, |x, _| x.wrapping_mul(2u32.wrapping_sub(self.factor.wrapping_mul(x))));
        key.wrapping_mul(inverse) ^ self.mask
    }

    fn to_host(self, key: u32) -> u32 {
        match (key, self.forward(key)) {
            (0, _) => 0,
            (_, 0) => self.forward(0),
            (_, host) => host,
        }
    }

    fn to_guest(self, key: u32) -> u32 {
        match (key, self.backward(key)) {
            (0, _) => 0,
            (_, 0) => self.backward(0),
            (_, guest) => guest,
        }
    }
}

/// shmget, semget and msgget.
fn get(c: &mut Call<'_>, kind: Kind, size: u64, flags: i32) -> SysResult {
    let key = c.k.ipc.keys.to_host(c.uint(0));
    let id = host::ipc_get(kind, key, size, flags)?;
    let kept = match kind {
        Kind::Segment => host::ipc_state(kind, id)?.words[0],
        Kind::Semaphores | Kind::Queue => 0,
    };
    if let Err(errno) = c.k.ipc.registry.add(kind, id, kept) {
        host::ipc_remove(kind, id)?;
        return Err(errno);
    }
    Ok(u64::try_from(id).expect("ids are not negative"))
}

/// Refuses what the run has not made.
fn check(c: &Call<'_>, kind: Kind, id: i32) -> Result<(), Errno> {
    if c.k.ipc.registry.has(kind, id) { Ok(()) } else { Err(Errno::EINVAL) }
}

/// A user or group of the host as the guest is to see it.
fn shown(id: u32, own: u32, guest: u32) -> u32 {
    if id == own { guest } else { OVERFLOW_ID }
}

/// The structure that IPC_STAT writes.
fn bytes_of(k: &Kernel, kind: Kind, state: &IpcState) -> Vec<u8> {
    let (_, uid, gid) = host::credentials();
    let IpcOwner { key, ids: [owner, group, maker, maker_group], mode, sequence } = state.owner;
    let (users, groups) = (k.ids.uid.effective, k.ids.gid.effective);
    let halves = [
        k.ipc.keys.to_guest(key),
        shown(owner, uid, users),
        shown(group, gid, groups),
        shown(maker, uid, users),
        shown(maker_group, gid, groups),
        mode,
        u32::from(sequence),
    ];
    let mut bytes: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
    bytes.resize(OWNER, 0);
    // The word with two process ids: shm_cpid and shm_lpid, msg_lspid and msg_lrpid.
    let pids = match kind {
        Kind::Segment => 4,
        Kind::Queue => 6,
        Kind::Semaphores => usize::MAX,
    };
    for (n, &word) in state.words.iter().enumerate() {
        let word =
            if n == pids { guest_pid(k, word & 0xFFFF_FFFF) | guest_pid(k, word >> 32) << 32 } else { word };
        bytes.extend(word.to_le_bytes());
    }
    bytes
}

/// The guest's id of a process of the host, 0 for one that is none of the guest's.
fn guest_pid(k: &Kernel, host_pid: u64) -> u64 {
    let pid = i32::try_from(host_pid).ok().filter(|&pid| pid != 0);
    pid.and_then(|pid| super::net::guest_pid_of_host(k, pid)).unwrap_or(0).into()
}

/// The commands that all kinds have; none for another one. Arguments: the id first, `at` the structure.
fn control(c: &mut Call<'_>, kind: Kind, command: i32, at: u64) -> Option<SysResult> {
    let id = c.int(0);
    Some(match command {
        IPC_RMID => remove(c, kind, id),
        IPC_SET => set(c, kind, id, at),
        IPC_STAT => stat(c, kind, id, at),
        IPC_INFO => limits(c, kind, at),
        _ => return None,
    })
}

/// Answers a command that tells of objects by their place in the host's tables, whoever made them, or that is none.
fn refuse(c: &mut Call<'_>) -> SysResult {
    c.flags.0 |= SvcFlags::REFUSED;
    Err(Errno::EINVAL)
}

fn stat(c: &mut Call<'_>, kind: Kind, id: i32, at: u64) -> SysResult {
    check(c, kind, id)?;
    let state = host::ipc_state(kind, id)?;
    let bytes = bytes_of(c.k, kind, &state);
    c.door.write(at, &bytes)?;
    Ok(0)
}

/// IPC_SET. Of the owners only the guest's own user and group can be named, which the object has already.
fn set(c: &mut Call<'_>, kind: Kind, id: i32, at: u64) -> SysResult {
    const RIGHTS: u32 = 0o777;
    let given = c.door.read_vec(at, if kind == Kind::Queue { OWNER + 48 } else { OWNER })?;
    check(c, kind, id)?;
    let half = |n: usize| u32::from_le_bytes(given[n..n + 4].try_into().expect("4 bytes"));
    if half(4) != c.k.ids.uid.effective || half(8) != c.k.ids.gid.effective {
        c.flags.0 |= SvcFlags::REFUSED;
        return Err(Errno::EPERM);
    }
    let mut size = None;
    if let Some(wanted) = given.get(OWNER + 40..OWNER + 48) {
        let wanted = u64::from_le_bytes(wanted.try_into().expect("8 bytes"));
        // msgmnb: the second half of the second word of struct msginfo (include/uapi/linux/msg.h).
        if wanted > host::ipc_limits(kind)?[1] >> 32 && c.k.ids.uid.effective != 0 {
            return Err(Errno::EPERM);
        }
        size = Some(wanted);
    }
    host::ipc_set(kind, id, half(20) & RIGHTS, size)?;
    Ok(0)
}

fn remove(c: &mut Call<'_>, kind: Kind, id: i32) -> SysResult {
    check(c, kind, id)?;
    host::ipc_remove(kind, id)?;
    // A segment that is attached lives on under its id.
    if host::ipc_state(kind, id).is_err() {
        c.k.ipc.registry.remove(kind, id);
    }
    Ok(0)
}

/// The limits of the host; the index of the last object, which the guest cannot use, is 0.
fn limits(c: &mut Call<'_>, kind: Kind, at: u64) -> SysResult {
    // struct shminfo64, seminfo, msginfo (include/uapi/asm-generic/shmbuf.h, linux/sem.h, linux/msg.h).
    let len = match kind {
        Kind::Segment => 72,
        Kind::Semaphores => 40,
        Kind::Queue => 32,
    };
    let words = host::ipc_limits(kind)?;
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).take(len).collect();
    c.door.write(at, &bytes)?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn keys_come_back_and_none_is_lost() {
        for seed in [0, 1, u64::MAX, 0x1234_5678_9ABC_DEF0, 0x8000_0000_8000_0000] {
            let keys = Keys::new(seed);
            assert_eq!(keys.to_host(0), 0, "IPC_PRIVATE is no key");
            // The key that would become 0 is the one that must not.
            for key in [1, 2, 0x4500_0000, u32::MAX, keys.backward(0)] {
                if key != 0 {
                    assert_ne!(keys.to_host(key), 0, "{seed:x} {key:x}");
                    assert_eq!(keys.to_guest(keys.to_host(key)), key, "{seed:x} {key:x}");
                }
            }
        }
    }
}
