//! The processes of a run, as they know of one another: ids, groups, parents, how they ended, and letters with
//! signals.
//!
//! Each guest process is a host process. What all of them have to see stands in memory that they share: a slot for
//! each, of 64-bit words, and a few words for all. Nothing here is seen by a guest but through calls that record
//! what they answer.

mod questions;
mod sharing;

pub(crate) use questions::{ANSWER_MAX, Question};

use crate::host::{self, Errno, SharedWords};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// Most processes at a time.
const SLOTS: usize = 4096;
/// Letters that wait for a process at a time; a signal that finds no room is lost like one that is pending already.
const LETTERS: usize = 32;
/// Words of a letter: number and thread, then the 128 bytes of siginfo.
const LETTER_WORDS: usize = 17;
/// Words of a slot.
const SLOT_WORDS: usize = 32 + LETTERS * LETTER_WORDS;
/// Threads that wait at shared words at a time.
const WAITERS: usize = 1024;
/// Words of such a waiter: the word's name, process and thread, bits and state, running number.
const WAITER_WORDS: usize = 4;
/// Processes whose host ids are remembered when they are no more.
const FORMER: usize = 4096;
/// Words before the slots: the first few are named below, then the waiters, then host and guest ids of processes.
const HEAD_WORDS: usize = FIRST_FORMER + FORMER;
/// Behind the slots.
const DESK: usize = HEAD_WORDS + SLOTS * SLOT_WORDS;
const FIRST_FORMER: usize = FIRST_WAITER + WAITERS * WAITER_WORDS;
const FIRST_WAITER: usize = 32;
/// The highest process id (/proc/sys/kernel/pid_max).
const PID_MAX: u64 = 4_194_304;

// Words for all.
const NEXT_PID: usize = 0;
const NEXT_STREAM: usize = 1;
const ALIVE: usize = 2;
/// Host id of the process that may use shared memory now, 0 for none; how many wait for that; how often it changed.
const SHARE_OWNER: usize = 4;
const SHARE_WAITERS: usize = 5;
const GENERATION: usize = 6;
const WAITER_NUMBER: usize = 7;
/// How many processes there have been.
const ADMITTED: usize = 8;

/// The words of a slot, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Field {
    /// 0 if the slot is free.
    Pid = 0,
    HostPid = 1,
    Parent = 2,
    Group = 3,
    Session = 4,
    State = 5,
    /// What wait4 answers.
    Status = 6,
    /// 1 a stop that nobody was told of, 2 a continuation.
    Change = 7,
    User = 8,
    UserTime = 9,
    SystemTime = 10,
    /// 1 if it has called execve since it was forked.
    Executed = 11,
    /// Signal that its parent gets when it ends.
    ExitSignal = 12,
    /// 1 if it adopts orphans among its descendants.
    Subreaper = 13,
    /// Signal that it gets when its parent ends.
    ParentDeath = 14,
    /// Of the leader of a session that has a terminal, the group in the foreground; of others that of a leader that
    /// has ended; 0 for none.
    Foreground = 15,
    /// Letters put in and taken out so far.
    Written = 16,
    Read = 17,
    Lock = 18,
    /// Which file its program is: device, major number high, and inode.
    ProgramDevice = 19,
    ProgramInode = 20,
    /// The name of a process that has ended, as `/proc` shows it: at most 16 bytes.
    Name = 21,
}

/// What a process is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    Running,
    Stopped,
    /// Ended, and not waited for yet.
    Zombie,
}

/// Which file a program is: major and minor number of its device, and its inode.
pub(crate) type ProgramId = (u32, u32, u64);

/// A process, as another sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Process {
    slot: usize,
    pub(crate) pid: u32,
    pub(crate) host: i32,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    pub(crate) session: u32,
    pub(crate) state: State,
    pub(crate) status: u32,
    pub(crate) user: u32,
    /// CPU time of a process that has ended, in microseconds: its own and the system's.
    pub(crate) times: (u64, u64),
    pub(crate) executed: bool,
    pub(crate) exit_signal: u32,
}

/// A signal from one process to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Letter {
    pub(crate) signo: u32,
    /// The thread that it is for, 0 for the process.
    pub(crate) tid: u32,
    pub(crate) info: [u8; 128],
}

/// The processes of a run, seen from one of them.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    words: Arc<SharedWords>,
    /// Our own slot.
    mine: usize,
}

