//! Process life, limits, scheduling parameters and system information.

use super::{Call, Handler, SysResult};
use crate::host::{self, Errno};
use traces::event::EndStatus;

pub(super) const CALLS: &[(u32, Handler)] = &[
    (92, personality),
    (118, sched_setparam),
    (119, sched_setscheduler),
    (120, |_| Ok(0)),
    (121, sched_getparam),
    (122, |_| Ok(0)),
    (123, sched_getaffinity),
    (125, |c| priority_range(c, 99)),
    (126, |c| priority_range(c, 1)),
    (140, |_| Ok(0)),
    (141, |_| Ok(20)),
    (127, sched_rr_get_interval),
    (160, uname),
    (163, getrlimit),
    (164, setrlimit),
    (165, getrusage),
    (167, prctl),
    (168, getcpu),
    (179, sysinfo),
    (261, prlimit),
    (278, getrandom),
    (293, rseq),
];

/// Bytes in a cpu_set_t of one processor, as the kernel rounds it.
const CPU_SET: usize = 8;

/// What a process is besides its memory and files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Process {
    /// How it ended.
    pub(crate) ended: Option<EndStatus>,
    /// Absolute guest path of the program.
    pub(crate) exe: Vec<u8>,
    /// Arguments, for /proc.
    pub(crate) argv: Vec<Vec<u8>>,
    /// Environment, for /proc.
    pub(crate) env: Vec<Vec<u8>>,
    /// Auxiliary vector, for /proc.
    pub(crate) auxv: Vec<u8>,
    /// CPU times of children that were waited for, user and system, in microseconds.
    pub(crate) children_times: (u64, u64),
    /// Exit code of the first thread, once it has left.
    pub(crate) leader_code: i32,
    /// PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG.
    dumpable: u64,
    no_new_privs: u64,
    keep_caps: u64,
    parent_death_signal: u32,
    subreaper: bool,
    persona: u32,
    /// Limits that were set: (resource, (soft, hard)).
    limits: Vec<(u32, (u64, u64))>,
}

impl Process {
    /// In a forked child: what a parent has asked prctl for and a child does not inherit.
    pub(crate) fn forget_parent(&mut self) {
        self.parent_death_signal = 0;
        self.subreaper = false;
    }

    /// A process that begins with the program at `exe`.
    pub(crate) fn new(exe: &[u8], config: &super::Config, auxv: Vec<u8>) -> Process {
        Process {
            exe: exe.to_vec(),
            argv: config.argv.clone(),
            env: config.env.clone(),
            auxv,
            dumpable: 1,
            ..Process::default()
        }
    }
}

fn personality(c: &mut Call<'_>) -> SysResult {
    const QUERY: u32 = u32::MAX;
    const EXECUTION_DOMAIN: u32 = 0xFF;
    let before = c.k.process.persona;
    match c.uint(0) {
        QUERY => {}
        // The flags tune what is fixed here (address layout); they are kept for whoever asks.
        wanted if wanted & EXECUTION_DOMAIN == 0 => c.k.process.persona = wanted,
        _ => return Err(Errno::EINVAL),
    }
    Ok(before.into())
}

fn sched_setparam(c: &mut Call<'_>) -> SysResult {
    if c.door.read_u32(c.args[1])? == 0 { Ok(0) } else { Err(Errno::EINVAL) }
}

