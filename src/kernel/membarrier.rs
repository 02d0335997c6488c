//! membarrier(2) (kernel/sched/membarrier.c).
//!
//! One thread of a process runs at a time, memory is in order whenever the baton passes, and it does not pass inside
//! a restartable sequence, so that a barrier is there already. What is left are the rules about who has to register for what.

use super::{Call, Handler, SysResult};
use crate::host::Errno;

pub(super) const CALLS: &[(u32, Handler)] = &[(283, membarrier)];

/// Commands (include/uapi/linux/membarrier.h).
mod command {
    pub(super) const QUERY: i32 = 0;
    pub(super) const GLOBAL: i32 = 1;
    pub(super) const GLOBAL_EXPEDITED: i32 = 1 << 1;
    pub(super) const REGISTER_GLOBAL_EXPEDITED: i32 = 1 << 2;
    pub(super) const PRIVATE_EXPEDITED: i32 = 1 << 3;
    pub(super) const REGISTER_PRIVATE_EXPEDITED: i32 = 1 << 4;
    pub(super) const PRIVATE_EXPEDITED_SYNC_CORE: i32 = 1 << 5;
    pub(super) const REGISTER_PRIVATE_EXPEDITED_SYNC_CORE: i32 = 1 << 6;
    pub(super) const PRIVATE_EXPEDITED_RSEQ: i32 = 1 << 7;
    pub(super) const REGISTER_PRIVATE_EXPEDITED_RSEQ: i32 = 1 << 8;
    pub(super) const GET_REGISTRATIONS: i32 = 1 << 9;
    pub(super) const ALL: u64 = 0x3FF;
}

fn membarrier(c: &mut Call<'_>) -> SysResult {
    use command as m;
    const FLAG_CPU: u32 = 1;
    let command = c.int(0);
    if c.uint(1) & !FLAG_CPU != 0 || (c.uint(1) != 0 && command != m::PRIVATE_EXPEDITED_RSEQ) {
        return Err(Errno::EINVAL);
    }
    match command {
        m::QUERY => Ok(m::ALL),
        m::GLOBAL | m::GLOBAL_EXPEDITED => Ok(0),
        m::REGISTER_GLOBAL_EXPEDITED
        | m::REGISTER_PRIVATE_EXPEDITED
        | m::REGISTER_PRIVATE_EXPEDITED_SYNC_CORE
        | m::REGISTER_PRIVATE_EXPEDITED_RSEQ => {
            c.k.barriers |= command.cast_unsigned();
            Ok(0)
        }
        // The bit above that of a private command is that of its registration.
        m::PRIVATE_EXPEDITED | m::PRIVATE_EXPEDITED_SYNC_CORE | m::PRIVATE_EXPEDITED_RSEQ => {
            if c.k.barriers & (command << 1).cast_unsigned() == 0 { Err(Errno::EPERM) } else { Ok(0) }
        }
        m::GET_REGISTRATIONS => Ok(c.k.barriers.into()),
        _ => Err(Errno::EINVAL),
    }
}
