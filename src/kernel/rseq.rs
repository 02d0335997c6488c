//! Restartable sequences: rseq(2) (kernel/rseq.c).
//!
//! A thread is not preempted inside a sequence: its quantum ends behind it, so that only a signal has to make it start
//! again. There is one processor, so that the numbers in the thread's area never change.

use super::door::Door;
use super::{Call, Handler, Kernel, SysResult};
use crate::engine::Regs;
use crate::guest::Space;
use crate::host::Errno;

pub(super) const CALLS: &[(u32, Handler)] = &[(293, rseq)];

/// Bytes of struct rseq as it was first, and its alignment (include/uapi/linux/rseq.h).
const SIZE: u32 = 32;
/// Where the address of the sequence's descriptor stands.
const DESCRIPTOR: u64 = 8;

/// What a thread has registered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Registration {
    at: u64,
    len: u32,
    signature: u32,
}

/// A sequence that is armed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Sequence {
    start: u64,
    len: u64,
    abort: u64,
}

impl Sequence {
    fn contains(self, pc: u64) -> bool {
        pc.wrapping_sub(self.start) < self.len
    }
}

fn rseq(c: &mut Call<'_>) -> SysResult {
    const UNREGISTER: u32 = 1;
    let wanted = Registration { at: c.args[0], len: c.uint(1), signature: c.uint(3) };
    let mine = c.k.me().rseq;
    let flags = c.uint(2);
    if flags & !UNREGISTER != 0 {
        return Err(Errno::EINVAL);
    }
    match mine {
        Some(mine) if mine.at != wanted.at || mine.len != wanted.len => return Err(Errno::EINVAL),
        Some(mine) if mine.signature != wanted.signature => return Err(Errno::EPERM),
        Some(_) if flags == UNREGISTER => {
            show_processor(&mut c.door, wanted.at, u32::MAX)?;
            c.k.me_mut().rseq = None;
            return Ok(0);
        }
        Some(_) => return Err(Errno::EBUSY),
        None if flags == UNREGISTER => return Err(Errno::EINVAL),
        None => {}
    }
    if wanted.len < SIZE || !wanted.at.is_multiple_of(SIZE.into()) {
        return Err(Errno::EINVAL);
    }
    c.door.write(wanted.at.wrapping_add(DESCRIPTOR), &[0; 8])?;
    show_processor(&mut c.door, wanted.at, 0)?;
    c.k.me_mut().rseq = Some(wanted);
    Ok(0)
}

/// Writes cpu_id_start, cpu_id, node_id and mm_cid.
fn show_processor(door: &mut Door<'_>, at: u64, cpu: u32) -> Result<(), Errno> {
    door.write(at, &u64::from(cpu).rotate_left(32).to_le_bytes())?;
    door.write(at.wrapping_add(20), &[0; 8])
}

/// The sequence that a registration has armed; EINVAL for a descriptor that makes no sense.
fn armed(space: &Space, mine: Registration) -> Result<Option<Sequence>, Errno> {
    let read = |at: u64, buf: &mut [u8]| space.read(at, buf).map_err(|_| Errno::EFAULT);
    let mut bytes = [0; 8];
    read(mine.at.wrapping_add(DESCRIPTOR), &mut bytes)?;
    let descriptor = u64::from_le_bytes(bytes);
    if descriptor == 0 {
        return Ok(None);
    }
    let mut bytes = [0; 32];
    read(descriptor, &mut bytes)?;
    let word = |n: usize| u64::from_le_bytes(bytes[8 * n..8 * n + 8].try_into().expect("8 bytes"));
    let sequence = Sequence { start: word(1), len: word(2), abort: word(3) };
    let mut signature = [0; 4];
    read(sequence.abort.wrapping_sub(4), &mut signature)?;
    // Version and flags are 0, and the way out does not lie inside.
    let sound = word(0) == 0
        && sequence.start.checked_add(sequence.len).is_some()
        && !sequence.contains(sequence.abort)
        && u32::from_le_bytes(signature) == mine.signature;
    if sound { Ok(Some(sequence)) } else { Err(Errno::EINVAL) }
}

impl Kernel {
    /// Whether the current thread, at `pc`, is inside a sequence that it should bring to its end.
    pub(crate) fn in_sequence(&self, space: &Space, pc: u64) -> bool {
        let armed = self.me().rseq.map(|mine| armed(space, mine));
        matches!(armed, Some(Ok(Some(sequence))) if sequence.contains(pc))
    }
}

/// A signal is about to be delivered to the current thread: a sequence that it interrupts starts again, and one that
/// is over is disarmed.
///
/// # Errors
/// The area or the descriptor makes no sense, for which Linux sends SIGSEGV.
pub(super) fn interrupt(k: &Kernel, regs: &mut Regs, door: &mut Door<'_>) -> Result<(), Errno> {
    let Some(mine) = k.me().rseq else { return Ok(()) };
    let Some(sequence) = armed(door.space(), mine)? else { return Ok(()) };
    if sequence.contains(regs.pc) {
        regs.pc = sequence.abort;
    }
    door.write(mine.at.wrapping_add(DESCRIPTOR), &[0; 8])
}
