//! The Linux personality: what a guest's system calls do.
//!
//! Driven by `sched`; acts on guest memory through [`door::Door`], on the host through `crate::host`, and
//! reports every change of guest state to an [`effects::EffectLog`]. It never asks which engine runs, nor
//! whether anybody records. Numbers, structures and flags are arm64 Linux's.

pub mod abi;
pub mod dispatch;
pub mod door;
pub mod effects;
pub mod exec;
pub mod signal;
pub mod table;

pub(crate) mod park;
pub(crate) mod thread;

mod clock;
mod clone;
mod execve;
mod family;
mod fd;
mod fork;
mod fs;
mod futex;
mod identity;
mod ipc;
mod kin;
mod membarrier;
mod mm;
mod net;
mod path;
mod pidfd;
mod policy;
mod prctl;
mod process;
mod procfs;
mod remote;
mod rseq;
mod signalfd;
mod time;
mod timer;
mod vdso;

#[cfg(test)]
mod tests;

pub use clock::Timeline;
pub use vdso::{VdsoChoice, VdsoPage};

use crate::engine::Vcpu;
use crate::guest::Space;
use crate::guest::layout::Layout;
use crate::host::Errno;
use door::Door;
use park::{Resume, Wait};
use std::path::PathBuf;
use std::sync::Arc;
use traces::event::{EndStatus, SvcFlags};
use traces::{Cycles, Tid};

/// What a syscall answers.
pub type SysResult = Result<u64, Errno>;

/// A syscall's implementation.
pub type Handler = fn(&mut Call<'_>) -> SysResult;

/// What the user chose for the guest.
#[derive(Clone, Debug)]
pub struct Config {
    /// Directory that answers for `/` where it has the file.
    pub sysroot: Option<PathBuf>,
    /// Path of the program as given.
    pub program: PathBuf,
    /// Arguments, argv\[0\] first.
    pub argv: Vec<Vec<u8>>,
    /// Environment, `NAME=value`.
    pub env: Vec<Vec<u8>>,
    /// Working directory to start in, none for ours.
    pub workdir: Option<PathBuf>,
    /// Directory that takes the guest's writes, none if the host's files do.
    pub overlay: Option<PathBuf>,
    /// Guest user and group id.
    pub user: (u32, u32),
    /// Which vDSO page to map.
    pub vdso: VdsoChoice,
    /// Whether it may have sockets that lead out of the machine.
    pub network: bool,
}

/// The state of one guest process as Linux keeps it.
pub struct Kernel {
    /// Process id, that of the first thread.
    pub(crate) pid: u32,
    pub(crate) threads: thread::Threads,
    pub(crate) family: family::Family,
    /// Its memory, to tell other processes of it; none where nobody asks.
    pub(crate) space: Option<Arc<Space>>,
    /// The stream of this process in the trace.
    pub(crate) stream: u32,
    /// The process that the call in progress has started.
    forked: Option<traces::event::Fork>,
    /// What the first event of this process says, if it was forked just now.
    birth: Option<fork::Birth>,
    /// Whether this process was forked and the scheduler does not know yet.
    is_fresh: bool,
    /// Threads that wait in vfork for their children.
    vfork_waits: Vec<(Tid, fork::VforkWait)>,
    /// How to let the parent go that waits in vfork for this process.
    vfork_end: Option<fork::VforkEnd>,
    /// Threads that were woken and that the scheduler does not know of yet.
    woken: Vec<Tid>,
    /// Threads that have just begun and that the scheduler does not know of yet.
    born: Vec<Tid>,
    /// Exit code of the current thread, if it has just ended and others go on.
    thread_exit: Option<i32>,
    /// Whether signals or news of other processes have come since the call in progress was last tried.
    stirred: bool,
    /// Whether SIGCONT has come since this process stopped.
    continued: bool,
    /// Whether the terminal has asked this process to stop, and it has not yet.
    asked_to_stop: bool,
    /// Whether the current thread asks for others to go first.
    yields: bool,
    futexes: Vec<futex::Waiter>,
    pub(crate) layout: Layout,
    pub(crate) mm: mm::Memory,
    pub(crate) fds: fd::FdTable,
    pub(crate) fs: path::Fs,
    pub(crate) ipc: ipc::Ipc,
    pub(crate) net: net::Net,
    pub(crate) ids: identity::Identity,
    pub(crate) signals: signal::Signals,
    pub(crate) timers: timer::Timers,
    pub(crate) cpu: time::CpuTime,
    /// Registrations of membarrier.
    barriers: u32,
    pub(crate) process: process::Process,
    pub(crate) vdso: Option<VdsoPage>,
    pub(crate) timeline: Timeline,
    /// Where a signal handler returns to if its action names nothing.
    pub(crate) sigreturn: u64,
}

/// One system call in progress.
pub struct Call<'a> {
    /// The process.
    pub k: &'a mut Kernel,
    /// Its memory.
    pub door: Door<'a>,
    /// The processor that made the call, PC behind the SVC.
    pub vcpu: &'a mut dyn Vcpu,
    /// X8.
    pub nr: u64,
    /// X0 to X5.
    pub args: [u64; 6],
    /// The guest counter at entry, synchronised.
    pub clock: Cycles,
    /// Set if the registers were replaced and X0 is not the result.
    pub regs_replaced: bool,
    /// Remarks for the trace.
    pub flags: SvcFlags,
    /// What an earlier attempt at the same call left.
    pub(crate) resume: Resume,
    /// What the call waits for, if it has parked.
    pub(crate) wait: Option<Wait>,
}