#[expect(clippy::cast_possible_truncation, reason = "the words hold what were 32-bit numbers")]
fn narrow(word: u64) -> u32 {
    word as u32
}

impl Family {
    /// A family of one process, `pid`, which leads its group and session.
    ///
    /// # Errors
    /// If the host has no memory.
    pub(crate) fn new(pid: u32, user: u32) -> std::io::Result<Family> {
        let words = Arc::new(SharedWords::new(DESK + questions::DESK_WORDS)?);
        let family = Family { words, mine: 0 };
        family.words.word(NEXT_PID).store(u64::from(pid) + 1, SeqCst);
        family.words.word(NEXT_STREAM).store(1, SeqCst);
        family.words.word(ALIVE).store(1, SeqCst);
        family.set(0, Field::Group, pid.into());
        family.set(0, Field::Session, pid.into());
        family.set(0, Field::Foreground, pid.into());
        family.set(0, Field::User, user.into());
        family.set(0, Field::HostPid, host_word(host::process_id()));
        family.remember(pid, host::process_id());
        family.set(0, Field::Pid, pid.into());
        Ok(family)
    }

    fn cell(&self, slot: usize, word: usize) -> &AtomicU64 {
        self.words.word(HEAD_WORDS + slot * SLOT_WORDS + word)
    }

    fn field(&self, slot: usize, field: Field) -> &AtomicU64 {
        self.cell(slot, field as usize)
    }

    fn get(&self, slot: usize, field: Field) -> u64 {
        self.field(slot, field).load(SeqCst)
    }

    fn set(&self, slot: usize, field: Field, value: u64) {
        self.field(slot, field).store(value, SeqCst);
    }

    fn read(&self, slot: usize) -> Option<Process> {
        let word = |field| self.get(slot, field);
        let pid = narrow(word(Field::Pid));
        let state = match word(Field::State) {
            0 => State::Running,
            1 => State::Stopped,
            _ => State::Zombie,
        };
        (pid != 0).then(|| Process {
            slot,
            pid,
            host: narrow(word(Field::HostPid)).cast_signed(),
            parent: narrow(word(Field::Parent)),
            group: narrow(word(Field::Group)),
            session: narrow(word(Field::Session)),
            state,
            status: narrow(word(Field::Status)),
            user: narrow(word(Field::User)),
            times: (word(Field::UserTime), word(Field::SystemTime)),
            executed: word(Field::Executed) != 0,
            exit_signal: narrow(word(Field::ExitSignal)),
        })
    }

