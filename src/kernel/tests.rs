//! System calls as a guest makes them: registers and memory in, result, memory and effects out.
//!
//! The host is a temporary directory that serves as the guest's root; the processor is a set of registers.

mod epoll;
mod files;
mod hostile;
mod ipc;
mod memory;
mod net;
mod overlay;
mod process;
mod signals;
mod timers;
mod transfers;

use super::effects::{Change, EffectLog, Stamp};
use super::{Config, Kernel, Timeline, VdsoChoice, dispatch};
use crate::engine::{Counter, Exit, Probe, Regs, Vcpu};
use crate::guest::layout::Layout;
use crate::guest::{MemoryMode, Prot, Space};
use std::ops::Range;
use std::path::Path;
use traces::event::{Backing, Body, Input, Svc};
use traces::{Cycles, EventIndex, GuestAddr, InsnCount, Tid};

/// A processor that executes nothing.
struct FakeVcpu {
    regs: Regs,
    counter: Counter,
}

impl Vcpu for FakeVcpu {
    fn run(&mut self, _budget: u64) -> Exit {
        Exit::Budget
    }

    fn regs(&self) -> Regs {
        self.regs.clone()
    }

    fn set_regs(&mut self, regs: &Regs) {
        self.regs = regs.clone();
    }

    fn x(&self, n: usize) -> u64 {
        self.regs.x[n]
    }

    fn set_x(&mut self, n: usize, value: u64) {
        self.regs.x[n] = value;
    }

    fn pc(&self) -> u64 {
        self.regs.pc
    }

    fn icount(&self) -> InsnCount {
        InsnCount(0)
    }

    fn counter(&self) -> (Cycles, Counter) {
        (Cycles(self.counter.base), self.counter)
    }

    fn set_counter(&mut self, counter: Counter) {
        self.counter = counter;
    }

    fn probe(&self) -> Probe {
        Probe::default()
    }

    fn clear_exclusive(&mut self) {}

    fn set_last_branch(&mut self, _at: Option<GuestAddr>) {}
}

/// What the last call reported, in a form that can be repeated on another space.
#[derive(Default)]
struct Collected {
    shadow: Option<Space>,
    svcs: Vec<Svc>,
    signals: Vec<traces::event::Signal>,
    writes: Vec<(u64, Vec<u8>)>,
}

impl EffectLog for Collected {
    fn wants_inputs(&self) -> bool {
        true
    }

    fn inputs(&mut self, _inputs: &[Input], _data: &[u8]) {}

    fn change(&mut self, change: Change<'_>) {
        let shadow = self.shadow.as_ref().expect("a shadow space");
        match change {
            Change::Write { at, bytes } => {
                self.writes.push((at, bytes.to_vec()));
                shadow.write_forced(at, bytes).unwrap();
            }
            Change::Zero { at, len } => {
                shadow.write_forced(at, &vec![0; usize::try_from(len).unwrap()]).unwrap();
            }
            Change::Map { range, prot, backing } => {
                shadow.map(range.clone(), Prot(prot), backing.clone()).unwrap();
            }
            Change::Unmap(range) => shadow.unmap(range.clone()).unwrap(),
            Change::Protect { range, prot } => shadow.protect(range.clone(), Prot(prot)).unwrap(),
            Change::Move { from, to } => shadow.relocate(from.clone(), to).unwrap(),
            Change::Alias { from, to } => shadow.alias(from.clone(), to).unwrap(),
            Change::FileEnd { range, behind } => shadow.set_behind(range.clone(), behind).unwrap(),
            Change::Regs(_) => {}
            Change::ClearSpace => shadow.clear().unwrap(),
        }
    }

    fn has_changes(&self) -> bool {
        false
    }

    fn emit(&mut self, _at: Stamp, body: Body) {
        match body {
            Body::Svc(svc) => self.svcs.push(svc),
            Body::Signal(signal) => self.signals.push(*signal),
            _ => {}
        }
    }

    fn will_block(&mut self) {}

    fn next_event(&self) -> EventIndex {
        EventIndex(0)
    }

    fn before_fork(&mut self) {}

    fn after_fork(&mut self, _stream: u32) {}
}

/// Start of the scratch memory, read and write.
const DATA: u64 = 0x2000_0000;
const DATA_END: u64 = DATA + 0x10_0000;
/// A page that can only be read.
const READ_ONLY: u64 = 0x3000_0000;
/// Nothing is mapped here.
const NOWHERE: u64 = 0x4000_0000;
const FDCWD: u64 = (-100i64).cast_unsigned();