impl Call<'_> {
    /// Argument `n` as a signed 32-bit value (int, file descriptor).
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "Linux looks at the low half of an int argument")]
    pub fn int(&self, n: usize) -> i32 {
        self.args[n] as u32 as i32
    }

    /// Argument `n` as an unsigned 32-bit value (flags, mode).
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "Linux looks at the low half of an int argument")]
    pub fn uint(&self, n: usize) -> u32 {
        self.args[n] as u32
    }

    /// Does what does not wait for others, again if a host signal cuts it short.
    ///
    /// # Errors
    /// What the attempt says.
    pub(crate) fn uninterrupted<T>(
        &mut self,
        mut attempt: impl FnMut(&mut Self) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        loop {
            match attempt(self) {
                Err(Errno::EINTR) => {}
                outcome => return outcome,
            }
        }
    }

    /// Argument `n` as a signed 64-bit value (offset).
    #[must_use]
    pub fn long(&self, n: usize) -> i64 {
        self.args[n].cast_signed()
    }
}

/// What a program brings when it is loaded.
pub(crate) struct Parts {
    pub(crate) pid: u32,
    pub(crate) layout: Layout,
    pub(crate) fds: fd::FdTable,
    pub(crate) fs: path::Fs,
    /// Absolute guest path of the program.
    pub(crate) exe: Vec<u8>,
    /// Auxiliary vector, for /proc.
    pub(crate) auxv: Vec<u8>,
    pub(crate) vdso: Option<VdsoPage>,
    pub(crate) sigreturn: u64,
    pub(crate) family: family::Family,
}

/// The name that a program gives its first thread: the last part of its path, at most 15 bytes.
fn base_name(exe: &[u8]) -> &[u8] {
    let base = exe.rsplit(|&b| b == b'/').next().unwrap_or_default();
    &base[..base.len().min(15)]
}

impl Kernel {
    /// How the process ended, once it has.
    #[must_use]
    pub fn ended(&self) -> Option<EndStatus> {
        self.process.ended
    }

    /// The id of the thread that runs.
    #[must_use]
    pub fn tid(&self) -> Tid {
        self.threads.current
    }

    /// A process of one thread, whose id is `pid`.
    pub(crate) fn new(parts: Parts, config: &Config, timeline: Timeline) -> Kernel {
        let Parts { pid, layout, fds, mut fs, exe, auxv, vdso, sigreturn, family } = parts;
        fs.pid = pid;
        fs.family = Some(family.clone());
        Kernel {
            pid,
            threads: thread::Threads::new(thread::Thread::new(Tid(pid), base_name(&exe))),
            family,
            space: None,
            stream: 0,
            forked: None,
            birth: None,
            is_fresh: false,
            vfork_waits: Vec::new(),
            vfork_end: None,
            woken: Vec::new(),
            born: Vec::new(),
            thread_exit: None,
            stirred: false,
            continued: false,
            asked_to_stop: false,
            yields: false,
            futexes: Vec::new(),
            layout,
            mm: mm::Memory::new(layout.brk_base),
            fds,
            fs,
            ipc: ipc::Ipc::new(),
            net: net::Net::new(config.network),
            ids: identity::Identity::new(config.user),
            signals: signal::Signals::default(),
            timers: timer::Timers::default(),
            cpu: time::CpuTime::start(),
            barriers: 0,
            process: process::Process::new(&exe, config, auxv),
            vdso,
            timeline,
            sigreturn,
        }
    }

    /// The vDSO page, if one is mapped.
    #[must_use]
    pub fn vdso(&self) -> Option<&VdsoPage> {
        self.vdso.as_ref()
    }

    /// Brings what outlives the process to its end: files that it shares memory with, objects of System V IPC. Its
    /// descriptors are closed, so that whoever learns of its end finds locks free and pipes ended: the end of the host
    /// process comes later.
    pub(crate) fn finish(&mut self, space: &Space) {
        mm::save(self, space);
        self.leave_shared(space);
        self.release_vfork(space);
        ipc::let_go(self, &(0..u64::MAX));
        self.ipc.finish();
        self.fds = fd::FdTable::default();
        self.threads.iter_mut().for_each(|thread| thread.call = None);
    }

    /// The host's time as the guest's counter has it.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        self.timeline
    }
}
