//! The calls by which processes deal with one another: waiting for children, groups and sessions, kill, and what
//! letters from others bring.

use super::family::{Letter, Process, State};
use super::park::Wait;
use super::signal;
use super::{Call, Handler, Kernel, SysResult};
use crate::host::{self, Errno};
use traces::Tid;
use traces::event::EndStatus;

pub(super) const CALLS: &[(u32, Handler)] = &[
    (95, waitid),
    (129, kill),
    (154, setpgid),
    (155, getpgid),
    (156, getsid),
    (157, setsid),
    (172, |c| Ok(c.k.pid.into())),
    (173, |c| Ok(c.k.family.me().parent.into())),
    (260, wait4),
];

const SIGCHLD: u32 = 17;
const SIGCONT: u32 = 18;

// si_code of SIGCHLD (include/uapi/asm-generic/siginfo.h).
const CLD_EXITED: i32 = 1;
const CLD_KILLED: i32 = 2;
const CLD_DUMPED: i32 = 3;
const CLD_STOPPED: i32 = 5;
const CLD_CONTINUED: i32 = 6;

// Options of wait4 and waitid (include/uapi/linux/wait.h).
const WNOHANG: u32 = 1;
const WSTOPPED: u32 = 2;
const WEXITED: u32 = 4;
const WCONTINUED: u32 = 8;
const WNOWAIT: u32 = 0x0100_0000;
const WNOTHREAD: u32 = 0x2000_0000;
const WALL: u32 = 0x4000_0000;
const WCLONE: u32 = 0x8000_0000;

/// Which children are waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Which {
    Any,
    Pid(u32),
    Group(u32),
}

impl Which {
    fn takes(self, process: &Process) -> bool {
        match self {
            Which::Any => true,
            Which::Pid(pid) => process.pid == pid,
            Which::Group(group) => process.group == group,
        }
    }
}

/// News of a child.
#[derive(Clone, Copy, Debug)]
struct News {
    child: Process,
    /// As wait4 tells it.
    status: u32,
}

impl News {
    /// si_code and si_status.
    fn code(&self) -> (i32, i32) {
        let low = self.status & 0x7F;
        let high = (self.status >> 8 & 0xFF).cast_signed();
        match low {
            0x7F if self.status & 0xFF == 0x7F => (CLD_STOPPED, high),
            _ if self.status == 0xFFFF => (CLD_CONTINUED, SIGCONT.cast_signed()),
            0 => (CLD_EXITED, high),
            signo if self.status & 0x80 != 0 => (CLD_DUMPED, signo.cast_signed()),
            signo => (CLD_KILLED, signo.cast_signed()),
        }
    }
}

/// Looks for news among the children; `None` if there are none yet.
fn look(c: &mut Call<'_>, which: Which, options: u32) -> Result<Option<News>, Errno> {
    let me = c.k.pid;
    let wants_clones = options & WALL == 0 && options & WCLONE != 0;
    let fits = |p: &Process| options & WALL != 0 || (p.exit_signal != SIGCHLD) == wants_clones;
    let mut children: Vec<Process> =
        c.k.family.all().filter(|p| p.parent == me && which.takes(p) && fits(p)).collect();
    children.sort_by_key(|child| child.pid);
    if children.is_empty() {
        return Err(Errno::ECHILD);
    }
    let news = children.iter().find_map(|&child| {
        let change = c.k.family.change(&child);
        let tells = match child.state {
            State::Zombie => options & WEXITED != 0,
            State::Stopped => options & WSTOPPED != 0 && change == Some(false),
            State::Running => options & WCONTINUED != 0 && change == Some(true),
        };
        tells.then_some(News { child, status: child.status })
    });
    if let Some(news) = &news
        && options & WNOWAIT == 0
    {
        if news.child.state == State::Zombie {
            let times = &mut c.k.process.children_times;
            times.0 += news.child.times.0;
            times.1 += news.child.times.1;
            c.k.family.bury(&news.child);
        } else {
            c.k.family.told(&news.child);
        }
    }
    Ok(news)
}

