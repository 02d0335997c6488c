//! prctl(2): settings of a process that are kept for whoever asks (kernel/sys.c).

use super::{Call, Handler, SysResult};
use crate::host::Errno;
use traces::event::SvcFlags;

pub(super) const CALLS: &[(u32, Handler)] = &[(167, prctl)];

/// Options (include/uapi/linux/prctl.h).
mod option {
    pub(super) const SET_PDEATHSIG: i32 = 1;
    pub(super) const GET_PDEATHSIG: i32 = 2;
    pub(super) const GET_DUMPABLE: i32 = 3;
    pub(super) const SET_DUMPABLE: i32 = 4;
    pub(super) const GET_KEEPCAPS: i32 = 7;
    pub(super) const SET_KEEPCAPS: i32 = 8;
    pub(super) const GET_TIMING: i32 = 13;
    pub(super) const SET_TIMING: i32 = 14;
    pub(super) const SET_NAME: i32 = 15;
    pub(super) const GET_NAME: i32 = 16;
    pub(super) const GET_SECCOMP: i32 = 21;
    pub(super) const CAPBSET_READ: i32 = 23;
    pub(super) const CAPBSET_DROP: i32 = 24;
    pub(super) const GET_SECUREBITS: i32 = 27;
    pub(super) const SET_TIMERSLACK: i32 = 29;
    pub(super) const GET_TIMERSLACK: i32 = 30;
    pub(super) const TASK_PERF_EVENTS_DISABLE: i32 = 31;
    pub(super) const TASK_PERF_EVENTS_ENABLE: i32 = 32;
    pub(super) const MCE_KILL_GET: i32 = 34;
    pub(super) const SET_MM: i32 = 35;
    pub(super) const SET_CHILD_SUBREAPER: i32 = 36;
    pub(super) const GET_CHILD_SUBREAPER: i32 = 37;
    pub(super) const SET_NO_NEW_PRIVS: i32 = 38;
    pub(super) const GET_NO_NEW_PRIVS: i32 = 39;
    pub(super) const GET_TID_ADDRESS: i32 = 40;
    pub(super) const SET_THP_DISABLE: i32 = 41;
    pub(super) const GET_THP_DISABLE: i32 = 42;
    pub(super) const CAP_AMBIENT: i32 = 47;
    pub(super) const SET_TAGGED_ADDR_CTRL: i32 = 55;
    pub(super) const GET_TAGGED_ADDR_CTRL: i32 = 56;
    pub(super) const GET_MDWE: i32 = 66;
    pub(super) const GET_MEMORY_MERGE: i32 = 68;
    pub(super) const SET_VMA: i32 = 0x5356_4D41;
}

/// The highest capability (CAP_CHECKPOINT_RESTORE).
const LAST_CAP: u64 = 40;
/// Timer slack of an ordinary process in nanoseconds.
const SLACK: u64 = 50_000;

/// What was set.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    dumpable: u64,
    pub(super) no_new_privs: u64,
    keep_caps: u64,
    /// The signal that a process gets when its parent ends, 0 for none.
    pub(crate) parent_death_signal: u32,
    /// Whether orphans below come to this process.
    pub(crate) child_subreaper: bool,
    slack: u64,
    huge_pages_off: u64,
    /// Capabilities that were taken from the bounding set.
    dropped_caps: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            dumpable: 1,
            no_new_privs: 0,
            keep_caps: 0,
            parent_death_signal: 0,
            child_subreaper: false,
            slack: SLACK,
            huge_pages_off: 0,
            dropped_caps: 0,
        }
    }
}

fn flag(value: u64) -> Result<u64, Errno> {
    if value <= 1 { Ok(value) } else { Err(Errno::EINVAL) }
}

