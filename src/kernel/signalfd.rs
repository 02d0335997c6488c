//! signalfd4: signals that are read from a file (fs/signalfd.c).
//!
//! The guest's descriptor is an event counter of the host that is up exactly while a matching signal waits, so that
//! poll, select and epoll work by themselves. What is read comes from the queues of `signal`.

use super::fd::OpenFile;
use super::{Call, Handler, Kernel, SysResult};
use crate::host::{self, Errno};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub(super) const CALLS: &[(u32, Handler)] = &[(74, signalfd4)];

const CLOEXEC: u32 = 0x8_0000;
const NONBLOCK: u32 = 0x800;
/// Bytes of a struct signalfd_siginfo.
pub(super) const INFO: u64 = 128;

/// What the descriptors of one signalfd have in common.
#[derive(Debug)]
pub(crate) struct SignalFile {
    /// The event counter.
    counter: OwnedFd,
    /// The signals that it tells of.
    mask: AtomicU64,
    /// Whether the counter is up.
    up: AtomicBool,
}

impl SignalFile {
    fn new(counter: OwnedFd, mask: u64) -> SignalFile {
        SignalFile { counter, mask: AtomicU64::new(mask), up: AtomicBool::new(false) }
    }

    pub(super) fn mask(&self) -> u64 {
        self.mask.load(Ordering::Relaxed)
    }

    /// Brings the counter in step with the set of signals that wait.
    pub(super) fn show(&self, waiting: u64) {
        let up = waiting & self.mask() != 0;
        if up == self.up.load(Ordering::Relaxed) {
            return;
        }
        let counter = self.counter.as_fd();
        let done =
            if up { host::write(counter, &1u64.to_ne_bytes()) } else { host::read(counter, &mut [0; 8]) };
        if done.is_ok() {
            self.up.store(up, Ordering::Relaxed);
        }
    }
}

