//! Futexes: waiting for a word of memory to change, and waking those who wait (futex(2), kernel/futex/).
//!
//! Waiters stand in one queue in the order in which they came; a wake-up takes them out of it.

use super::door::Door;
use super::park::Wait;
use super::time::{futex_deadline, waitv_deadline};
use super::{Call, Handler, Kernel, SysResult};
use crate::host::Errno;
use traces::Tid;

pub(super) const CALLS: &[(u32, Handler)] = &[(98, futex), (449, futex_waitv)];

const TID_MASK: u32 = 0x3FFF_FFFF;
const OWNER_DIED: u32 = 0x4000_0000;
const WAITERS: u32 = 0x8000_0000;
const ANY: u32 = u32::MAX;
/// Entries of a robust list that are looked at (ROBUST_LIST_LIMIT).
const ROBUST_LIMIT: usize = 2048;

/// A thread that waits at a word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiter {
    at: u64,
    tid: Tid,
    bits: u32,
    /// It waits for a priority-inheritance lock, which is handed to it.
    lock: bool,
    /// Place in the list of futex_waitv, else 0.
    index: u64,
}

/// Wakes up to `most` waiters at `at` that share a bit with `bits`; answers how many there were.
pub(super) fn wake_at(k: &mut Kernel, at: u64, most: u32, bits: u32) -> u64 {
    let own = wake_own(k, at, most, bits);
    let left = most - u32::try_from(own).unwrap_or(most).min(most);
    match k.shared_word(at) {
        Some(word) if left > 0 => own + k.family.wake_shared(word, left, bits),
        _ => own,
    }
}

/// Wakes threads of this process.
fn wake_own(k: &mut Kernel, at: u64, most: u32, bits: u32) -> u64 {
    let mut woken = Vec::new();
    k.futexes.retain(|waiter| {
        let chosen =
            woken.len() < most as usize && waiter.at == at && !waiter.lock && waiter.bits & bits != 0;
        if chosen {
            woken.push(*waiter);
        }
        !chosen
    });
    woken.iter().for_each(|waiter| notify(k, waiter));
    woken.len() as u64
}

/// Ends the wait of a waiter that has left the queue.
fn notify(k: &mut Kernel, waiter: &Waiter) {
    if let Some(call) = k.threads.get_mut(waiter.tid).and_then(|thread| thread.call.as_mut()) {
        call.resume.done = waiter.index + 1;
    }
    k.wake(waiter.tid);
}

/// FUTEX_PRIVATE_FLAG.
const PRIVATE: u32 = 128;

/// Checks the address of a futex (kernel/futex/core.c get_futex_key): a private one is not looked at.
fn check_address(c: &Call<'_>, at: u64) -> Result<(), Errno> {
    match c.uint(1) & PRIVATE {
        _ if !at.is_multiple_of(4) => Err(Errno::EINVAL),
        PRIVATE if at < 1 << 48 => Ok(()),
        PRIVATE => Err(Errno::EFAULT),
        _ => c.door.read_u32(at).map(drop),
    }
}

fn futex(c: &mut Call<'_>) -> SysResult {
    const CLOCK_REALTIME: u32 = 256;
    let operation = c.uint(1) & !(PRIVATE | CLOCK_REALTIME);
    if c.uint(1) & CLOCK_REALTIME != 0 && !matches!(operation, 9 | 11 | 13) {
        return Err(Errno::ENOSYS);
    }
    let [at, _, _, _, other, _] = c.args;
    match operation {
        0 | 9 | 6 | 13 if c.resume.again => {} // the time is read and the address checked
        3 | 4 if c.int(2) < 0 || c.int(3) < 0 => return Err(Errno::EINVAL),
        9 | 10 if c.uint(5) == 0 => return Err(Errno::EINVAL), // no bit to match
        0 | 9 => c.resume.deadline = futex_deadline(c, operation == 9)?,
        _ => {}
    }
    match operation {
        2 | 11.. => {}
        _ if c.resume.again => {}
        3..=5 => {
            check_address(c, at)?;
            check_address(c, other)?;
        }
        _ => check_address(c, at)?,
    }
    match operation {
        0 => wait(c, ANY),
        9 => wait(c, c.uint(5)),
        1 => Ok(wake(c, ANY)),
        10 => Ok(wake(c, c.uint(5))),
        3 => requeue(c),
        4 if c.door.read_u32(at)? != c.uint(5) => Err(Errno::EAGAIN),
        4 => requeue(c),
        5 => wake_op(c),
        6 => lock(c, false),
        13 => lock(c, c.uint(1) & CLOCK_REALTIME == 0),
        7 => unlock(c),
        8 => try_lock(c, true).map(|_| 0),
        _ => Err(Errno::ENOSYS),
    }
}