/// A guest process in a temporary root directory.
pub(super) struct Guest {
    pub(super) k: Kernel,
    vcpu: FakeVcpu,
    space: Space,
    log: Collected,
    root: tempfile::TempDir,
    /// Where [`Guest::bytes`] puts the next thing.
    free: u64,
}

impl Guest {
    pub(super) fn new() -> Guest {
        let root = tempfile::tempdir().unwrap();
        let config = Config {
            sysroot: Some(root.path().to_owned()),
            program: "/bin/prog".into(),
            argv: vec![b"prog".to_vec(), b"arg".to_vec()],
            env: vec![b"A=1".to_vec()],
            workdir: None,
            overlay: None,
            user: (1000, 1000),
            vdso: VdsoChoice::None,
            network: true,
        };
        let space = Space::with_size(1 << 36, MemoryMode::Checked).unwrap();
        let layout = Layout::new(1 << 36, 0x48_0000).unwrap();
        let mut fs = super::path::Fs::new(config.sysroot.as_deref(), None).unwrap();
        fs.exe = b"/bin/prog".to_vec();
        std::fs::create_dir(root.path().join("bin")).unwrap();
        std::fs::write(root.path().join("bin/prog"), "the program").unwrap();
        let parts = super::Parts {
            pid: 1,
            layout,
            fds: super::fd::FdTable::default(),
            fs,
            exe: b"/bin/prog".to_vec(),
            auxv: vec![1, 2, 3],
            vdso: None,
            sigreturn: 0xF0E0,
            family: super::family::Family::new(1, 1000).unwrap(),
        };
        let k = Kernel::new(parts, &config, Timeline { cntfrq: 24_000_000 });
        let mut regs = Regs { pc: 0x40_0004, sp: DATA_END, ..Regs::default() };
        regs.x[30] = 0x40_0000;
        let vcpu = FakeVcpu { regs, counter: Counter::default() };
        let log = Collected {
            shadow: Some(Space::with_size(1 << 36, MemoryMode::Checked).unwrap()),
            ..Collected::default()
        };
        let mut guest = Guest { k, vcpu, space, log, root, free: DATA };
        guest.map(DATA..DATA_END, Prot::RW);
        guest.map(READ_ONLY..READ_ONLY + 0x1000, Prot(Prot::READ));
        guest
    }

    fn map(&mut self, range: Range<u64>, prot: Prot) {
        for space in [&self.space, self.log.shadow.as_ref().unwrap()] {
            space.map(range.clone(), prot, Backing::Anonymous).unwrap();
        }
    }

    /// Puts bytes into guest memory behind the kernel's back, as a program would, and answers where.
    fn bytes(&mut self, bytes: &[u8]) -> u64 {
        let at = self.free;
        self.free = (at + bytes.len() as u64).next_multiple_of(16);
        self.poke(at, bytes);
        at
    }

    fn poke(&mut self, at: u64, bytes: &[u8]) {
        for space in [&self.space, self.log.shadow.as_ref().unwrap()] {
            space.write(at, bytes).unwrap();
        }
    }

    /// A NUL-terminated string in guest memory.
    fn text(&mut self, text: &str) -> u64 {
        self.bytes(&[text.as_bytes(), b"\0"].concat())
    }

    /// Words in guest memory.
    fn words(&mut self, words: &[u64]) -> u64 {
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        self.bytes(&bytes)
    }

    /// Room in guest memory.
    fn room(&mut self, len: usize) -> u64 {
        self.bytes(&vec![0xEE; len])
    }

    fn read(&self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.space.read(at, &mut bytes).unwrap();
        bytes
    }

    fn word(&self, at: u64) -> u64 {
        u64::from_le_bytes(self.read(at, 8).try_into().unwrap())
    }

    fn half(&self, at: u64) -> u32 {
        u32::from_le_bytes(self.read(at, 4).try_into().unwrap())
    }

    /// Makes a call and answers X0. Checks that every change of memory was reported.
    fn call(&mut self, nr: u64, args: &[u64]) -> i64 {
        self.call_unchecked(nr, args);
        let (real, told) = (crate::guest::digest::of_memory(&self.space), self.shadow_digest());
        assert_eq!(real, told, "syscall {nr} {args:x?} changed memory behind the log's back");
        self.vcpu.x(0).cast_signed()
    }

