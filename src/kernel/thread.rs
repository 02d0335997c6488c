//! Guest threads as Linux keeps them: registers while another runs, the call that they are in, how they begin and
//! end.

use super::door::Door;
use super::park::InProgress;
use super::signal::ThreadSignals;
use super::{Call, Handler, Kernel, SysResult, futex};
use crate::engine::Regs;
use crate::host::Errno;
use std::collections::BTreeMap;
use traces::event::EndStatus;
use traces::{GuestAddr, Tid};

pub(super) const CALLS: &[(u32, Handler)] = &[
    (93, exit),
    (94, exit_group),
    (96, set_tid_address),
    (99, set_robust_list),
    (100, get_robust_list),
    (124, sched_yield),
    (178, |c| Ok(c.k.threads.current.0.into())),
];

/// Most threads of a process.
pub(crate) const LIMIT: usize = 512;

/// A guest thread.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) tid: Tid,
    /// While another thread runs.
    pub(crate) regs: Regs,
    /// The branch that it took last, while another thread runs, where the engine knows.
    pub(crate) last_branch: Option<GuestAddr>,
    pub(crate) signals: ThreadSignals,
    /// The call that waits.
    pub(crate) call: Option<InProgress>,
    /// set_tid_address.
    pub(crate) clear_child_tid: u64,
    /// set_robust_list: head and length.
    pub(crate) robust_list: (u64, u64),
    /// PR_SET_NAME, at most 15 bytes.
    pub(crate) name: Vec<u8>,
    /// rseq.
    pub(crate) rseq: Option<super::rseq::Registration>,
    /// CPU time in nanoseconds until it last gave way.
    pub(crate) cpu_ns: u64,
}

impl Thread {
    pub(crate) fn new(tid: Tid, name: &[u8]) -> Thread {
        Thread {
            tid,
            regs: Regs::default(),
            last_branch: None,
            signals: ThreadSignals::default(),
            call: None,
            clear_child_tid: 0,
            robust_list: (0, 0),
            name: name.to_vec(),
            rseq: None,
            cpu_ns: 0,
        }
    }
}

impl Thread {
    /// Whether it waits for another process to ring.
    pub(crate) fn waits_for_bell(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.wait.rung)
    }
}

/// The threads of a process; there is always at least one.
#[derive(Debug)]
pub(crate) struct Threads {
    /// Who runs.
    pub(crate) current: Tid,
    all: BTreeMap<Tid, Thread>,
}

impl Threads {
    pub(crate) fn new(first: Thread) -> Threads {
        Threads { current: first.tid, all: BTreeMap::from([(first.tid, first)]) }
    }

    pub(crate) fn get(&self, tid: Tid) -> Option<&Thread> {
        self.all.get(&tid)
    }

    pub(crate) fn get_mut(&mut self, tid: Tid) -> Option<&mut Thread> {
        self.all.get_mut(&tid)
    }

    /// All of them, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Thread> {
        self.all.values()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Thread> {
        self.all.values_mut()
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn insert(&mut self, thread: Thread) {
        self.all.insert(thread.tid, thread);
    }

    pub(crate) fn remove(&mut self, tid: Tid) {
        self.all.remove(&tid);
    }
}

impl Kernel {
    /// The thread that runs.
    pub(crate) fn me(&self) -> &Thread {
        self.threads.get(self.threads.current).expect("the thread that runs exists")
    }

    /// The thread that runs, to change it.
    pub(crate) fn me_mut(&mut self) -> &mut Thread {
        let current = self.threads.current;
        self.threads.get_mut(current).expect("the thread that runs exists")
    }

    /// The threads that have begun since the last time, with their registers.
    pub(crate) fn take_born(&mut self) -> Vec<(Tid, Regs)> {
        let born = std::mem::take(&mut self.born);
        born.into_iter().filter_map(|tid| Some((tid, self.threads.get(tid)?.regs.clone()))).collect()
    }

    /// Whether the thread that runs has asked for others to go first.
    pub(crate) fn take_yield(&mut self) -> bool {
        std::mem::take(&mut self.yields)
    }

    /// How the thread that runs ended, if its last call was exit.
    pub(crate) fn take_exit(&mut self) -> Option<i32> {
        self.thread_exit.take()
    }
}

/// Ends this thread; the process with it if it is the last. Whoever joins is woken through clear_child_tid.
fn exit(c: &mut Call<'_>) -> SysResult {
    let code = c.int(0) & 0xFF;
    leave(c.k, &mut c.door);
    if c.k.is_leader() {
        c.k.process.leader_code = code;
    }
    if c.k.threads.len() == 1 {
        c.k.process.ended = Some(EndStatus::Exited(c.k.process.leader_code));
    } else {
        c.k.thread_exit = Some(code);
    }
    Ok(0)
}

impl Kernel {
    /// Whether the thread that runs is the first of its process.
    pub(crate) fn is_leader(&self) -> bool {
        self.threads.current.0 == self.pid
    }
}

/// What Linux does for a thread that ends (kernel/fork.c mm_release): robust futexes, clear_child_tid.
fn leave(k: &mut Kernel, door: &mut Door<'_>) {
    futex::release_robust(k, door);
    let at = std::mem::take(&mut k.me_mut().clear_child_tid);
    if at != 0 && k.threads.len() > 1 && door.write(at, &[0; 4]).is_ok() {
        futex::wake_at(k, at, 1, u32::MAX);
    }
}

fn exit_group(c: &mut Call<'_>) -> SysResult {
    c.k.process.ended = Some(EndStatus::Exited(c.int(0) & 0xFF));
    Ok(0)
}

fn sched_yield(c: &mut Call<'_>) -> SysResult {
    c.k.yields = true;
    Ok(0)
}

fn set_tid_address(c: &mut Call<'_>) -> SysResult {
    c.k.me_mut().clear_child_tid = c.args[0];
    Ok(c.k.threads.current.0.into())
}

fn set_robust_list(c: &mut Call<'_>) -> SysResult {
    if c.args[1] != 24 {
        return Err(Errno::EINVAL);
    }
    c.k.me_mut().robust_list = (c.args[0], c.args[1]);
    Ok(0)
}

fn get_robust_list(c: &mut Call<'_>) -> SysResult {
    let tid = if c.uint(0) == 0 { c.k.threads.current } else { Tid(c.uint(0)) };
    let (head, len) = c.k.threads.get(tid).ok_or(Errno::ESRCH)?.robust_list;
    let [_, at, len_at, ..] = c.args;
    c.door.write(len_at, &len.to_le_bytes())?;
    c.door.write(at, &head.to_le_bytes())?;
    Ok(0)
}
