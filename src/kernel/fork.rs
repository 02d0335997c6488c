//! New processes: a host fork whose child runs a copy of the guest and records a stream of its own.
//!
//! The child of a vfork has a copy as well; what it changed in memory is handed to its parent, which waits for
//! that, when it calls execve or ends.

use super::clone::{Wanted, flag};
use super::family::Child;
use super::mm;
use super::park::{PARKED, Wait};
use super::signal;
use super::thread::{Thread, Threads};
use super::{Call, Kernel, SysResult};
use crate::engine::to_image;
use crate::guest::{PAGE, Space};
use crate::host::{self, Errno, Forked};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use traces::event::{Body, Fork, ForkStart};
use traces::{EventIndex, Tid};

/// What the handler of clone answers in the child, where the call is no event; no guest ever sees it.
pub(super) const FORKED: Errno = Errno((1 << 16) + 1);

/// How a child ends whose memory the host cannot part from its parent's.
const CRASHED: i32 = 1;

/// The child's way to tell a parent that waits in vfork what it changed, and when the wait is over.
#[derive(Debug)]
pub(crate) struct VforkEnd {
    /// Takes addresses and pages.
    pages: OwnedFd,
    /// Closed when the wait is over.
    _alive: OwnedFd,
}

/// The parent's end.
#[derive(Debug)]
pub(crate) struct VforkWait {
    pages: OwnedFd,
    alive: Arc<OwnedFd>,
}

/// A process that has just been forked, as the child has to enter its trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Birth {
    parent_stream: u32,
    event: EventIndex,
    ppid: u32,
}

/// Forks the guest process.
pub(super) fn process(c: &mut Call<'_>, wanted: &Wanted) -> SysResult {
    let has = |flag: u64| wanted.flags & flag != 0;
    if c.resume.again {
        return after_vfork(c);
    }
    let shares = has(flag::VM) && !has(flag::VFORK);
    if shares || (has(flag::FILES | flag::FS) && !has(flag::VFORK)) || wanted.exit_signal > 64 {
        c.flags.0 |= traces::event::SvcFlags::REFUSED;
        return Err(Errno::EINVAL);
    }
    let link = if has(flag::VFORK) { Some(vfork_link()?) } else { None };
    let old_stream = c.k.stream;
    // The host would let a child have pages in common that only this process has at several addresses.
    let apart = c.door.space().copy_shared()?;
    let child = c.k.family.prepare(signal_number(wanted.exit_signal))?;
    let event = c.door.log().next_event();
    c.door.log().before_fork();
    match host::fork() {
        Err(errno) => {
            c.k.family.give_up(child);
            Err(errno)
        }
        Ok(Forked::Parent(host)) => {
            let parent = if has(flag::PARENT) { c.k.family.me().parent } else { c.k.pid };
            c.k.family.admit(child, host, parent);
            parent_side(c, wanted, child, link.map(|(wait, _)| wait))
        }
        Ok(Forked::Child) => {
            if apart.is_some_and(|apart| c.door.space().come_apart(&apart).is_err()) {
                host::exit_now(CRASHED);
            }
            let ppid = c.k.pid;
            c.door.log().after_fork(child.stream);
            c.k.birth = Some(Birth { parent_stream: old_stream, event, ppid });
            child_side(c, wanted, child, link.map(|(_, end)| end));
            Err(FORKED)
        }
    }
}

fn signal_number(signal: u64) -> u32 {
    u32::try_from(signal).unwrap_or(0)
}

fn vfork_link() -> Result<(VforkWait, VforkEnd), Errno> {
    let pages = host::memfd(c"vfork", 0)?;
    let [alive, mark] = host::pipe(0)?;
    let twin = host::duplicate(pages.as_fd())?;
    Ok((VforkWait { pages, alive: Arc::new(alive) }, VforkEnd { pages: twin, _alive: mark }))
}

fn parent_side(c: &mut Call<'_>, wanted: &Wanted, child: Child, link: Option<VforkWait>) -> SysResult {
    if wanted.flags & flag::PARENT_SETTID != 0 {
        let _ = c.door.write(wanted.parent_tid, &child.pid.to_le_bytes()); // Linux lets a bad address pass
    }
    if wanted.flags & flag::PIDFD != 0 {
        let fd = super::pidfd::open(c, child.pid, 0)?;
        let number = u32::try_from(fd).unwrap_or(u32::MAX);
        let _ = c.door.write(wanted.pidfd, &number.to_le_bytes()); // Linux lets a bad address pass
    }
    c.k.forked = Some(Fork { pid: child.pid, stream: child.stream });
    match link {
        None => Ok(child.pid.into()),
        Some(link) => {
            c.resume.done = child.pid.into();
            // No signal but a deadly one ends this wait in Linux; the child's end is near in any case.
            c.wait = Some(Wait::on(&link.alive, 1));
            c.k.vfork_waits.push((c.k.threads.current, link));
            Err(PARKED)
        }
    }
}