/// FUTEX_WAKE: a private one does not meet waiters of other processes.
fn wake(c: &mut Call<'_>, bits: u32) -> u64 {
    let wake = if c.uint(1) & PRIVATE == 0 { wake_at } else { wake_own };
    wake(c.k, c.args[0], at_least_one(c.uint(2)), bits)
}

/// Linux wakes one where none is asked for.
fn at_least_one(count: u32) -> u32 {
    count.cast_signed().max(1).cast_unsigned()
}

fn wait(c: &mut Call<'_>, bits: u32) -> SysResult {
    if !c.resume.again {
        if c.door.read_u32(c.args[0])? != c.uint(2) {
            return Err(Errno::EAGAIN);
        }
        if let Some(word) = shared_word(c) {
            c.k.family.wait_at(word, c.k.threads.current.0, bits)?;
            return sleep_shared(c);
        }
        c.k.futexes.push(Waiter { at: c.args[0], tid: c.k.threads.current, bits, lock: false, index: 0 });
    }
    if c.k.family.is_woken(c.k.threads.current.0).is_some() {
        return sleep_shared(c);
    }
    sleep(c).map(|_| 0)
}

/// The word of the call in progress, if other processes use it as well.
fn shared_word(c: &Call<'_>) -> Option<u64> {
    const PRIVATE: u32 = 128;
    if c.nr == 98 && c.uint(1) & PRIVATE == 0 { c.k.shared_word(c.args[0]) } else { None }
}

/// The wait of a thread that other processes may wake.
fn sleep_shared(c: &mut Call<'_>) -> SysResult {
    let me = c.k.threads.current.0;
    let woken = c.k.family.is_woken(me) != Some(false);
    if woken || c.is_over() {
        c.k.family.stop_waiting(me);
        return if woken { Ok(0) } else { Err(Errno::ETIMEDOUT) };
    }
    let until = c.resume.deadline;
    let wait = Wait { rung: true, restarts: until.is_none(), ..Wait::forever().or_until(until) };
    let errno = c.park(wait);
    if errno != super::park::PARKED {
        c.k.family.stop_waiting(me);
    }
    Err(errno)
}

/// How often a word that other processes use is looked at.
const SHARED_LOOK_NS: u64 = 500_000;

/// The wait of a thread that stands in the queue: answers the index at which it was woken.
fn sleep(c: &mut Call<'_>) -> SysResult {
    if c.resume.done != 0 {
        forget(c);
        return Ok(c.resume.done - 1);
    }
    if c.is_over() {
        forget(c);
        return Err(Errno::ETIMEDOUT);
    }
    // With a timeout a handler ends the call whatever its flags say.
    let until = c.resume.deadline;
    let wait = if shared_word(c).is_some() { Wait::look_again(SHARED_LOOK_NS) } else { Wait::forever() };
    let wait = Wait { restarts: until.is_none(), ..wait.or_until(until) };
    let errno = c.park(wait);
    if errno != super::park::PARKED {
        forget(c);
    }
    Err(errno)
}

/// Takes the current thread out of the queue.
fn forget(c: &mut Call<'_>) {
    let me = c.k.threads.current;
    c.k.futexes.retain(|waiter| waiter.tid != me);
}

/// FUTEX_REQUEUE and FUTEX_CMP_REQUEUE: wakes some, and lets others wait elsewhere, behind those that are there.
fn requeue(c: &mut Call<'_>) -> SysResult {
    let [at, _, _, _, to, _] = c.args;
    let woken = wake_at(c.k, at, c.uint(2), ANY);
    let most = c.uint(3) as usize;
    let mut moved = Vec::new();
    c.k.futexes.retain(|waiter| {
        let moves = moved.len() < most && waiter.at == at && !waiter.lock;
        if moves {
            moved.push(Waiter { at: to, ..*waiter });
        }
        !moves
    });
    let count = moved.len() as u64;
    c.k.futexes.extend(moved);
    Ok(woken + count)
}

