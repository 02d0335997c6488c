//! Semaphores: semget, semop, semtimedop, semctl. The host keeps their values, and what SEM_UNDO takes back when a
//! process ends; who waits stands in the registry, since no waiter is seen by the host.

use super::{IPC_NOWAIT, RETRY_NS, check, control, get, guest_pid, refuse};
use crate::host::{self, Errno, Ipc as Kind, SemaphoreStep};
use crate::kernel::park::{PARKED, Wait};
use crate::kernel::time::read_timespec;
use crate::kernel::{Call, Handler, SysResult};

pub(super) const CALLS: &[(u32, Handler)] =
    &[(190, semget), (191, semctl), (192, semtimedop), (193, |c| operate(c, None))];

/// Most operations of a call (SEMOPM).
const STEPS_MAX: u64 = 500;
/// Bytes of struct sembuf (include/uapi/linux/sem.h).
const STEP: usize = 6;

fn semget(c: &mut Call<'_>) -> SysResult {
    let number = u64::try_from(c.int(1)).map_err(|_| Errno::EINVAL)?;
    get(c, Kind::Semaphores, number, c.int(2))
}

fn semtimedop(c: &mut Call<'_>) -> SysResult {
    let mut length = None;
    if c.args[3] != 0 && !c.resume.again {
        length = Some(read_timespec(c, c.args[3])?.0);
    }
    operate(c, length)
}

fn read_steps(c: &Call<'_>) -> Result<Vec<SemaphoreStep>, Errno> {
    let count = c.args[2];
    if count == 0 || c.int(0) < 0 {
        return Err(Errno::EINVAL);
    }
    if count > STEPS_MAX {
        return Err(Errno::E2BIG);
    }
    let bytes = c.door.read_vec(c.args[1], usize::try_from(count).expect("at most 500") * STEP)?;
    let steps = bytes.as_chunks::<STEP>().0.iter().map(|b| {
        let half = |n: usize| u16::from_le_bytes([b[n], b[n + 1]]);
        (half(0), half(2).cast_signed(), half(4).cast_signed())
    });
    Ok(steps.collect())
}

/// Does all steps, or waits until they can be done.
fn operate(c: &mut Call<'_>, length: Option<u64>) -> SysResult {
    let id = c.int(0);
    let steps = read_steps(c)?;
    if let Some(length) = length {
        c.deadline_after(length);
    }
    let outcome = match check(c, Kind::Semaphores, id).and_then(|()| host::semaphores_operate(id, &steps)) {
        Err(Errno::EAGAIN) => Err(wait(c, id, &steps)),
        // Who waited sees the set go away.
        Err(Errno::EINVAL) if c.resume.again => Err(Errno::EIDRM),
        outcome => outcome.map(|()| 0),
    };
    // In the progress of the call: whether its thread stands among those who wait.
    if outcome != Err(PARKED) && c.resume.done > 0 {
        leave(c, id);
    }
    outcome
}

/// Gives way, unless the step that cannot be done is not to wait.
fn wait(c: &mut Call<'_>, id: i32, steps: &[SemaphoreStep]) -> Errno {
    let blocking = match first_blocking(id, steps) {
        Ok(step) => step,
        Err(errno) => return errno,
    };
    // The values have changed since: the call is tried again.
    let (number, change, flags) = blocking.unwrap_or((0, 0, 0));
    if i32::from(flags) & IPC_NOWAIT != 0 || c.is_over() {
        return Errno::EAGAIN;
    }
    if blocking.is_some() && c.resume.done == 0 {
        let (pid, ..) = host::credentials();
        let entry = [pid.cast_unsigned(), c.k.tid().0, number.into(), u32::from(change == 0)];
        // The counts of those who wait are all that is missing if it cannot be noted.
        c.resume.done = u64::from(c.k.ipc.registry.waiters(id, |all| all.push(entry)).is_ok());
    }
    c.park(Wait::look_again(RETRY_NS).or_until(c.resume.deadline))
}

fn leave(c: &mut Call<'_>, id: i32) {
    let (pid, ..) = host::credentials();
    let own = |[process, thread, ..]: &[u32; 4]| *process == pid.cast_unsigned() && *thread == c.k.tid().0;
    // A set that was removed has no list any more.
    let _ = c.k.ipc.registry.waiters(id, |all| all.retain(|entry| !own(entry)));
}

/// The step that keeps a call waiting (perform_atomic_semop in ipc/sem.c); none if all could be done now.
fn first_blocking(id: i32, steps: &[SemaphoreStep]) -> Result<Option<SemaphoreStep>, Errno> {
    let mut values: Vec<i32> = values_of(id)?.into_iter().map(i32::from).collect();
    for &(number, change, flags) in steps {
        let Some(value) = values.get_mut(usize::from(number)) else { return Err(Errno::EFBIG) };
        if (change == 0 && *value != 0) || *value + i32::from(change) < 0 {
            return Ok(Some((number, change, flags)));
        }
        *value += i32::from(change);
    }
    Ok(None)
}

fn values_of(id: i32) -> Result<Vec<u16>, Errno> {
    host::semaphores_get(id, count_of(id)?)
}

/// How many semaphores a set has (sem_nsems).
fn count_of(id: i32) -> Result<usize, Errno> {
    usize::try_from(host::ipc_state(Kind::Semaphores, id)?.words[2]).map_err(|_| Errno::EINVAL)
}

fn semctl(c: &mut Call<'_>) -> SysResult {
    const GETPID: i32 = 11;
    const GETALL: i32 = 13;
    const GETNCNT: i32 = 14;
    const GETZCNT: i32 = 15;
    const SETVAL: i32 = 16;
    const SETALL: i32 = 17;
    let (id, number, command, argument) = (c.int(0), c.int(1), c.int(2), c.args[3]);
    if let Some(answer) = control(c, Kind::Semaphores, command, argument) {
        return answer;
    }
    if !(GETPID..=SETALL).contains(&command) {
        return refuse(c);
    }
    check(c, Kind::Semaphores, id)?;
    match command {
        GETALL => {
            let bytes: Vec<u8> = values_of(id)?.iter().flat_map(|value| value.to_le_bytes()).collect();
            c.door.write(argument, &bytes)?;
        }
        SETALL => {
            let bytes = c.door.read_vec(argument, count_of(id)? * 2)?;
            let halves = bytes.as_chunks::<2>().0.iter();
            let mut values: Vec<u16> = halves.map(|half| u16::from_le_bytes(*half)).collect();
            host::semaphores_set(id, &mut values)?;
        }
        SETVAL => {
            // An int in a union: the low half.
            let value = u32::try_from(argument & 0xFFFF_FFFF).expect("32 bits").cast_signed();
            host::semaphore_set(id, number, value)?;
        }
        _ => {
            let answer = host::semaphore_get(id, number, command)?.cast_unsigned();
            return Ok(match command {
                GETPID => guest_pid(c.k, answer),
                GETNCNT | GETZCNT => waiting(c, id, number, command == GETZCNT)?,
                _ => answer,
            });
        }
    }
    Ok(0)
}

/// How many wait for a semaphore to rise, or to be zero.
fn waiting(c: &Call<'_>, id: i32, number: i32, zero: bool) -> SysResult {
    let wanted = (number.cast_unsigned(), u32::from(zero));
    let all = c.k.ipc.registry.waiters(id, |_| {})?;
    Ok(all.iter().filter(|&&[_, _, number, zero]| (number, zero) == wanted).count() as u64)
}