fn sched_setscheduler(c: &mut Call<'_>) -> SysResult {
    match c.int(1) {
        0 | 3 | 5 => Ok(0),
        1 | 2 => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}

fn sched_getparam(c: &mut Call<'_>) -> SysResult {
    let at = c.args[1];
    c.door.write(at, &[0; 4])?;
    Ok(0)
}

fn priority_range(c: &mut Call<'_>, real_time: u64) -> SysResult {
    match c.int(0) {
        0 | 3 | 5 => Ok(0),
        1 | 2 => Ok(real_time),
        _ => Err(Errno::EINVAL),
    }
}

fn sched_rr_get_interval(c: &mut Call<'_>) -> SysResult {
    let at = c.args[1];
    c.door.write(at, &[0; 16])?; // as for any process that is not SCHED_RR on a kernel without a tick
    Ok(0)
}

/// One processor: what determinism needs, and what the vDSO's getcpu says.
fn sched_getaffinity(c: &mut Call<'_>) -> SysResult {
    if c.args[1] < CPU_SET as u64 || !c.args[1].is_multiple_of(8) {
        return Err(Errno::EINVAL);
    }
    let at = c.args[2];
    c.door.write(at, &1u64.to_le_bytes())?;
    Ok(CPU_SET as u64)
}

/// elfuse's answers; the release decides which calls a libc tries.
fn uname(c: &mut Call<'_>) -> SysResult {
    let fields = ["Linux", "elfuse", "6.18.0", "#1 SMP PREEMPT_DYNAMIC", "aarch64", "(none)"];
    let mut bytes = [0; 6 * 65];
    for (n, text) in fields.iter().enumerate() {
        bytes[n * 65..n * 65 + text.len()].copy_from_slice(text.as_bytes());
    }
    let at = c.args[0];
    c.door.write(at, &bytes)?;
    Ok(0)
}

fn limit_of(c: &Call<'_>, resource: u32) -> Result<(u64, u64), Errno> {
    const NOFILE: u32 = 7;
    const STACK: u32 = 3;
    if let Some((_, set)) = c.k.process.limits.iter().find(|(known, _)| *known == resource) {
        return Ok(*set);
    }
    Ok(match resource {
        NOFILE => (super::fd::LIMIT as u64, super::fd::LIMIT as u64),
        STACK => (crate::guest::layout::STACK_SIZE, u64::MAX),
        0..=15 => host::limit(resource)?,
        _ => return Err(Errno::EINVAL),
    })
}

/// Most bytes of the strings that a program is given: a quarter of its stack, at least 128 KiB, and never more
/// than what fits beside everything else (fs/exec.c bprm_stack_limits).
pub(super) fn most_argument_bytes(c: &Call<'_>) -> usize {
    const STACK: u32 = 3;
    const LEAST: u64 = 128 << 10;
    let (soft, _) = limit_of(c, STACK).unwrap_or((0, 0));
    let bytes = (soft.min(crate::guest::layout::STACK_SIZE) / 4).max(LEAST);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn limit_bytes((soft, hard): (u64, u64)) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&soft.to_le_bytes());
    bytes[8..].copy_from_slice(&hard.to_le_bytes());
    bytes
}

/// Takes a new limit from guest memory. It is kept for whoever asks and enforced by nobody.
fn set_limit(c: &mut Call<'_>, resource: u32, at: u64) -> Result<(), Errno> {
    let (_, most) = limit_of(c, resource)?;
    let (soft, hard) = (c.door.read_u64(at)?, c.door.read_u64(at.wrapping_add(8))?);
    if soft > hard {
        return Err(Errno::EINVAL);
    }
    if hard > most {
        return Err(Errno::EPERM);
    }
    let limits = &mut c.k.process.limits;
    limits.retain(|(known, _)| *known != resource);
    limits.push((resource, (soft, hard)));
    Ok(())
}

fn getrlimit(c: &mut Call<'_>) -> SysResult {
    let bytes = limit_bytes(limit_of(c, c.uint(0))?);
    let at = c.args[1];
    c.door.write(at, &bytes)?;
    Ok(0)
}

fn setrlimit(c: &mut Call<'_>) -> SysResult {
    set_limit(c, c.uint(0), c.args[1])?;
    Ok(0)
}

fn prlimit(c: &mut Call<'_>) -> SysResult {
    if c.int(0) != 0 && c.uint(0) != c.k.pid {
        return Err(Errno::ESRCH);
    }
    let before = limit_bytes(limit_of(c, c.uint(1))?);
    if c.args[2] != 0 {
        set_limit(c, c.uint(1), c.args[2])?;
    }
    let at = c.args[3];
    c.door.write_optional(at, &before)?;
    Ok(0)
}

fn getrusage(c: &mut Call<'_>) -> SysResult {
    let (user, system, peak) = match c.int(0) {
        0 | 1 => host::usage(),
        -1 => (c.k.process.children_times.0, c.k.process.children_times.1, 0),
        _ => return Err(Errno::EINVAL),
    };
    let mut bytes = [0; 144];
    let words = [user / 1_000_000, user % 1_000_000, system / 1_000_000, system % 1_000_000, peak];
    for (n, word) in words.into_iter().enumerate() {
        bytes[n * 8..n * 8 + 8].copy_from_slice(&word.to_le_bytes());
    }
    let at = c.args[1];
    c.door.write(at, &bytes)?;
    Ok(0)
}

