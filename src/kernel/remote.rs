//! process_vm_readv and process_vm_writev: memory of a process, named from outside (mm/process_vm_access.c).
//!
//! A process reaches its own memory, and reads that of another one by asking for it. To write there is refused, as Linux
//! refuses it to who may not trace the process: the change would come at a point of the other's run that its trace knows
//! nothing of.

use super::family::{ANSWER_MAX, Process, Question, State};
use super::{Call, Handler, SysResult, procfs};
use crate::guest::PAGE;
use crate::host::Errno;
use traces::Tid;
use traces::event::SvcFlags;

pub(super) const CALLS: &[(u32, Handler)] =
    &[(270, |c| transfer(c, Way::FromRemote)), (271, |c| transfer(c, Way::ToRemote))];

/// Most entries of an iovec array (UIO_MAXIOV).
const IOV_MAX: u64 = 1024;
/// Most bytes of all local pieces together (MAX_RW_COUNT).
const LOCAL_MAX: u64 = 0x7FFF_F000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    FromRemote,
    ToRemote,
}

/// The (address, length) pairs of an array; EINVAL for a length that is negative.
fn pieces(c: &Call<'_>, at: u64, count: u64) -> Result<Vec<(u64, u64)>, Errno> {
    if count > IOV_MAX {
        return Err(Errno::EINVAL);
    }
    let bytes = c.door.read_vec(at, usize::try_from(count * 16).expect("at most 16 KiB"))?;
    let words: Vec<u64> = bytes.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)).collect();
    let pairs: Vec<(u64, u64)> = words.as_chunks::<2>().0.iter().map(|&[at, len]| (at, len)).collect();
    let fits = pairs.iter().all(|&(_, len)| i64::try_from(len).is_ok());
    if fits { Ok(pairs) } else { Err(Errno::EINVAL) }
}

/// Pieces of memory as one row of bytes, which is used up from the front.
struct Row {
    pieces: Vec<(u64, u64)>,
    /// The piece that is next.
    at: usize,
}

impl Row {
    fn new(pieces: Vec<(u64, u64)>) -> Row {
        Row { pieces, at: 0 }
    }

    /// What is left of the next piece that is not empty: address and length; none at the end.
    fn piece(&mut self) -> Option<&(u64, u64)> {
        while self.pieces.get(self.at).is_some_and(|&(_, len)| len == 0) {
            self.at += 1;
        }
        self.pieces.get(self.at)
    }

    /// The next bytes that lie in one piece and in one page: address and how many; none at the end.
    fn next(&mut self) -> Option<(u64, u64)> {
        self.piece().map(|&(at, len)| (at, len.min(PAGE - at % PAGE)))
    }

    /// Bytes left in all pieces.
    fn left(&self) -> u64 {
        self.pieces.iter().map(|&(_, len)| len).fold(0, u64::saturating_add)
    }

    fn use_up(&mut self, count: u64) {
        let (at, len) = &mut self.pieces[self.at];
        *at = at.wrapping_add(count);
        *len -= count;
    }
}

fn transfer(c: &mut Call<'_>, way: Way) -> SysResult {
    let [_, local, local_count, remote, remote_count, flags] = c.args;
    if flags != 0 {
        return Err(Errno::EINVAL);
    }
    let mut local = pieces(c, local, local_count)?;
    let mut room = LOCAL_MAX;
    for (_, len) in &mut local {
        *len = (*len).min(room);
        room -= *len;
    }
    if room == LOCAL_MAX {
        return Ok(0);
    }
    let remote = pieces(c, remote, remote_count)?;
    if remote.iter().all(|&(_, len)| len == 0) {
        return Ok(0);
    }
    let (local, remote) = (Row::new(local), Row::new(remote));
    match other(c)? {
        None => copy(c, way, local, remote),
        Some(process) if way == Way::FromRemote => ask(c, &process, local, remote),
        Some(_) => {
            c.flags.0 |= SvcFlags::REFUSED;
            Err(Errno::EPERM)
        }
    }
}

/// The process that is meant, none for our own: ESRCH if there is none, EPERM if it is another user's.
fn other(c: &mut Call<'_>) -> Result<Option<Process>, Errno> {
    let pid = c.uint(0);
    if c.k.threads.get(Tid(pid)).is_some() {
        return Ok(None);
    }
    let process = c.k.family.find(pid).filter(|p| p.state != State::Zombie).ok_or(Errno::ESRCH)?;
    let ids = c.k.ids.uid;
    if ids.effective == 0 || ids.real == process.user { Ok(Some(process)) } else { Err(Errno::EPERM) }
}

/// Reads what another process has until one of the rows ends or a page is not there.
fn ask(c: &mut Call<'_>, of: &Process, mut local: Row, mut remote: Row) -> SysResult {
    let mut done = 0;
    while let (Some(_), Some(&(there, len))) = (local.next(), remote.piece()) {
        let count = len.min(local.left()).min(ANSWER_MAX as u64);
        let words = [there.to_le_bytes(), count.to_le_bytes()];
        let k = &*c.k;
        let answer = k.family.ask(of, Question::Memory, words.as_flattened(), &|| procfs::answer(k));
        let mut rest = match answer {
            Ok(bytes) => bytes,
            Err(errno) => return if done > 0 { Ok(done) } else { Err(errno) },
        };
        let is_short = (rest.len() as u64) < count;
        while let Some((here, room)) = local.next().filter(|_| !rest.is_empty()) {
            let now = usize::try_from(room).expect("at most a page").min(rest.len());
            if let Err(errno) = c.door.write(here, &rest[..now]) {
                return if done > 0 { Ok(done) } else { Err(errno) };
            }
            rest.drain(..now);
            local.use_up(now as u64);
            remote.use_up(now as u64);
            done += now as u64;
        }
        if is_short {
            return if done > 0 { Ok(done) } else { Err(Errno::EFAULT) };
        }
    }
    Ok(done)
}

/// Copies until one of the rows ends or a page is not there. What was copied before that counts.
fn copy(c: &mut Call<'_>, way: Way, mut local: Row, mut remote: Row) -> SysResult {
    let mut done = 0;
    while let (Some((here, room)), Some((there, len))) = (local.next(), remote.next()) {
        let count = room.min(len);
        let (from, to) = if way == Way::FromRemote { (there, here) } else { (here, there) };
        let bytes = c.door.read_vec(from, usize::try_from(count).expect("at most a page"));
        if let Err(errno) = bytes.and_then(|bytes| c.door.write(to, &bytes)) {
            return if done > 0 { Ok(done) } else { Err(errno) };
        }
        local.use_up(count);
        remote.use_up(count);
        done += count;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_goes_on_piece_by_piece_and_stops_at_pages() {
        let mut row = Row::new(vec![(0x10_0000, 0), (0x10_0FF0, 0x30), (u64::MAX, 1)]);
        let mut seen = Vec::new();
        while let Some((at, len)) = row.next() {
            let count = len.min(0x18);
            seen.push((at, count));
            row.use_up(count);
        }
        assert_eq!(seen, [(0x10_0FF0, 0x10), (0x10_1000, 0x18), (0x10_1018, 8), (u64::MAX, 1)]);
    }
}
