//! Process life, limits, scheduling parameters and system information.

use super::{Call, Handler, Kernel, SysResult};
use crate::host::{self, Errno};
use traces::event::EndStatus;

pub(super) const CALLS: &[(u32, Handler)] = &[
    (92, personality),
    (160, uname),
    (161, set_name), // sethostname
    (162, set_name), // setdomainname
    (163, getrlimit),
    (164, setrlimit),
    (165, getrusage),
    (168, getcpu),
    (179, sysinfo),
    (261, prlimit),
    (278, getrandom),
];

/// What uname tells, elfuse's answers; the release decides which calls a libc tries.
pub(super) const NODE: &str = "elfuse";
pub(super) const RELEASE: &str = "6.18.0";
pub(super) const VERSION: &str = "#1 SMP PREEMPT_DYNAMIC";

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
    /// What prctl sets.
    pub(crate) settings: super::prctl::Settings,
    /// What the scheduling calls set.
    pub(crate) policy: super::policy::Policy,
    /// When it began, CLOCK_BOOTTIME in nanoseconds.
    pub(crate) started_ns: u64,
    /// What was written to /proc/self/oom_score_adj.
    pub(crate) oom_score_adj: i32,
    pub(crate) persona: u32,
    /// Limits that were set: (resource, (soft, hard)).
    limits: Vec<(u32, (u64, u64))>,
}

impl Process {
    /// In a forked child: what a parent has asked prctl for and a child does not inherit.
    pub(crate) fn forget_parent(&mut self) {
        self.settings.parent_death_signal = 0;
        self.settings.child_subreaper = false;
    }

    /// A process that begins with the program at `exe`.
    pub(crate) fn new(exe: &[u8], config: &super::Config, auxv: Vec<u8>) -> Process {
        Process {
            exe: exe.to_vec(),
            argv: config.argv.clone(),
            env: config.env.clone(),
            auxv,
            started_ns: host::boottime_ns(),
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

fn uname(c: &mut Call<'_>) -> SysResult {
    let fields = ["Linux", NODE, RELEASE, VERSION, "aarch64", "(none)"];
    let mut bytes = [0; 6 * 65];
    for (n, text) in fields.iter().enumerate() {
        bytes[n * 65..n * 65 + text.len()].copy_from_slice(text.as_bytes());
    }
    let at = c.args[0];
    c.door.write(at, &bytes)?;
    Ok(0)
}

/// The names are the machine's, and a guest is not its administrator.
fn set_name(_: &mut Call<'_>) -> SysResult {
    Err(Errno::EPERM)
}

const FSIZE: u32 = 1;
const NOFILE: u32 = 7;

/// (soft, hard) limit of a resource.
pub(super) fn limit_of(k: &Kernel, resource: u32) -> Result<(u64, u64), Errno> {
    const STACK: u32 = 3;
    if let Some((_, set)) = k.process.limits.iter().find(|(known, _)| *known == resource) {
        return Ok(*set);
    }
    Ok(match resource {
        NOFILE => (super::fd::SOFT_LIMIT as u64, super::fd::HARD_LIMIT as u64),
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
    let (soft, _) = limit_of(c.k, STACK).unwrap_or((0, 0));
    let bytes = (soft.min(crate::guest::layout::STACK_SIZE) / 4).max(LEAST);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn limit_bytes((soft, hard): (u64, u64)) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&soft.to_le_bytes());
    bytes[8..].copy_from_slice(&hard.to_le_bytes());
    bytes
}

/// Takes a new limit from guest memory. Those of files are enforced; the others are kept for whoever asks.
fn set_limit(c: &mut Call<'_>, resource: u32, at: u64) -> Result<(), Errno> {
    let (_, most) = limit_of(c.k, resource)?;
    let (soft, hard) = (c.door.read_u64(at)?, c.door.read_u64(at.wrapping_add(8))?);
    if soft > hard {
        return Err(Errno::EINVAL);
    }
    if hard > most {
        return Err(Errno::EPERM);
    }
    match resource {
        NOFILE => c.k.fds.set_limit(soft),
        FSIZE => c.k.fds.file_size_limit = soft,
        _ => {}
    }
    let limits = &mut c.k.process.limits;
    limits.retain(|(known, _)| *known != resource);
    limits.push((resource, (soft, hard)));
    Ok(())
}

fn getrlimit(c: &mut Call<'_>) -> SysResult {
    let bytes = limit_bytes(limit_of(c.k, c.uint(0))?);
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
    let before = limit_bytes(limit_of(c.k, c.uint(1))?);
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
    bytes[80..82].copy_from_slice(&u16::try_from(c.k.threads.len()).unwrap_or(u16::MAX).to_le_bytes());
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