fn prctl(c: &mut Call<'_>) -> SysResult {
    use option as o;
    let [_, value, third, fourth, fifth, _] = c.args;
    let rest_is_zero = third == 0 && fourth == 0 && fifth == 0;
    match c.int(0) {
        o::SET_NAME => return set_name(c),
        o::GET_NAME => {
            let mut name = c.k.me().name.clone();
            name.resize(16, 0);
            return c.door.write(value, &name).map(|()| 0);
        }
        o::GET_PDEATHSIG => {
            let signal = c.k.process.settings.parent_death_signal.to_le_bytes();
            return c.door.write(value, &signal).map(|()| 0);
        }
        o::GET_CHILD_SUBREAPER => {
            let is = u32::from(c.k.process.settings.child_subreaper).to_le_bytes();
            return c.door.write(value, &is).map(|()| 0);
        }
        o::GET_TID_ADDRESS => {
            let at = c.k.me().clear_child_tid.to_le_bytes();
            return c.door.write(value, &at).map(|()| 0);
        }
        o::SET_MM => {
            c.flags.0 |= SvcFlags::REFUSED;
            return Err(Errno::EPERM);
        }
        o::CAPBSET_DROP if c.k.ids.capabilities() == 0 => return Err(Errno::EPERM),
        _ => {}
    }
    let wanted = c.int(0);
    let family = &c.k.family;
    let kept = &mut c.k.process.settings;
    match wanted {
        o::SET_PDEATHSIG => {
            kept.parent_death_signal = u32::try_from(value).ok().filter(|&s| s <= 64).ok_or(Errno::EINVAL)?;
            family.set_parent_death(kept.parent_death_signal);
        }
        o::GET_DUMPABLE => return Ok(kept.dumpable),
        o::SET_DUMPABLE => kept.dumpable = flag(value)?,
        o::GET_KEEPCAPS => return Ok(kept.keep_caps),
        o::SET_KEEPCAPS => kept.keep_caps = flag(value)?,
        o::SET_TIMING if value == 0 => {}
        o::CAPBSET_READ if value <= LAST_CAP => return Ok(!kept.dropped_caps >> value & 1),
        o::CAPBSET_DROP if value <= LAST_CAP => kept.dropped_caps |= 1 << value,
        o::SET_TIMERSLACK => kept.slack = if value.cast_signed() <= 0 { SLACK } else { value },
        o::GET_TIMERSLACK => return Ok(kept.slack),
        o::MCE_KILL_GET if value == 0 && rest_is_zero => return Ok(2), // the default
        o::SET_CHILD_SUBREAPER => {
            kept.child_subreaper = value != 0;
            family.set_subreaper(kept.child_subreaper);
        }
        o::SET_NO_NEW_PRIVS if value == 1 && rest_is_zero => kept.no_new_privs = 1,
        o::GET_NO_NEW_PRIVS if value == 0 && rest_is_zero => return Ok(kept.no_new_privs),
        o::SET_THP_DISABLE if rest_is_zero => kept.huge_pages_off = u64::from(value != 0),
        o::GET_THP_DISABLE if value == 0 && rest_is_zero => return Ok(kept.huge_pages_off),
        o::CAP_AMBIENT => return ambient(value, third),
        // What is not there is off, and hints change nothing that a guest could see.
        o::GET_TIMING
        | o::GET_SECCOMP
        | o::GET_SECUREBITS
        | o::TASK_PERF_EVENTS_DISABLE
        | o::TASK_PERF_EVENTS_ENABLE
        | o::GET_MDWE
        | o::GET_MEMORY_MERGE
        | o::GET_TAGGED_ADDR_CTRL => {}
        o::SET_TAGGED_ADDR_CTRL if value == 0 && rest_is_zero => {}
        // A name of a mapping, for people.
        o::SET_VMA if value == 0 => {}
        _ => return Err(Errno::EINVAL),
    }
    Ok(0)
}

fn set_name(c: &mut Call<'_>) -> SysResult {
    let at = c.args[1];
    let mut name = c
        .door
        .read_string(at, 16)
        .or_else(|errno| if errno == Errno::ENAMETOOLONG { c.door.read_vec(at, 15) } else { Err(errno) })?;
    name.truncate(15);
    c.k.me_mut().name = name;
    Ok(0)
}

/// PR_CAP_AMBIENT: the set is empty and stays so.
fn ambient(operation: u64, cap: u64) -> SysResult {
    const IS_SET: u64 = 1;
    const RAISE: u64 = 2;
    const LOWER: u64 = 3;
    const CLEAR_ALL: u64 = 4;
    match operation {
        CLEAR_ALL if cap == 0 => Ok(0),
        IS_SET | LOWER if cap <= LAST_CAP => Ok(0),
        RAISE if cap <= LAST_CAP => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}