    /// All processes, zombies among them, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = Process> + '_ {
        (0..SLOTS)
            .map_while(|slot| (self.has_been_used(slot)).then_some(slot))
            .filter_map(|slot| self.read(slot))
    }

    /// Slots are taken from the front, so that behind one that never had a process there is none.
    fn has_been_used(&self, slot: usize) -> bool {
        self.get(slot, Field::HostPid) != 0
    }

    /// The process `pid`.
    pub(crate) fn find(&self, pid: u32) -> Option<Process> {
        self.all().find(|process| process.pid == pid)
    }

    /// Ourselves.
    pub(crate) fn me(&self) -> Process {
        self.read(self.mine).expect("the slot of a process that runs")
    }

    /// How many processes run, those that have ended not counted.
    pub(crate) fn alive(&self) -> u64 {
        self.words.word(ALIVE).load(SeqCst)
    }

    /// An id that no process and no thread of this run has.
    pub(crate) fn next_pid(&self) -> Result<u32, Errno> {
        let pid = self.words.word(NEXT_PID).fetch_add(1, SeqCst);
        if pid >= PID_MAX { Err(Errno::EAGAIN) } else { Ok(narrow(pid)) }
    }

    /// Takes a slot for a child that is about to be forked: its id and its stream.
    ///
    /// # Errors
    /// EAGAIN if there are too many processes.
    pub(crate) fn prepare(&self, exit_signal: u32) -> Result<Child, Errno> {
        let pid = self.next_pid()?;
        let taken = (0..SLOTS).find(|&slot| {
            // While it is being filled it is a zombie of nobody.
            self.field(slot, Field::Pid).load(SeqCst) == 0
                && self.field(slot, Field::Lock).compare_exchange(0, 2, SeqCst, SeqCst).is_ok()
        });
        let slot = taken.ok_or(Errno::EAGAIN)?;
        let me = self.me();
        for word in 0..Field::Lock as usize {
            self.cell(slot, word).store(0, SeqCst);
        }
        self.set(slot, Field::Parent, me.pid.into());
        self.set(slot, Field::Group, me.group.into());
        self.set(slot, Field::Session, me.session.into());
        self.set(slot, Field::User, me.user.into());
        self.set(slot, Field::ExitSignal, exit_signal.into());
        for field in [Field::ProgramDevice, Field::ProgramInode] {
            self.set(slot, field, self.get(self.mine, field));
        }
        // Until the parent knows better: slots without one are taken for never used.
        self.set(slot, Field::HostPid, host_word(-1));
        let stream = narrow(self.words.word(NEXT_STREAM).fetch_add(1, SeqCst));
        Ok(Child { slot, pid, stream })
    }

    /// In the parent: the child runs, as host process `host`. `parent` is somebody else for CLONE_PARENT.
    pub(crate) fn admit(&self, child: Child, host: i32, parent: u32) {
        self.set(child.slot, Field::HostPid, host_word(host));
        self.remember(child.pid, host);
        self.set(child.slot, Field::Parent, parent.into());
        self.words.word(ALIVE).fetch_add(1, SeqCst);
        self.set(child.slot, Field::Pid, child.pid.into());
        self.set(child.slot, Field::Lock, 0);
    }

    /// In the parent: the fork has failed.
    pub(crate) fn give_up(&self, child: Child) {
        self.set(child.slot, Field::Lock, 0);
    }

    /// In the child: from here on it is this process that looks at the family. Waits until the parent has entered
    /// it, which takes moments.
    pub(crate) fn become_child(&mut self, child: Child) {
        self.mine = child.slot;
        while self.get(child.slot, Field::Pid) == 0 {
            std::thread::yield_now();
        }
    }

    /// Takes back the slot of a child that was waited for.
    pub(crate) fn bury(&self, process: &Process) {
        self.set(process.slot, Field::Pid, 0);
    }

    /// Marks that a change of state of a child was told.
    pub(crate) fn told(&self, process: &Process) {
        self.set(process.slot, Field::Change, 0);
    }

    /// A change of state that nobody was told of: `true` for a continuation.
    pub(crate) fn change(&self, process: &Process) -> Option<bool> {
        match self.get(process.slot, Field::Change) {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        }
    }

    /// Enters that we have stopped, or run again.
    pub(crate) fn set_stopped(&self, by: Option<u32>) {
        self.set(self.mine, Field::State, u64::from(by.is_some()));
        self.set(self.mine, Field::Change, if by.is_some() { 1 } else { 2 });
        self.set(self.mine, Field::Status, by.map_or(0xFFFF, |signo| u64::from(signo) << 8 | 0x7F));
    }

    /// Enters a new group for a process.
    pub(crate) fn set_group(&self, process: &Process, group: u32) {
        self.set(process.slot, Field::Group, group.into());
    }

    /// Makes us the leader of a new session and group.
    pub(crate) fn set_session(&self) {
        let pid = self.get(self.mine, Field::Pid);
        self.set(self.mine, Field::Group, pid);
        self.set(self.mine, Field::Session, pid);
        self.set(self.mine, Field::Foreground, 0);
    }

    /// Leaves our name behind.
    pub(crate) fn leave_name(&self, name: &[u8]) {
        let mut bytes = [0; 16];
        let len = name.len().min(bytes.len());
        bytes[..len].copy_from_slice(&name[..len]);
        for (n, word) in bytes.as_chunks::<8>().0.iter().enumerate() {
            self.cell(self.mine, Field::Name as usize + n).store(u64::from_le_bytes(*word), SeqCst);
        }
    }

    /// The name that a process has left behind.
    pub(crate) fn name_of(&self, process: &Process) -> Vec<u8> {
        let words = [0, 1].map(|n| self.cell(process.slot, Field::Name as usize + n).load(SeqCst));
        let bytes = words.map(u64::to_le_bytes);
        bytes.as_flattened().iter().copied().take_while(|&byte| byte != 0).collect()
    }

    /// Notes which host process a guest's is, for when it is no more.
    fn remember(&self, pid: u32, host: i32) {
        let n = self.words.word(ADMITTED).fetch_add(1, SeqCst) % FORMER as u64;
        let word = self.words.word(FIRST_FORMER + usize::try_from(n).expect("below 4096"));
        word.store(host_word(host) << 32 | u64::from(pid), SeqCst);
    }

    /// The guest's id of a process of the host, also of one that has ended, unless that is long ago.
    pub(crate) fn pid_of_host(&self, host: i32) -> Option<u32> {
        let last = self.words.word(ADMITTED).load(SeqCst);
        // The last first, since hosts use numbers again.
        let all = (last.saturating_sub(FORMER as u64)..last).rev();
        let words = all.map(|n| usize::try_from(n % FORMER as u64).expect("below 4096"));
        let mut words = words.map(|n| self.words.word(FIRST_FORMER + n).load(SeqCst));
        words.find(|word| word >> 32 == host_word(host)).map(narrow)
    }

    /// Enters which file our program is.
    pub(crate) fn set_program(&self, (major, minor, inode): ProgramId) {
        self.set(self.mine, Field::ProgramDevice, u64::from(major) << 32 | u64::from(minor));
        self.set(self.mine, Field::ProgramInode, inode);
    }

    /// Whether a process runs the program in this file.
    pub(crate) fn is_running(&self, (major, minor, inode): ProgramId) -> bool {
        let device = u64::from(major) << 32 | u64::from(minor);
        self.all().any(|p| {
            p.state != State::Zombie
                && self.get(p.slot, Field::ProgramInode) == inode
                && self.get(p.slot, Field::ProgramDevice) == device
        })
    }

    /// Enters that we have called execve, and who we are now.
    pub(crate) fn set_executed(&self) {
        self.set(self.mine, Field::Executed, 1);
    }

    /// Whether we have called execve since we were forked.
    pub(crate) fn has_executed(&self) -> bool {
        self.get(self.mine, Field::Executed) != 0
    }

    /// Enters our real user id.
    pub(crate) fn set_user(&self, user: u32) {
        self.set(self.mine, Field::User, user.into());
    }

    /// Enters whether we adopt orphans.
    pub(crate) fn set_subreaper(&self, on: bool) {
        self.set(self.mine, Field::Subreaper, on.into());
    }

    /// Enters the signal that we want when our parent ends.
    pub(crate) fn set_parent_death(&self, signo: u32) {
        self.set(self.mine, Field::ParentDeath, signo.into());
    }

    /// The group in the foreground of the terminal of a session; none if it has no terminal.
    pub(crate) fn foreground(&self, session: u32) -> Option<u32> {
        let leader = self.find(session).filter(|leader| leader.session == session);
        let known =
            leader.filter(|leader| leader.state != State::Zombie).map_or(self.mine, |leader| leader.slot);
        Some(narrow(self.get(known, Field::Foreground))).filter(|&group| group != 0)
    }

    /// Whether nobody looks after the group of a process when the terminal stops it: no parent of its members is of
    /// another group of the session. The first process has its parent outside the run.
    pub(crate) fn is_orphaned(&self, process: &Process) -> bool {
        let looks_after = |p: &Process| {
            p.state != State::Zombie && p.session == process.session && p.group != process.group
        };
        let mut members = self.all().filter(|p| p.group == process.group && p.state != State::Zombie);
        !members.any(|p| p.pid == 1 || self.find(p.parent).is_some_and(|parent| looks_after(&parent)))
    }

    /// Puts a group in the foreground of the terminal of a session, which has none from now on if that is 0.
    pub(crate) fn set_foreground(&self, session: u32, group: u32) {
        if let Some(leader) = self.find(session) {
            self.set(leader.slot, Field::Foreground, group.into());
        }
    }

    /// Makes a process a zombie with this wait status and CPU times. Its children go to the next who adopts orphans.
    /// Answers its children that want a signal, with the number.
    pub(crate) fn end(&self, process: &Process, status: u32, times: (u64, u64)) -> Vec<(Process, u32)> {
        self.set(process.slot, Field::Status, status.into());
        self.set(process.slot, Field::UserTime, times.0);
        self.set(process.slot, Field::SystemTime, times.1);
        self.set(process.slot, Field::State, 2);
        self.words.word(ALIVE).fetch_sub(1, SeqCst);
        for n in 0..WAITERS {
            let owner = self.waiter(n, 1);
            if narrow(owner.load(SeqCst) >> 32) == process.pid {
                owner.store(0, SeqCst);
            }
        }
        if process.session == process.pid {
            // What the terminal sends on that occasion is for the same group still.
            let group = self.get(process.slot, Field::Foreground);
            self.all()
                .filter(|p| p.session == process.pid)
                .for_each(|p| self.set(p.slot, Field::Foreground, group));
        }
        let heir = self.heir(process);
        let mut bereaved = Vec::new();
        for child in self.all().filter(|child| child.parent == process.pid) {
            self.set(child.slot, Field::Parent, heir.into());
            let signo = narrow(self.get(child.slot, Field::ParentDeath));
            if signo != 0 && child.state != State::Zombie {
                bereaved.push((child, signo));
            }
            let nobody = self.find(heir).is_none_or(|heir| heir.state == State::Zombie);
            if child.state == State::Zombie && nobody {
                self.bury(&child);
            }
        }
        bereaved
    }

    /// Who adopts the children of a process: the nearest ancestor that wants to, else the first process.
    fn heir(&self, process: &Process) -> u32 {
        let mut at = process.parent;
        for _ in 0..SLOTS {
            match self.find(at) {
                Some(ancestor) if ancestor.state != State::Zombie => {
                    if self.get(ancestor.slot, Field::Subreaper) != 0 {
                        return ancestor.pid;
                    }
                    at = ancestor.parent;
                }
                _ => break,
            }
        }
        1
    }

    /// Puts a letter into the box of another process and rings. A full box loses it.
    pub(crate) fn post(&self, to: &Process, letter: &Letter) {
        self.lock(to.slot);
        let (written, read) = (self.get(to.slot, Field::Written), self.get(to.slot, Field::Read));
        if written.wrapping_sub(read) < LETTERS as u64 {
            let base = letter_base(written);
            let head = u64::from(letter.signo) | u64::from(letter.tid) << 32;
            self.cell(to.slot, base).store(head, SeqCst);
            for (n, word) in letter.info.as_chunks::<8>().0.iter().enumerate() {
                self.cell(to.slot, base + 1 + n).store(u64::from_le_bytes(*word), SeqCst);
            }
            self.set(to.slot, Field::Written, written.wrapping_add(1));
        }
        self.set(to.slot, Field::Lock, 0);
        if to.host > 0 {
            host::ring(to.host);
        }
    }

    /// Whether letters wait for us.
    pub(crate) fn has_letters(&self) -> bool {
        self.get(self.mine, Field::Written) != self.get(self.mine, Field::Read)
    }

    /// The letters that wait for us.
    pub(crate) fn take_letters(&self) -> Vec<Letter> {
        let mut letters = Vec::new();
        if !self.has_letters() {
            return letters;
        }
        self.lock(self.mine);
        let (written, mut read) = (self.get(self.mine, Field::Written), self.get(self.mine, Field::Read));
        while read != written {
            let base = letter_base(read);
            let head = self.cell(self.mine, base).load(SeqCst);
            let mut info = [0; 128];
            for (n, word) in info.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                *word = self.cell(self.mine, base + 1 + n).load(SeqCst).to_le_bytes();
            }
            letters.push(Letter { signo: narrow(head), tid: narrow(head >> 32), info });
            read = read.wrapping_add(1);
        }
        self.set(self.mine, Field::Read, read);
        self.set(self.mine, Field::Lock, 0);
        letters
    }

    /// Takes the lock of a box. It is held for moments; one that was killed while it held it does not stop others
    /// for long.
    fn lock(&self, slot: usize) {
        for _ in 0..10_000 {
            if self.field(slot, Field::Lock).compare_exchange(0, 1, SeqCst, SeqCst).is_ok() {
                return;
            }
            std::thread::yield_now();
        }
    }
}

fn host_word(host: i32) -> u64 {
    u64::from(host.cast_unsigned())
}

/// First word of the letter with this running number.
fn letter_base(number: u64) -> usize {
    let place = usize::try_from(number % LETTERS as u64).expect("below the number of letters");
    32 + place * LETTER_WORDS
}

/// A child between the decision to fork and its entry into the family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Child {
    slot: usize,
    pub(crate) pid: u32,
    pub(crate) stream: u32,
}