/// The parent of a vfork, when the child has let go of it.
fn after_vfork(c: &mut Call<'_>) -> SysResult {
    let me = c.k.threads.current;
    let Some(n) = c.k.vfork_waits.iter().position(|(tid, _)| *tid == me) else { return Ok(c.resume.done) };
    let alive = &c.k.vfork_waits[n].1.alive;
    if matches!(host::poll(&[(alive.as_fd(), 1)], &mut Vec::new(), Some(0)), Ok(0) | Err(_)) {
        c.wait = Some(Wait::on(alive, 1));
        return Err(PARKED);
    }
    let (_, link) = c.k.vfork_waits.remove(n);
    let mut record = [0; 8 + 4096];
    let mut at = 0;
    while let Ok(len) = host::pread(link.pages.as_fd(), &mut record, at)
        && len == record.len()
    {
        at += 8 + 4096;
        let (head, bytes) = record.split_at(8);
        let page = u64::from_le_bytes(head.try_into().expect("8 bytes"));
        let known = c.door.space().regions().covers(&(page..page + PAGE));
        if known && c.door.space().page(page)[..] != *bytes {
            let _ = c.door.fill(page, bytes); // covered, as was just seen
        }
    }
    Ok(c.resume.done)
}

/// Makes the copy a process of its own: one thread, its id, nothing that waits or is pending.
fn child_side(c: &mut Call<'_>, wanted: &Wanted, child: Child, link: Option<VforkEnd>) {
    let has = |flag: u64| wanted.flags & flag != 0;
    c.k.family.become_child(child);
    let k = &mut *c.k;
    let me = k.me();
    let mut thread = Thread::new(Tid(child.pid), &me.name);
    thread.signals = me.signals.for_child();
    thread.rseq = me.rseq.filter(|_| !has(flag::VM));
    if has(flag::CHILD_CLEARTID) {
        thread.clear_child_tid = wanted.child_tid;
    }
    k.pid = child.pid;
    k.stream = child.stream;
    k.threads = Threads::new(thread);
    k.become_child(has(flag::CLEAR_SIGHAND));
    k.vfork_end = link;
    let mut regs = c.vcpu.regs();
    regs.x[0] = 0;
    if wanted.sp != 0 {
        regs.sp = wanted.sp;
    }
    if has(flag::SETTLS) {
        regs.tpidr_el0 = wanted.tls;
    }
    c.vcpu.set_regs(&regs);
    c.regs_replaced = true;
    if c.k.vfork_end.is_none() {
        mm::at_fork(c);
    }
    if has(flag::CHILD_SETTID) {
        let _ = c.door.write(wanted.child_tid, &child.pid.to_le_bytes()); // Linux lets a bad address pass
    }
    if c.k.vfork_end.is_some() {
        c.door.space().mark_clean();
    }
}

/// Enters the start of a forked process into its trace, as its first event.
pub(super) fn report_birth(call: Call<'_>) {
    let Call { k, mut door, vcpu, .. } = call;
    let Some(birth) = k.birth.take() else { return };
    // The rule starts anew here: a replay knows the counter at this event, not what is behind its point.
    let clock = k.timeline.synchronise(vcpu);
    let start = ForkStart {
        stream: birth.parent_stream,
        event: birth.event,
        pid: k.pid,
        ppid: birth.ppid,
        regs: to_image(&vcpu.regs()),
        effects: Vec::new(),
        data: Vec::new(),
    };
    let stamp = super::effects::Stamp { tid: Tid(k.pid), icount: vcpu.icount(), clock };
    door.log().emit(stamp, Body::ForkStart(Box::new(start)));
    k.is_fresh = true;
}

impl Kernel {
    /// What a copy of a process forgets.
    fn become_child(&mut self, clear_handlers: bool) {
        self.woken.clear();
        self.born.clear();
        self.thread_exit = None;
        self.yields = false;
        self.asked_to_stop = false;
        self.futexes.clear();
        self.forked = None;
        self.vfork_waits.clear();
        self.fds.call_off();
        self.process.children_times = (0, 0);
        self.process.leader_code = 0;
        self.process.forget_parent();
        self.forget_entered();
        signal::forget_pending(self, clear_handlers);
        self.timers = super::timer::Timers::default();
        self.cpu = super::time::CpuTime::start();
        self.fs.pid = self.pid;
        self.fs.family = Some(self.family.clone());
        self.process.started_ns = crate::host::boottime_ns();
        super::signalfd::separate(self);
    }

    /// Whether this process was forked and its scheduler does not know yet.
    pub(crate) fn take_fresh(&mut self) -> bool {
        std::mem::take(&mut self.is_fresh)
    }

    /// The process that the call just answered has started.
    pub(crate) fn take_forked(&mut self) -> Option<Fork> {
        self.forked.take()
    }

    /// Lets a parent that waits in vfork go on, with what was changed in its memory; to be called when this process
    /// is about to have another memory or none.
    pub(crate) fn release_vfork(&mut self, space: &Space) {
        let Some(link) = self.vfork_end.take() else { return };
        let mut pages = Vec::new();
        space.for_each_touched_page(|page, dirty| {
            if dirty {
                pages.push(page);
            }
        });
        for page in pages {
            let mut record = page.to_le_bytes().to_vec();
            record.extend_from_slice(&space.page(page)[..]);
            // A host without memory for it leaves the parent without the change.
            let _ = host::write(link.pages.as_fd(), &record);
        }
    }
}