/// struct rusage of a process that has ended: CPU times, all else zero.
fn usage_of(times: (u64, u64)) -> [u8; 144] {
    let mut bytes = [0; 144];
    let words = [times.0 / 1_000_000, times.0 % 1_000_000, times.1 / 1_000_000, times.1 % 1_000_000];
    for (n, word) in words.into_iter().enumerate() {
        bytes[n * 8..n * 8 + 8].copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

fn wait4(c: &mut Call<'_>) -> SysResult {
    let (pid, options) = (c.int(0), c.uint(2));
    if options & !(WNOHANG | WSTOPPED | WCONTINUED | WNOTHREAD | WALL | WCLONE) != 0 {
        return Err(Errno::EINVAL);
    }
    let which = match pid {
        i32::MIN => return Err(Errno::ESRCH),
        -1 => Which::Any,
        0 => Which::Group(c.k.family.me().group),
        pid if pid < 0 => Which::Group(pid.unsigned_abs()),
        pid => Which::Pid(pid.unsigned_abs()),
    };
    c.k.take_host_signals();
    let Some(news) = look(c, which, options | WEXITED)? else {
        return if options & WNOHANG != 0 { Ok(0) } else { Err(c.park(Wait::for_child())) };
    };
    let [_, status, _, usage, ..] = c.args;
    c.door.write_optional(status, &news.status.to_le_bytes())?;
    c.door.write_optional(usage, &usage_of(news.child.times))?;
    Ok(news.child.pid.into())
}

fn waitid(c: &mut Call<'_>) -> SysResult {
    let (kind, id, options) = (c.int(0), c.uint(1), c.uint(3));
    let known = WNOHANG | WSTOPPED | WEXITED | WCONTINUED | WNOWAIT | WNOTHREAD | WALL | WCLONE;
    if options & !known != 0 || options & (WSTOPPED | WEXITED | WCONTINUED) == 0 {
        return Err(Errno::EINVAL);
    }
    let which = match kind {
        0 => Which::Any,
        1 if id == 0 || id.cast_signed() < 0 => return Err(Errno::EINVAL),
        1 => Which::Pid(id),
        2 if id.cast_signed() < 0 => return Err(Errno::EINVAL),
        2 if id == 0 => Which::Group(c.k.family.me().group),
        2 => Which::Group(id),
        3 => Which::Pid(super::pidfd::pid_of(c, id.cast_signed())?),
        _ => return Err(Errno::EINVAL),
    };
    c.k.take_host_signals();
    let news = look(c, which, options)?;
    let [_, _, at, _, usage, _] = c.args;
    let Some(news) = news else {
        if options & WNOHANG == 0 {
            return Err(c.park(Wait::for_child()));
        }
        c.door.write_optional(at, &[0; 28])?;
        return Ok(0);
    };
    let info = child_info(&news);
    c.door.write_optional(usage, &usage_of(news.child.times))?;
    // Linux writes the fields one by one, and leaves what is behind them alone.
    c.door.write_optional(at, &info[..28])?;
    Ok(0)
}

/// The siginfo of SIGCHLD (`_sigchld`), times in clock ticks.
fn child_info(news: &News) -> [u8; 128] {
    const TICK_US: u64 = 10_000;
    let (code, status) = news.code();
    let mut info = signal::info(SIGCHLD, code);
    info[16..20].copy_from_slice(&news.child.pid.to_le_bytes());
    info[20..24].copy_from_slice(&news.child.user.to_le_bytes());
    info[24..28].copy_from_slice(&status.to_le_bytes());
    info[32..40].copy_from_slice(&(news.child.times.0 / TICK_US).to_le_bytes());
    info[40..48].copy_from_slice(&(news.child.times.1 / TICK_US).to_le_bytes());
    info
}

/// Sends a signal to a process, ourselves included; signal 0 only asks.
fn send(c: &mut Call<'_>, to: &Process, signo: u32) -> Result<(), Errno> {
    if signo == 0 {
        return Ok(());
    }
    let info = signal::from_user(c, signo, signal::SI_USER);
    if to.pid == c.k.pid {
        return c.k.signal_process(signo, info);
    }
    c.k.family.post(to, &Letter { signo, tid: 0, info });
    Ok(())
}

fn kill(c: &mut Call<'_>) -> SysResult {
    let pid = c.int(0);
    let signo = if c.int(1) == 0 { 0 } else { signal::valid(c.int(1))? };
    let me = c.k.family.me();
    let chosen = |p: &Process| match pid {
        i32::MIN => false,
        // On purpose not Linux's: the first process, which is 1 here, leads a group, and who is in that one and means
        // its own group says -1 as well.
        -1 if me.group == 1 => p.group == 1,
        -1 => p.pid > 1 && p.pid != me.pid,
        0 => p.group == me.group,
        pid if pid < 0 => p.group == pid.unsigned_abs(),
        pid => {
            p.pid == pid.unsigned_abs()
                || (p.pid == me.pid && c.k.threads.get(Tid(pid.unsigned_abs())).is_some())
        }
    };
    let mut targets: Vec<Process> = c.k.family.all().filter(chosen).collect();
    // Ourselves last: the signal may be the end of us.
    targets.sort_by_key(|p| (p.pid == me.pid, p.pid));
    if targets.is_empty() {
        return Err(Errno::ESRCH);
    }
    for target in targets {
        send(c, &target, signo)?;
    }
    Ok(0)
}

/// The process that a pid_t argument names, 0 for the caller.
fn named(c: &Call<'_>, pid: u32) -> Result<Process, Errno> {
    if pid == 0 || c.k.threads.get(Tid(pid)).is_some() {
        return Ok(c.k.family.me());
    }
    c.k.family.find(pid).ok_or(Errno::ESRCH)
}

fn setpgid(c: &mut Call<'_>) -> SysResult {
    let (pid, group) = (c.uint(0), c.uint(1));
    if group.cast_signed() < 0 {
        return Err(Errno::EINVAL);
    }
    let me = c.k.family.me();
    let process = if pid == 0 { me } else { c.k.family.find(pid).ok_or(Errno::ESRCH)? };
    let group = if group == 0 { process.pid } else { group };
    if process.pid != me.pid {
        if process.parent != me.pid {
            return Err(Errno::ESRCH);
        }
        if process.session != me.session {
            return Err(Errno::EPERM);
        }
        if process.executed {
            return Err(Errno::EACCES);
        }
    }
    if process.session == process.pid {
        return Err(Errno::EPERM); // it leads its session
    }
    let exists = c.k.family.all().any(|p| p.group == group && p.session == me.session);
    if group != process.pid && !exists {
        return Err(Errno::EPERM);
    }
    c.k.family.set_group(&process, group);
    Ok(0)
}

fn getpgid(c: &mut Call<'_>) -> SysResult {
    Ok(named(c, c.uint(0))?.group.into())
}

fn getsid(c: &mut Call<'_>) -> SysResult {
    Ok(named(c, c.uint(0))?.session.into())
}

fn setsid(c: &mut Call<'_>) -> SysResult {
    let pid = c.k.pid;
    if c.k.family.all().any(|p| p.group == pid) {
        return Err(Errno::EPERM);
    }
    c.k.family.set_session();
    // Its terminal, if it gets one, is the host's, which gives it to leaders of the host's sessions only. This host
    // process leads one already if it is the first of the run.
    let _ = host::new_session();
    Ok(pid.into())
}

impl Kernel {
    /// Takes in what other processes of the run have sent, and which children the host has seen end.
    pub(super) fn take_family_news(&mut self) {
        let rung = host::take_ring();
        if !rung && !self.family.has_letters() {
            return;
        }
        self.stirred = true;
        super::procfs::answer(self);
        while let Some((host, status)) = host::reap() {
            self.bury_crashed(host, status);
        }
        for letter in self.family.take_letters() {
            self.deliver_letter(&letter);
        }
        let waiting: Vec<Tid> = self.threads.iter().filter(|t| t.waits_for_bell()).map(|t| t.tid).collect();
        waiting.into_iter().for_each(|tid| self.wake(tid));
    }

    /// A host process that ended without saying so was killed from outside.
    pub(crate) fn bury_crashed(&mut self, host: i32, status: i32) {
        let lost = self.family.all().find(|p| p.host == host && p.state != State::Zombie);
        if let Some(process) = lost {
            let signo = status.cast_unsigned() & 0x7F;
            announce_end(self, &process, if signo == 0 { 9 } else { signo }, (0, 0));
        }
    }

    fn deliver_letter(&mut self, letter: &Letter) {
        if letter.signo == SIGCHLD && self.signals.drops_children() {
            let me = self.pid;
            let dead: Vec<Process> =
                self.family.all().filter(|p| p.parent == me && p.state == State::Zombie).collect();
            dead.iter().for_each(|process| self.family.bury(process));
        }
        let code = i32::from_le_bytes(letter.info[8..12].try_into().expect("4 bytes"));
        let stop = letter.signo == SIGCHLD && matches!(code, CLD_STOPPED | CLD_CONTINUED);
        if letter.signo == 0 || (stop && self.signals.spares_stops()) {
            return; // only the bell mattered
        }
        // A box that overflows and a queue that is full lose signals, as Linux's limit on pending ones does.
        let _ = match letter.tid {
            0 => self.signal_process(letter.signo, letter.info),
            tid => self.signal_thread(Tid(tid), letter.signo, letter.info),
        };
    }

    /// Enters the end of this process into the family.
    pub(crate) fn announce_own_end(&mut self, status: EndStatus, core: bool) {
        let status = match status {
            EndStatus::Exited(code) => (code.cast_unsigned() & 0xFF) << 8,
            EndStatus::Signalled(signo) => signo | if core { 0x80 } else { 0 },
            EndStatus::Detached(_) => 0,
        };
        let (user, system, _) = host::usage();
        let leader = self.threads.get(Tid(self.pid)).unwrap_or_else(|| self.me());
        self.family.leave_name(&leader.name);
        let me = self.family.me();
        announce_end(self, &me, status, (user, system));
    }

    /// Stops this process, all its threads, until it is continued or killed.
    pub(super) fn stop(&mut self, by: u32) {
        self.announce_stop(Some(by));
        self.continued = false;
        if std::mem::take(&mut self.asked_to_stop) && !self.is_forked() {
            // The host stops the first process for real, so that who started it takes over, and continues all.
            host::suspend();
            self.continued = true;
        }
        while !self.continued && !self.is_killed() {
            // Whatever ends the wait early is looked at in the next round.
            let _ = host::poll(&[], &mut Vec::new(), None);
            self.take_host_signals();
        }
        self.announce_stop(None);
    }

    /// Tells the parent that this process has stopped, by signal `by`, or goes on.
    fn announce_stop(&mut self, by: Option<u32>) {
        self.family.set_stopped(by);
        let me = self.family.me();
        tell_parent(self, &me);
    }

    /// The stream of the trace that this process has.
    pub(crate) fn stream(&self) -> u32 {
        self.stream
    }

    /// Whether this process was forked off another guest process.
    pub(crate) fn is_forked(&self) -> bool {
        self.stream != 0
    }
}

/// Makes a process a zombie and tells those who want to know.
fn announce_end(k: &mut Kernel, process: &Process, status: u32, times: (u64, u64)) {
    let bereaved = k.family.end(process, status, times);
    for (child, signo) in bereaved {
        let mut info = signal::info(signo, signal::SI_USER);
        info[16..20].copy_from_slice(&process.pid.to_le_bytes());
        k.family.post(&child, &Letter { signo, tid: 0, info });
    }
    let mut zombie = *process;
    (zombie.state, zombie.status, zombie.times) = (State::Zombie, status, times);
    tell_parent(k, &zombie);
}

fn tell_parent(k: &mut Kernel, child: &Process) {
    let parent = k.family.find(child.parent).filter(|parent| parent.state != State::Zombie);
    let Some(parent) = parent else {
        if child.state == State::Zombie {
            k.family.bury(child);
        }
        return;
    };
    let signo = if child.state == State::Zombie { child.exit_signal } else { SIGCHLD };
    let mut info = child_info(&News { child: *child, status: child.status });
    info[..4].copy_from_slice(&signo.to_le_bytes());
    let letter = Letter { signo, tid: 0, info };
    if parent.pid == k.pid { k.deliver_letter(&letter) } else { k.family.post(&parent, &letter) }
}