/// FUTEX_WAKE_OP: changes the word at the second address, wakes at the first, and at the second if its old value
/// passes the test.
fn wake_op(c: &mut Call<'_>) -> SysResult {
    const SHIFT: u32 = 8;
    let [first, _, _, _, second, _] = c.args;
    let code = c.uint(5);
    let (operation, test) = (code >> 28, code >> 24 & 0xF);
    // The arguments are signed fields of 12 bits.
    let mut value = (code << 8).cast_signed() >> 20;
    let against = (code << 20).cast_signed() >> 20;
    if operation & SHIFT != 0 {
        value = 1i32.wrapping_shl(value.cast_unsigned() & 31);
    }
    let value = value.cast_unsigned();
    let old = c.door.read_u32(second)?;
    let new = match operation & 7 {
        0 => value,
        1 => old.wrapping_add(value),
        2 => old | value,
        3 => old & !value,
        4 => old ^ value,
        _ => return Err(Errno::ENOSYS),
    };
    let before = old.cast_signed();
    let passes = match test {
        0 => before == against,
        1 => before != against,
        2 => before < against,
        3 => before <= against,
        4 => before > against,
        5 => before >= against,
        _ => return Err(Errno::ENOSYS),
    };
    c.door.write(second, &new.to_le_bytes())?;
    let mut woken = wake_at(c.k, first, at_least_one(c.uint(2)), ANY);
    if passes {
        woken += wake_at(c.k, second, at_least_one(c.uint(3)), ANY);
    }
    Ok(woken)
}

/// FUTEX_LOCK_PI and FUTEX_LOCK_PI2, whose timeouts are absolute on different clocks.
fn lock(c: &mut Call<'_>, monotonic: bool) -> SysResult {
    if c.resume.again {
        let free =
            c.resume.done == 0 && shared_word(c).is_some() && c.door.read_u32(c.args[0])? & TID_MASK == 0;
        if free && try_lock(c, false)? {
            forget(c);
            return Ok(0);
        }
        return sleep(c).map(|_| 0);
    }
    let deadline = super::time::lock_deadline(c, monotonic)?;
    if try_lock(c, false)? {
        return Ok(0);
    }
    let at = c.args[0];
    let word = c.door.read_u32(at)? | WAITERS;
    c.door.write(at, &word.to_le_bytes())?;
    c.resume.deadline = deadline;
    let tid = c.k.threads.current;
    c.k.futexes.push(Waiter { at, tid, bits: ANY, lock: true, index: 0 });
    sleep(c).map(|_| 0)
}

/// Takes a lock that is free; answers whether it was. `only` makes one that is not an error.
fn try_lock(c: &mut Call<'_>, only: bool) -> Result<bool, Errno> {
    let (at, me) = (c.args[0], c.k.threads.current.0);
    let word = c.door.read_u32(at)?;
    match word & TID_MASK {
        0 => {
            let queued = if c.k.futexes.iter().any(|w| w.at == at && w.lock) { WAITERS } else { 0 };
            c.door.write(at, &(me | word & OWNER_DIED | queued).to_le_bytes())?;
            Ok(true)
        }
        owner if owner == me => Err(Errno::EDEADLK),
        owner if c.k.threads.get(Tid(owner)).is_none() && shared_word(c).is_none() => Err(Errno::ESRCH),
        _ if only => Err(Errno::EAGAIN),
        _ => Ok(false),
    }
}

fn unlock(c: &mut Call<'_>) -> SysResult {
    let at = c.args[0];
    if c.door.read_u32(at)? & TID_MASK != c.k.threads.current.0 {
        return Err(Errno::EPERM);
    }
    hand_over(c.k, &mut c.door, at, 0)?;
    Ok(0)
}

