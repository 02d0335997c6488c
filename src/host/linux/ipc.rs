//! System V IPC of the host: segments, semaphores, message queues. Structures come as the words that arm64's Linux has
//! in them, which is what other architectures have but for padding.

use super::{checked, count};
use crate::host::Errno;

/// Which kind of object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ipc {
    /// A shared memory segment.
    Segment,
    /// A set of semaphores.
    Semaphores,
    /// A message queue.
    Queue,
}

/// struct ipc64_perm (include/uapi/asm-generic/ipcbuf.h).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IpcOwner {
    /// The key that it was made with.
    pub key: u32,
    /// Owner and group, creator and creator's group.
    pub ids: [u32; 4],
    /// Rights and state.
    pub mode: u32,
    /// How often its slot was used.
    pub sequence: u16,
}

/// What IPC_STAT tells.
#[derive(Clone, Debug)]
pub struct IpcState {
    /// Who may do what.
    pub owner: IpcOwner,
    /// The words that follow: those of shmid64_ds, semid64_ds, msqid64_ds (include/uapi/asm-generic).
    pub words: Vec<u64>,
}

/// Words of the largest of the host's structures, and some more.
type Raw = [u64; 32];

/// Words of struct ipc64_perm.
const OWNER_WORDS: usize = 6;

fn id_of(result: i64) -> Result<i32, Errno> {
    checked(result).map(|id| i32::try_from(id).unwrap_or(i32::MAX))
}

/// shmget(2), semget(2) or msgget(2); `size` is the size in bytes or the number of semaphores.
///
/// # Errors
/// The host's errno.
pub fn ipc_get(kind: Ipc, key: u32, size: u64, flags: i32) -> Result<i32, Errno> {
    let key = key.cast_signed();
    id_of(i64::from(match kind {
        Ipc::Segment => {
            let size = usize::try_from(size).map_err(|_| Errno::EINVAL)?;
            // SAFETY: no pointers.
            unsafe { libc::shmget(key, size, flags) }
        }
        Ipc::Semaphores => {
            let size = i32::try_from(size).map_err(|_| Errno::EINVAL)?;
            // SAFETY: no pointers.
            unsafe { libc::semget(key, size, flags) }
        }
        // SAFETY: no pointers.
        Ipc::Queue => unsafe { libc::msgget(key, flags) },
    }))
}

/// shmctl(2), semctl(2) or msgctl(2) with a command whose argument is a structure of at most [`Raw`]'s size, or none.
fn control(kind: Ipc, id: i32, command: i32, raw: &mut Raw) -> Result<i64, Errno> {
    let at = raw.as_mut_ptr();
    checked(i64::from(match kind {
        // SAFETY: `at` is live and larger than any structure that the commands of this file pass.
        Ipc::Segment => unsafe { libc::shmctl(id, command, at.cast()) },
        // SAFETY: as above.
        Ipc::Semaphores => unsafe { libc::semctl(id, 0, command, at) },
        // SAFETY: as above.
        Ipc::Queue => unsafe { libc::msgctl(id, command, at.cast()) },
    }))
}

/// The words that the kind has on arm64, of the host's.
fn words_of(kind: Ipc, raw: &Raw) -> Vec<u64> {
    let words = &raw[OWNER_WORDS..];
    match kind {
        Ipc::Segment => words[..8].to_vec(),
        // x86-64 has a word of padding behind each of the two times (asm/sembuf.h).
        Ipc::Semaphores if cfg!(target_arch = "x86_64") => vec![words[0], words[2], words[4], 0, 0],
        Ipc::Semaphores => words[..5].to_vec(),
        Ipc::Queue => words[..9].to_vec(),
    }
}

/// IPC_STAT.
///
/// # Errors
/// The host's errno.
pub fn ipc_state(kind: Ipc, id: i32) -> Result<IpcState, Errno> {
    let mut raw = [0; 32];
    control(kind, id, libc::IPC_STAT, &mut raw)?;
    let half = |n: usize| u32::try_from(raw[n / 2] >> (32 * (n % 2)) & 0xFFFF_FFFF).expect("32 bits");
    let owner = IpcOwner {
        key: half(0),
        ids: [half(1), half(2), half(3), half(4)],
        mode: half(5),
        sequence: u16::try_from(half(6) & 0xFFFF).expect("16 bits"),
    };
    Ok(IpcState { owner, words: words_of(kind, &raw) })
}

/// IPC_SET of the rights, and of the size of a queue in bytes; owners stay.
///
/// # Errors
/// The host's errno.
pub fn ipc_set(kind: Ipc, id: i32, mode: u32, bytes: Option<u64>) -> Result<(), Errno> {
    let mut raw = [0; 32];
    control(kind, id, libc::IPC_STAT, &mut raw)?;
    // The mode is the high half of the third word; msg_qbytes is the sixth behind the owner.
    raw[2] = raw[2] & 0xFFFF_FFFF | u64::from(mode) << 32;
    if let Some(bytes) = bytes {
        raw[OWNER_WORDS + 5] = bytes;
    }
    control(kind, id, libc::IPC_SET, &mut raw).map(drop)
}

/// IPC_RMID.
///
/// # Errors
/// The host's errno.
pub fn ipc_remove(kind: Ipc, id: i32) -> Result<(), Errno> {
    control(kind, id, libc::IPC_RMID, &mut [0; 32]).map(drop)
}

/// IPC_INFO: the words of struct shminfo64, seminfo or msginfo, the same on all 64-bit architectures.
///
/// # Errors
/// The host's errno.
pub fn ipc_limits(kind: Ipc) -> Result<[u64; 32], Errno> {
    const IPC_INFO: i32 = 3;
    let mut raw = [0; 32];
    control(kind, 0, IPC_INFO, &mut raw)?;
    Ok(raw)
}

