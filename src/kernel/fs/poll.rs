//! Waiting until files are ready: ppoll and pselect6.

use crate::host::{self, Errno};
use crate::kernel::park::{PARKED, Wait};
use crate::kernel::time::{read_timespec, timespec};
use crate::kernel::{Call, Handler, SysResult};
use std::os::fd::BorrowedFd;
use std::sync::Arc;

pub(super) const CALLS: &[(u32, Handler)] = &[(72, pselect), (73, ppoll)];

const POLLIN: i16 = 1;
const POLLPRI: i16 = 2;
const POLLOUT: i16 = 4;
const POLLERR: i16 = 8;
const POLLHUP: i16 = 16;
const POLLNVAL: i16 = 32;

/// The signal mask to wait under, from an address and its stated size.
pub(super) fn mask(c: &Call<'_>, at: u64, size: u64) -> Result<Option<u64>, Errno> {
    match (at, size) {
        (0, _) => Ok(None),
        (_, 8) => c.door.read_u64(at).map(Some),
        _ => Err(Errno::EINVAL),
    }
}

/// Waits under a signal mask until files are ready. The timeout in guest memory is brought up to date like
/// Linux's system calls do, whose callers in libc pass a copy.
fn wait(c: &mut Call<'_>, wanted: &[(i32, i16)], timeout: u64, mask: Option<u64>) -> Result<Vec<i16>, Errno> {
    if !c.resume.again {
        if timeout != 0 {
            let length = read_timespec(c, timeout)?.0;
            c.deadline_after(length);
        }
        if let Some(mask) = mask {
            c.k.suspend(mask);
        }
    }
    let mut answers = poll_now(c, wanted);
    if matches!(&answers, Ok(all) if all.iter().all(|&events| events == 0)) && !c.is_over() {
        let files =
            wanted.iter().filter_map(|&(fd, events)| Some((Arc::clone(&c.k.fds.get(fd).ok()?.host), events)));
        let wait = Wait { files: files.collect(), ..Wait::forever().or_until(c.resume.deadline) };
        answers = Err(c.park(wait));
    }
    if answers == Err(PARKED) {
        return answers;
    }
    if let Some(deadline) = c.resume.deadline {
        let left = deadline.saturating_sub(host::monotonic_ns());
        let _ = c.door.write(timeout, &timespec(left)); // read-only memory is no error
    }
    answers
}

/// What is ready now. Descriptors that are not open answer so.
fn poll_now(c: &Call<'_>, wanted: &[(i32, i16)]) -> Result<Vec<i16>, Errno> {
    let mut polled: Vec<(BorrowedFd<'_>, i16)> = Vec::new();
    let mut places = Vec::new();
    let mut answers = vec![0; wanted.len()];
    for (n, &(fd, events)) in wanted.iter().enumerate() {
        match c.k.fds.host(fd) {
            Ok(host) => {
                polled.push((host, events));
                places.push(n);
            }
            Err(_) if fd >= 0 => answers[n] = POLLNVAL,
            Err(_) => {}
        }
    }
    let mut ready = Vec::new();
    match host::poll(&polled, &mut ready, Some(0)) {
        Ok(_) | Err(Errno::EINTR) => {} // it does not wait, so that nothing was cut short
        Err(errno) => return Err(errno),
    }
    for (place, events) in places.into_iter().zip(ready) {
        answers[place] = events;
    }
    Ok(answers)
}

fn ppoll(c: &mut Call<'_>) -> SysResult {
    let [at, _, tmo, set, size, _] = c.args;
    let mask = mask(c, set, size)?;
    let count = usize::try_from(c.uint(1)).expect("32 bits");
    if count > c.k.fds.limit() {
        return Err(Errno::EINVAL);
    }
    let len = count * 8;
    let mut bytes = c.door.read_vec(at, len)?;
    let wanted: Vec<(i32, i16)> = bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|b| (i32::from_le_bytes([b[0], b[1], b[2], b[3]]), i16::from_le_bytes([b[4], b[5]])))
        .collect();
    let answers = wait(c, &wanted, tmo, mask)?;
    for (n, events) in answers.iter().enumerate() {
        bytes[n * 8 + 6..n * 8 + 8].copy_from_slice(&events.to_le_bytes());
    }
    c.door.write(at, &bytes)?;
    Ok(answers.iter().filter(|&&events| events != 0).count() as u64)
}

fn pselect(c: &mut Call<'_>) -> SysResult {
    let [_, reads, writes, excepts, tmo, masked] = c.args;
    let mask = match masked {
        0 => None,
        at => mask(c, c.door.read_u64(at)?, c.door.read_u64(at.wrapping_add(8))?)?,
    };
    let count = usize::try_from(c.int(0)).map_err(|_| Errno::EINVAL)?;
    let count = count.min(c.k.fds.width());
    let bytes = count.div_ceil(64) * 8;
    let mut sets = Vec::new();
    for at in [reads, writes, excepts] {
        sets.push(if at == 0 { vec![0; bytes] } else { c.door.read_vec(at, bytes)? });
    }
    let has = |set: &[u8], fd: usize| set[fd / 8] & (1 << (fd % 8)) != 0;
    let mut wanted = Vec::new();
    for fd in 0..count {
        let mut events = 0;
        for (set, event) in sets.iter().zip([POLLIN, POLLOUT, POLLPRI]) {
            if has(set, fd) {
                events |= event;
            }
        }
        if events != 0 {
            let number = i32::try_from(fd).expect("below the limit");
            c.k.fds.get(number)?;
            wanted.push((number, events));
        }
    }
    let answers = wait(c, &wanted, tmo, mask)?;
    let meanings = [POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI];
    let mut ready = 0;
    let mut out = vec![vec![0; bytes]; 3];
    for (&(fd, _), &events) in wanted.iter().zip(&answers) {
        let fd = usize::try_from(fd).expect("not negative");
        for ((set, meaning), result) in sets.iter().zip(meanings).zip(&mut out) {
            if has(set, fd) && events & meaning != 0 {
                result[fd / 8] |= 1 << (fd % 8);
                ready += 1;
            }
        }
    }
    for (at, set) in [reads, writes, excepts].into_iter().zip(&out) {
        c.door.write_optional(at, set)?;
    }
    Ok(ready)
}