fn signalfd4(c: &mut Call<'_>) -> SysResult {
    let (fd, flags) = (c.int(0), c.uint(3));
    if c.args[2] != 8 || flags & !(CLOEXEC | NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    let mask = c.door.read_u64(c.args[1])?;
    if fd != -1 {
        let file = c.k.fds.get(fd)?.signals.clone().ok_or(Errno::EINVAL)?;
        file.mask.store(mask, Ordering::Relaxed);
        c.k.show_waiting();
        return Ok(c.args[0] & 0xFFFF_FFFF);
    }
    let (file, signals) = open(flags, mask)?;
    let number = c.k.fds.insert(file, 0)?;
    c.k.add_signal_file(&signals);
    Ok(number)
}

/// A new descriptor.
fn open(flags: u32, mask: u64) -> Result<(OpenFile, Arc<SignalFile>), Errno> {
    let host = host::eventfd(0, flags & NONBLOCK)?;
    let signals = Arc::new(SignalFile::new(host::duplicate(host.as_fd())?, mask));
    let mut file = OpenFile::new(host, flags & CLOEXEC != 0, b"anon_inode:[signalfd]".to_vec());
    file.signals = Some(Arc::clone(&signals));
    Ok((file, signals))
}

/// In a forked child: its signalfds tell of its own signals, so that each gets a counter of its own. Where the host
/// has none to give the descriptor stays the parent's.
pub(super) fn separate(k: &mut Kernel) {
    let mut known: Vec<(Arc<SignalFile>, Arc<SignalFile>, OwnedFd)> = Vec::new();
    let numbers: Vec<i32> =
        k.fds.open().filter(|(_, file)| file.signals.is_some()).map(|(fd, _)| fd).collect();
    for fd in numbers {
        let Ok(file) = k.fds.get_mut(fd) else { continue };
        let Some(old) = file.signals.clone() else { continue };
        let fresh = known.iter().position(|(before, ..)| Arc::ptr_eq(before, &old)).or_else(|| {
            let flags = host::open_flags(file.host.as_fd()).ok()? & NONBLOCK;
            let (made, signals) = open(flags, old.mask()).ok()?;
            known.push((Arc::clone(&old), signals, host::duplicate(made.host.as_fd()).ok()?));
            Some(known.len() - 1)
        });
        let Some((_, signals, counter)) = fresh.map(|n| &known[n]) else { continue };
        let Ok(copy) = host::duplicate(counter.as_fd()) else { continue };
        file.host = Arc::new(copy);
        file.signals = Some(Arc::clone(signals));
    }
    for (_, signals, _) in &known {
        k.add_signal_file(signals);
    }
}

/// Takes as many signals as fit into `len` bytes; none if there are none now.
pub(super) fn take(k: &mut Kernel, file: &SignalFile, len: u64) -> Result<Option<Vec<u8>>, Errno> {
    let most = usize::try_from(len / INFO).unwrap_or(usize::MAX);
    if most == 0 {
        return Err(Errno::EINVAL);
    }
    k.take_host_signals();
    let mut bytes = Vec::new();
    for _ in 0..most {
        let Some(info) = k.take_info(file.mask()) else { break };
        bytes.extend(convert(&info));
    }
    Ok(if bytes.is_empty() { None } else { Some(bytes) })
}

/// A siginfo as struct signalfd_siginfo (include/uapi/linux/signalfd.h): which fields it has follows from the signal
/// and the code, as kernel/signal.c siginfo_layout says.
fn convert(info: &[u8; 128]) -> [u8; 128] {
    const SI_TIMER: i32 = -2;
    const SI_USER: i32 = 0;
    const SI_TKILL: i32 = -6;
    const SI_SIGIO: i32 = -5;
    let half = |at: usize| i32::from_le_bytes(info[at..at + 4].try_into().expect("4 bytes"));
    let (signo, code) = (half(0), half(8));
    let mut out = [0; 128];
    let mut copy =
        |to: usize, from: usize, len: usize| out[to..to + len].copy_from_slice(&info[from..from + len]);
    copy(0, 0, 4);
    copy(4, 4, 4);
    copy(8, 8, 4);
    match (signo, code) {
        (_, SI_TIMER) => {
            copy(24, 16, 4); // timer id
            copy(32, 20, 4); // overrun
            copy(48, 24, 8); // value
            copy(44, 24, 4);
        }
        (_, SI_SIGIO) | (29, 1..=6) => {
            copy(28, 16, 4); // band
            copy(20, 24, 4); // descriptor
        }
        (17, 1..=6) => {
            copy(12, 16, 8); // pid and uid
            copy(40, 24, 4); // status
            copy(56, 32, 16); // times
        }
        (4 | 5 | 7 | 8 | 11, 1..=0x7F) => copy(72, 16, 8), // address
        (_, SI_USER | SI_TKILL | 1..) => copy(12, 16, 8),
        _ => {
            copy(12, 16, 8);
            copy(48, 24, 8);
            copy(44, 24, 4);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_follow_from_signal_and_code() {
        let mut info = [0u8; 128];
        for (n, byte) in info.iter_mut().enumerate().skip(16) {
            *byte = u8::try_from(n).unwrap();
        }
        let mut with = |signo: i32, code: i32| {
            info[..4].copy_from_slice(&signo.to_le_bytes());
            info[8..12].copy_from_slice(&code.to_le_bytes());
            convert(&info)
        };
        let queued = with(34, -1);
        assert_eq!((queued[12], queued[16], queued[44], queued[48], queued[55]), (16, 20, 24, 24, 31));
        let child = with(17, 1);
        assert_eq!((child[12], child[16], child[40], child[56], child[71]), (16, 20, 24, 32, 47));
        let timer = with(14, -2);
        assert_eq!((timer[24], timer[32], timer[44], timer[12]), (16, 20, 24, 0));
        let fault = with(11, 1);
        assert_eq!((fault[72], fault[79], fault[12]), (16, 23, 0));
        let user = with(10, 0);
        assert_eq!((user[12], user[19], user[48]), (16, 23, 0));
    }
}
