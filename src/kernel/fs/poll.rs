//! Waiting until files are ready: ppoll and pselect6.

use crate::host::{self, Errno};
use crate::kernel::time::read_timespec;
use crate::kernel::{Call, Handler, SysResult};
use std::os::fd::BorrowedFd;

pub(super) const CALLS: &[(u32, Handler)] = &[(72, pselect), (73, ppoll)];

const POLLIN: i16 = 1;
const POLLPRI: i16 = 2;
const POLLOUT: i16 = 4;
const POLLERR: i16 = 8;
const POLLHUP: i16 = 16;
const POLLNVAL: i16 = 32;

fn timeout(c: &Call<'_>, at: u64) -> Result<Option<u64>, Errno> {
    if at == 0 { Ok(None) } else { read_timespec(c, at).map(|ns| Some(ns.0)) }
}

fn wait(c: &mut Call<'_>, wanted: &[(i32, i16)], timeout: Option<u64>) -> Result<Vec<i16>, Errno> {
    c.door.log().will_block();
    let mut polled: Vec<(BorrowedFd<'_>, i16)> = Vec::new();
    let mut answers = vec![0; wanted.len()];
    let mut places = Vec::new();
    let mut bad = false;
    for (n, &(fd, events)) in wanted.iter().enumerate() {
        if fd < 0 {
            continue;
        }
        match c.k.fds.host(fd) {
            Ok(host) => {
                polled.push((host, events));
                places.push(n);
            }
            Err(_) => {
                answers[n] = POLLNVAL;
                bad = true;
            }
        }
    }
    let mut ready = Vec::new();
    host::poll(&polled, &mut ready, if bad { Some(0) } else { timeout })?;
    for (place, events) in places.into_iter().zip(ready) {
        answers[place] = events;
    }
    Ok(answers)
}

fn ppoll(c: &mut Call<'_>) -> SysResult {
    let [at, count, tmo, ..] = c.args;
    if count > crate::kernel::fd::LIMIT as u64 {
        return Err(Errno::EINVAL);
    }
    let timeout = timeout(c, tmo)?;
    let len = usize::try_from(count * 8).expect("8 KiB");
    let mut bytes = c.door.read_vec(at, len)?;
    let wanted: Vec<(i32, i16)> = bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|b| (i32::from_le_bytes([b[0], b[1], b[2], b[3]]), i16::from_le_bytes([b[4], b[5]])))
        .collect();
    let answers = wait(c, &wanted, timeout)?;
    for (n, events) in answers.iter().enumerate() {
        bytes[n * 8 + 6..n * 8 + 8].copy_from_slice(&events.to_le_bytes());
    }
    c.door.write(at, &bytes)?;
    Ok(answers.iter().filter(|&&events| events != 0).count() as u64)
}

fn pselect(c: &mut Call<'_>) -> SysResult {
    let [_, reads, writes, excepts, tmo, _] = c.args;
    let count = usize::try_from(c.int(0)).map_err(|_| Errno::EINVAL)?;
    let count = count.min(crate::kernel::fd::LIMIT);
    let bytes = count.div_ceil(64) * 8;
    let timeout = timeout(c, tmo)?;
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
    let answers = wait(c, &wanted, timeout)?;
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