/// SHM_LOCK and SHM_UNLOCK.
///
/// # Errors
/// The host's errno.
pub fn segment_lock(id: i32, command: i32) -> Result<(), Errno> {
    control(Ipc::Segment, id, command, &mut [0; 32]).map(drop)
}

/// An attached segment, of which only the count of attachments is of interest: whoever has one is counted, his
/// children are, and it ends with the process.
#[derive(PartialEq, Eq, Debug)]
pub struct Attachment(usize);

/// shmat(2) at an address of the host's choice.
///
/// # Errors
/// The host's errno.
pub fn segment_attach(id: i32, read_only: bool) -> Result<Attachment, Errno> {
    let flags = if read_only { libc::SHM_RDONLY } else { 0 };
    // SAFETY: the host chooses an address that is free.
    let at = unsafe { libc::shmat(id, std::ptr::null(), flags) };
    if at.addr() == usize::MAX { Err(Errno::last()) } else { Ok(Attachment(at.expose_provenance())) }
}

/// shmdt(2).
pub fn segment_detach(attachment: Attachment) {
    // SAFETY: nobody has a reference into the segment.
    unsafe { libc::shmdt(std::ptr::with_exposed_provenance(attachment.0)) };
}

/// A struct sembuf: semaphore, operation, flags.
pub type SemaphoreStep = (u16, i16, i16);

/// semop(2) that does not wait.
///
/// # Errors
/// EAGAIN if it would wait; else the host's errno.
pub fn semaphores_operate(id: i32, steps: &[SemaphoreStep]) -> Result<(), Errno> {
    /// IPC_NOWAIT in the width that it has here.
    const NOWAIT: i16 = 0o4000;
    let mut host: Vec<libc::sembuf> = steps
        .iter()
        .map(|&(sem_num, sem_op, flags)| libc::sembuf { sem_num, sem_op, sem_flg: flags | NOWAIT })
        .collect();
    // SAFETY: `host` is live for its length.
    checked(i64::from(unsafe { libc::semop(id, host.as_mut_ptr(), host.len()) })).map(drop)
}

/// GETVAL, GETPID, GETNCNT or GETZCNT.
///
/// # Errors
/// The host's errno.
pub fn semaphore_get(id: i32, number: i32, command: i32) -> Result<i64, Errno> {
    // SAFETY: these commands take no argument.
    checked(i64::from(unsafe { libc::semctl(id, number, command) }))
}

/// SETVAL.
///
/// # Errors
/// The host's errno.
pub fn semaphore_set(id: i32, number: i32, value: i32) -> Result<(), Errno> {
    // SAFETY: the argument of this command is a number.
    checked(i64::from(unsafe { libc::semctl(id, number, libc::SETVAL, value) })).map(drop)
}

/// GETALL of `number` semaphores, which is how many there are.
///
/// # Errors
/// The host's errno; EINVAL if there are others by now.
pub fn semaphores_get(id: i32, number: usize) -> Result<Vec<u16>, Errno> {
    // The number is fixed when the set is made, and an id that was used again is another one.
    let mut values = vec![0u16; number];
    // SAFETY: `values` is writable for as many semaphores as the set has.
    checked(i64::from(unsafe { libc::semctl(id, 0, libc::GETALL, values.as_mut_ptr()) }))?;
    Ok(values)
}

/// SETALL of as many semaphores as there are.
///
/// # Errors
/// The host's errno.
pub fn semaphores_set(id: i32, values: &mut [u16]) -> Result<(), Errno> {
    // SAFETY: `values` is readable for as many semaphores as the set has.
    checked(i64::from(unsafe { libc::semctl(id, 0, libc::SETALL, values.as_mut_ptr()) })).map(drop)
}

/// A message as the host takes it: its type, then its bytes.
fn message(kind: i64, bytes: &[u8]) -> Vec<u64> {
    let mut words = vec![kind.cast_unsigned()];
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        words.push(u64::from_ne_bytes(word));
    }
    words
}

/// Undoes what was done with SEM_UNDO, as the end of the process does, once the threads that share the list are gone.
pub fn undo_semaphores() {
    // SAFETY: no pointers; the calling thread gets an empty list. Where that fails the host undoes it at the end.
    unsafe { libc::unshare(libc::CLONE_SYSVSEM) };
}

/// msgsnd(2) that does not wait.
///
/// # Errors
/// EAGAIN if there is no room; else the host's errno.
pub fn queue_send(id: i32, kind: i64, bytes: &[u8], flags: i32) -> Result<(), Errno> {
    let message = message(kind, bytes);
    let at = message.as_ptr().cast();
    // SAFETY: `message` is readable for a word and the bytes.
    checked(i64::from(unsafe { libc::msgsnd(id, at, bytes.len(), flags | libc::IPC_NOWAIT) })).map(drop)
}

/// msgrcv(2) that does not wait, of at most `room` bytes. Answers the type and the bytes.
///
/// # Errors
/// ENOMSG if there is none; else the host's errno.
pub fn queue_receive(id: i32, room: usize, kind: i64, flags: i32) -> Result<(i64, Vec<u8>), Errno> {
    let mut words = vec![0u64; 1 + room.div_ceil(8)];
    let at = words.as_mut_ptr().cast();
    // SAFETY: `words` is writable for a word and `room` bytes.
    let len = count(unsafe { libc::msgrcv(id, at, room, kind, flags | libc::IPC_NOWAIT) })?;
    let mut bytes: Vec<u8> = words[1..].iter().flat_map(|word| word.to_ne_bytes()).collect();
    bytes.truncate(len);
    Ok((words[0].cast_signed(), bytes))
}