/// Gives a lock to the first who waits for it, or frees it; `died` is [`OWNER_DIED`] or nothing.
fn hand_over(k: &mut Kernel, door: &mut Door<'_>, at: u64, died: u32) -> Result<(), Errno> {
    let next = k.futexes.iter().position(|waiter| waiter.at == at && waiter.lock);
    let Some(waiter) = next.map(|n| k.futexes.remove(n)) else { return door.write(at, &died.to_le_bytes()) };
    let more = if k.futexes.iter().any(|w| w.at == at && w.lock) { WAITERS } else { 0 };
    door.write(at, &(waiter.tid.0 | more | died).to_le_bytes())?;
    notify(k, &waiter);
    Ok(())
}

impl Kernel {
    /// At the end of a process that shares memory with others: none of its threads holds a lock any more.
    pub(crate) fn release_locks(&mut self, door: &mut Door<'_>) {
        if self.family.alive() < 2 {
            return;
        }
        let (current, all) = (self.threads.current, self.threads.iter().map(|t| t.tid).collect::<Vec<_>>());
        for tid in all {
            self.threads.current = tid;
            release_robust(self, door);
        }
        self.threads.current = current;
    }
}

/// Marks the robust futexes that the current thread holds as left by a dead owner (kernel/futex/core.c
/// exit_robust_list). A list that makes no sense ends the walk.
pub(super) fn release_robust(k: &mut Kernel, door: &mut Door<'_>) {
    let (head, _) = k.me().robust_list;
    if head == 0 {
        return;
    }
    let word = |door: &Door<'_>, at: u64| door.read_u64(at).ok();
    let (Some(mut entry), Some(offset), Some(pending)) =
        (word(door, head), word(door, head.wrapping_add(8)), word(door, head.wrapping_add(16)))
    else {
        return;
    };
    let mut left = ROBUST_LIMIT;
    while entry & !1 != head && left > 0 {
        let next = word(door, entry & !1);
        if entry != pending && release(k, door, entry, offset).is_err() {
            return;
        }
        let Some(next) = next else { return };
        entry = next;
        left -= 1;
    }
    if pending & !1 != 0 {
        let _ = release(k, door, pending, offset); // the end of the list, wherever it leads
    }
}

fn release(k: &mut Kernel, door: &mut Door<'_>, entry: u64, offset: u64) -> Result<(), Errno> {
    let at = (entry & !1).wrapping_add(offset);
    if !at.is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    let word = door.read_u32(at)?;
    if word & TID_MASK != k.threads.current.0 {
        return Ok(());
    }
    if entry & 1 != 0 {
        return hand_over(k, door, at, OWNER_DIED);
    }
    door.write(at, &(word & WAITERS | OWNER_DIED).to_le_bytes())?;
    if word & WAITERS != 0 {
        wake_at(k, at, 1, ANY);
    }
    Ok(())
}

/// futex_waitv: waits at up to 128 words at once.
fn futex_waitv(c: &mut Call<'_>) -> SysResult {
    const MOST: u32 = 128;
    const SIZE_U32: u32 = 2;
    let count = c.uint(1);
    if !c.resume.again {
        if c.uint(2) != 0 || count == 0 || count > MOST || c.args[0] == 0 {
            return Err(Errno::EINVAL);
        }
        let deadline = waitv_deadline(c)?;
        let bytes = c.door.read_vec(c.args[0], count as usize * 24)?;
        let tid = c.k.threads.current;
        let mut waiters = Vec::new();
        for (index, entry) in (0..).zip(bytes.as_chunks::<24>().0) {
            let long = |n: usize| u64::from_le_bytes(entry[n..n + 8].try_into().expect("8 bytes"));
            let (value, at) = (long(0), long(8));
            let (flags, reserved) = (long(16) & 0xFFFF_FFFF, long(16) >> 32);
            if reserved != 0 || flags & !u64::from(PRIVATE) != u64::from(SIZE_U32) || !at.is_multiple_of(4) {
                return Err(Errno::EINVAL);
            }
            if u64::from(c.door.read_u32(at)?) != value & 0xFFFF_FFFF {
                return Err(Errno::EAGAIN);
            }
            waiters.push(Waiter { at, tid, bits: ANY, lock: false, index });
        }
        c.resume.deadline = deadline;
        c.k.futexes.extend(waiters);
    }
    sleep(c)
}