fn prctl(c: &mut Call<'_>) -> SysResult {
    let value = c.args[1];
    match c.int(0) {
        1 => {
            let signal = u32::try_from(value).ok().filter(|&s| s <= 64).ok_or(Errno::EINVAL)?;
            c.k.process.parent_death_signal = signal;
            c.k.family.set_parent_death(signal);
            Ok(0)
        }
        2 => {
            let signal = c.k.process.parent_death_signal.to_le_bytes();
            c.door.write(value, &signal)?;
            Ok(0)
        }
        3 => Ok(c.k.process.dumpable),
        4 if value <= 1 => {
            c.k.process.dumpable = value;
            Ok(0)
        }
        15 => {
            let mut name = c.door.read_string(value, 16).or_else(|errno| {
                if errno == Errno::ENAMETOOLONG { c.door.read_vec(value, 15) } else { Err(errno) }
            })?;
            name.truncate(15);
            c.k.me_mut().name = name;
            Ok(0)
        }
        16 => {
            let mut name = c.k.me().name.clone();
            name.resize(16, 0);
            c.door.write(value, &name)?;
            Ok(0)
        }
        7 => Ok(c.k.process.keep_caps),
        8 if value <= 1 => {
            c.k.process.keep_caps = value;
            Ok(0)
        }
        // PR_SET_CHILD_SUBREAPER and the question about it.
        36 => {
            c.k.process.subreaper = value != 0;
            c.k.family.set_subreaper(value != 0);
            Ok(0)
        }
        37 => {
            let on = u32::from(c.k.process.subreaper).to_le_bytes();
            c.door.write(value, &on)?;
            Ok(0)
        }
        // PR_GET_SECCOMP, PR_GET_TAGGED_ADDR_CTRL: none.
        21 | 56 => Ok(0),
        23 if value <= 40 => Ok(1), // PR_CAPBSET_READ: the bounding set is full
        38 if value == 1 => {
            c.k.process.no_new_privs = 1;
            Ok(0)
        }
        39 => Ok(c.k.process.no_new_privs),
        // PR_SET_VMA names mappings for people, PR_SET_TIMERSLACK is a hint; neither changes behaviour.
        0x5356_4d41 | 29 => Ok(0),
        30 => Ok(50_000),
        _ => Err(Errno::EINVAL),
    }
}

fn getcpu(c: &mut Call<'_>) -> SysResult {
    let [cpu, node, ..] = c.args;
    c.door.write_optional(cpu, &[0; 4])?;
    c.door.write_optional(node, &[0; 4])?;
    Ok(0)
}

fn sysinfo(c: &mut Call<'_>) -> SysResult {
    let (total, free, available) = host::memory_figures();
    let mut bytes = [0; 112];
    let mut put = |at: usize, word: u64| bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
    put(0, host::boottime_ns() / 1_000_000_000);
    put(32, total);
    put(40, free);
    put(56, available.saturating_sub(free));
    bytes[80..82].copy_from_slice(&1u16.to_le_bytes());
    bytes[104..108].copy_from_slice(&1u32.to_le_bytes());
    let at = c.args[0];
    c.door.write(at, &bytes)?;
    Ok(0)
}

fn getrandom(c: &mut Call<'_>) -> SysResult {
    if c.uint(2) & !7 != 0 {
        return Err(Errno::EINVAL);
    }
    let [at, len, ..] = c.args;
    let len = usize::try_from(len.min(32 << 20)).map_err(|_| Errno::EINVAL)?;
    if c.uint(2) & 6 == 6 {
        return Err(Errno::EINVAL); // GRND_RANDOM and GRND_INSECURE contradict each other
    }
    c.door.require_writable(at, len as u64)?;
    let mut bytes = vec![0; len];
    host::random(&mut bytes)?;
    c.door.write(at, &bytes)?;
    Ok(len as u64)
}

/// Restartable sequences: with one processor and no preemption inside a quantum that the guest could see,
/// libc's own fallback is as good; it is told that the call is not there.
fn rseq(_: &mut Call<'_>) -> SysResult {
    Err(Errno::ENOSYS)
}