    /// Makes a call, and waits until it can be answered.
    fn call_unchecked(&mut self, nr: u64, args: &[u64]) {
        let mut outcome = self.begin(nr, args);
        while outcome == dispatch::Outcome::Parked {
            self.k.await_parked(None);
            outcome = dispatch::resume(&mut self.k, &mut self.vcpu, &self.space, &mut self.log);
        }
    }

    /// Makes a call, and forgets it if it waits.
    fn try_call(&mut self, nr: u64, args: &[u64]) {
        self.begin(nr, args);
        self.k.me_mut().call = None;
    }

    fn begin(&mut self, nr: u64, args: &[u64]) -> dispatch::Outcome {
        self.vcpu.set_x(8, nr);
        for n in 0..6 {
            self.vcpu.set_x(n, args.get(n).copied().unwrap_or(0));
        }
        self.log.writes.clear();
        dispatch::syscall(&mut self.k, &mut self.vcpu, &self.space, &mut self.log)
    }

    /// Tries the call that waits again.
    fn begin_again(&mut self) -> dispatch::Outcome {
        dispatch::resume(&mut self.k, &mut self.vcpu, &self.space, &mut self.log)
    }

    /// X0 as a result.
    fn vcpu_x0(&self) -> i64 {
        self.vcpu.x(0).cast_signed()
    }

    fn shadow_digest(&self) -> [u8; 16] {
        crate::guest::digest::of_memory(self.log.shadow.as_ref().unwrap())
    }

    /// Delivers signals as before the guest runs on.
    fn deliver(&mut self) {
        let stamp = Stamp { tid: Tid(1), icount: InsnCount(0), clock: Cycles(0) };
        let mut door = super::door::Door::new(&self.space, &mut self.log);
        super::signal::deliver(&mut self.k, &mut self.vcpu, &mut door, stamp);
    }

    fn root(&self) -> &Path {
        self.root.path()
    }

    /// Opens a file below the root, read and write, making it if it is not there.
    fn open(&mut self, path: &str) -> u64 {
        let path = self.text(path);
        let fd = self.call(56, &[FDCWD, path, 0x42, 0o644]);
        assert!(fd >= 0, "openat answers {fd}");
        fd.cast_unsigned()
    }

    /// A descriptor of a file below the root with these contents, positioned at its start.
    fn file(&mut self, path: &str, contents: &[u8]) -> u64 {
        std::fs::write(self.root().join(path), contents).unwrap();
        self.open(&format!("/{path}"))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.k.ipc.finish();
    }
}

/// Negative errno numbers, as X0 has them.
mod e {
    pub(super) const PERM: i64 = -1;
    pub(super) const NOENT: i64 = -2;
    pub(super) const SRCH: i64 = -3;
    pub(super) const INTR: i64 = -4;
    pub(super) const NXIO: i64 = -6;
    pub(super) const TOOBIG: i64 = -7;
    pub(super) const BADF: i64 = -9;
    pub(super) const AGAIN: i64 = -11;
    pub(super) const NOMEM: i64 = -12;
    pub(super) const ACCES: i64 = -13;
    pub(super) const FAULT: i64 = -14;
    pub(super) const BUSY: i64 = -16;
    pub(super) const EXIST: i64 = -17;
    pub(super) const XDEV: i64 = -18;
    pub(super) const NOTDIR: i64 = -20;
    pub(super) const ISDIR: i64 = -21;
    pub(super) const INVAL: i64 = -22;
    pub(super) const MFILE: i64 = -24;
    pub(super) const NOTTY: i64 = -25;
    pub(super) const FBIG: i64 = -27;
    pub(super) const SPIPE: i64 = -29;
    pub(super) const ROFS: i64 = -30;
    pub(super) const PIPE: i64 = -32;
    pub(super) const RANGE: i64 = -34;
    pub(super) const NAMETOOLONG: i64 = -36;
    pub(super) const NOSYS: i64 = -38;
    pub(super) const NOTEMPTY: i64 = -39;
    pub(super) const LOOP: i64 = -40;
    pub(super) const NODATA: i64 = -61;
    pub(super) const NOPROTOOPT: i64 = -92;
    pub(super) const PROTONOSUPPORT: i64 = -93;
    pub(super) const OPNOTSUPP: i64 = -95;
    pub(super) const AFNOSUPPORT: i64 = -97;
    pub(super) const ADDRINUSE: i64 = -98;
    pub(super) const TIMEDOUT: i64 = -110;
}
