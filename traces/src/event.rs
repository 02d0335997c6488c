//! The events of a trace: the only types of the project that are serialised.
//!
//! Enums are append-only: a variant is never removed, moved or inserted before another; a change of meaning
//! is a new format number. `FORMAT.md` has a heading for each. Byte strings that belong to an event stand one
//! after the other in its `data`, in the order in which its parts mention them.

use crate::units::{BlobId, Cycles, EventIndex, GuestAddr, InsnCount, Tid};
use serde::{Deserialize, Serialize};

/// One event: where it stands and what happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// The thread that it happened to.
    pub tid: Tid,
    /// Instructions retired before it takes effect (for an SVC: the SVC itself included).
    pub icount: InsnCount,
    /// The guest counter when it began.
    pub clock: Cycles,
    /// What happened.
    pub body: Body,
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Body {
    /// The process begins: first event of a stream.
    Start(Box<Start>),
    /// A system call from entry to return.
    Svc(Svc),
    /// A system call whose return stands apart, because other threads ran meanwhile.
    SvcEnter(Svc),
    /// The return of the thread's open [`Body::SvcEnter`]: result, duration and effects; the rest is as entered.
    SvcExit(Svc),
    /// The counter was synchronised outside a system call (a quantum ended).
    Sync {
        /// The new base; the event's `clock` is what the guest would have read before.
        base: Cycles,
        /// Cycles per instruction from here on, a 0.32 fixed-point fraction.
        rate: u32,
    },
    /// The host tried to publish a vDSO anchor, or saw no need to.
    Reseed(Reseed),
    /// A signal was delivered to a handler, or acted by default.
    Signal(Box<Signal>),
    /// The baton passed on to this thread.
    Switch {
        /// Who runs from here on.
        to: Tid,
    },
    /// Fast-path calls served by the vDSO page since the last such event, per symbol.
    Hits(VdsoHits),
    /// State digests for verification.
    Checkpoint(Digests),
    /// A guest thread ended.
    ThreadExit {
        /// Its exit code.
        code: i32,
    },
    /// The process ended: last event of a stream that was not cut off.
    End(End),
    /// A guest thread begins, with these registers; the event's thread is the new one.
    ThreadStart(Box<RegImage>),
    /// A process forked off another begins: first event of its stream.
    ForkStart(Box<ForkStart>),
    /// The system call before this event started a process.
    Fork(Fork),
    /// Memory changed that is shared with other processes.
    Shared(Box<SharedMemory>),
}

/// How a process begins.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Start {
    /// Guest process id.
    pub pid: u32,
    /// Path of the program as the guest sees it.
    pub exe: String,
    /// Arguments, from argv\[0\].
    pub argv: Vec<Vec<u8>>,
    /// Initial registers.
    pub regs: RegImage,
    /// Counter rule at the first instruction.
    pub clock: ClockRule,
    /// The initial address space, as effects on an empty one.
    pub effects: Vec<Effect>,
    /// Bytes of the effects.
    pub data: Vec<u8>,
    /// Where the vDSO page is, if there is one.
    pub vdso_base: Option<GuestAddr>,
    /// Where the interpreter (dynamic linker) was loaded, if any.
    pub interp_base: Option<GuestAddr>,
    /// Wall clock at the start, nanoseconds since 1970.
    pub realtime_ns: u64,
}

/// How a forked process begins: as a copy of its parent just after `event`, with other registers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ForkStart {
    /// Stream of the parent.
    pub stream: u32,
    /// Event of the parent behind which the child goes its own way.
    pub event: EventIndex,
    /// Guest process id of the child.
    pub pid: u32,
    /// Guest process id of its parent.
    pub ppid: u32,
    /// Registers of its only thread.
    pub regs: RegImage,
    /// What differs in its memory.
    pub effects: Vec<Effect>,
    /// Bytes of the effects.
    pub data: Vec<u8>,
}

/// A process that a system call started.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fork {
    /// Its guest process id.
    pub pid: u32,
    /// Its stream.
    pub stream: u32,
}

/// What other processes changed in shared memory, as this one sees it from here on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SharedMemory {
    /// The changes.
    pub effects: Vec<Effect>,
    /// Their bytes.
    pub data: Vec<u8>,
}

/// The rule by which CNTVCT_EL0 follows from the instruction count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ClockRule {
    /// Counter at the synchronisation.
    pub base: Cycles,
    /// Instruction count at the synchronisation.
    pub at: InsnCount,
    /// Cycles per instruction, a 0.32 fixed-point fraction.
    pub rate: u32,
}

/// A system call.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Svc {
    /// X8.
    pub nr: u32,
    /// Address of the SVC instruction.
    pub pc: GuestAddr,
    /// The arguments that the call uses, X0 first; at most 6.
    pub args: Args,
    /// X0 afterwards; -errno on failure. Meaningless if an effect replaced the registers.
    pub ret: i64,
    /// Guest cycles from entry to return: the counter is synchronised to `clock + dur` at the return.
    pub dur: Cycles,
    /// What the call changed in the guest, in order.
    pub effects: Vec<Effect>,
    /// What the call was given through pointers, for people; not needed to replay.
    pub inputs: Vec<Input>,
    /// If it came from a trampoline of the vDSO page or should have: why.
    pub vdso: Option<Box<VdsoExit>>,
    /// Remarks of the kernel.
    pub flags: SvcFlags,
    /// Bytes of `inputs`, then of `effects`, in order.
    pub data: Vec<u8>,
}

/// Up to six argument registers without an allocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Args {
    len: u8,
    regs: [u64; 6],
}

impl Args {
    /// The first `len` of `regs`; `len` above 6 is taken as 6.
    #[must_use]
    pub fn new(regs: [u64; 6], len: usize) -> Self {
        let mut kept = [0; 6];
        let len = len.min(6);
        kept[..len].copy_from_slice(&regs[..len]);
        Args { len: u8::try_from(len).unwrap_or(6), regs: kept }
    }

    /// The arguments.
    #[must_use]
    pub fn as_slice(&self) -> &[u64] {
        &self.regs[..usize::from(self.len)]
    }
}

/// Bits of [`Svc::flags`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SvcFlags(pub u8);

impl SvcFlags {
    /// The kernel does not implement this call; it answered -ENOSYS.
    pub const UNIMPLEMENTED: u8 = 1;
    /// The kernel refuses this call by policy.
    pub const REFUSED: u8 = 2;
    /// The call was interrupted and will be restarted.
    pub const RESTARTED: u8 = 4;
}

/// A change of guest state that a replay repeats.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Effect {
    /// `len` bytes, taken from the event's data, were written.
    Write {
        /// Where.
        at: GuestAddr,
        /// How many.
        len: u32,
    },
    /// The bytes of a blob were written.
    WriteBlob {
        /// Where.
        at: GuestAddr,
        /// What.
        blob: BlobId,
    },
    /// Zeros were written.
    Zero {
        /// Where.
        at: GuestAddr,
        /// How many.
        len: u64,
    },
    /// Pages were mapped, replacing what was there; their contents are zero until later effects write them.
    Map {
        /// Page-aligned start.
        at: GuestAddr,
        /// Multiple of the page size.
        len: u64,
        /// PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4.
        prot: u8,
        /// What it is.
        backing: Backing,
    },
    /// Pages were unmapped.
    Unmap {
        /// Page-aligned start.
        at: GuestAddr,
        /// Multiple of the page size.
        len: u64,
    },
    /// Rights changed.
    Protect {
        /// Page-aligned start.
        at: GuestAddr,
        /// Multiple of the page size.
        len: u64,
        /// The new rights.
        prot: u8,
    },
    /// Pages moved with their contents (mremap); the destination replaces what was there.
    Move {
        /// Page-aligned old start.
        from: GuestAddr,
        /// Page-aligned new start.
        to: GuestAddr,
        /// Multiple of the page size.
        len: u64,
    },
    /// All registers were replaced.
    Regs(Box<RegImage>),
    /// The address space was emptied (execve).
    ClearSpace,
    /// Mapped pages are from here on those of another range: what is stored at the one is at the other, too, until
    /// one of them is unmapped or mapped anew (two mappings of one file). Rights stay as they are.
    Alias {
        /// Page-aligned start of the pages that are kept.
        from: GuestAddr,
        /// Page-aligned start of those that are replaced.
        to: GuestAddr,
        /// Multiple of the page size.
        len: u64,
    },
    /// Mapped pages came to lie wholly behind the end of their file, or no longer do.
    FileEnd {
        /// Page-aligned start.
        at: GuestAddr,
        /// Multiple of the page size.
        len: u64,
        /// If so, each access that the rights allow raises SIGBUS.
        behind: bool,
    },
}

/// What backs a mapping; for display, contents come as writes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Backing {
    /// Zero pages.
    Anonymous,
    /// A file.
    File {
        /// Path as the guest sees it.
        path: String,
        /// Offset of the first byte.
        offset: u64,
        /// MAP_SHARED.
        shared: bool,
    },
    /// Named by the kernel: `[stack]`, `[heap]`, `[vdso]`.
    Named(String),
}

/// Input bytes of an argument, kept so that a reader can decode the call without re-executing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Input {
    /// Index of the argument that points to them, 0 to 5.
    pub arg: u8,
    /// How many bytes of the event's data are kept.
    pub len: u32,
    /// How many there were.
    pub full: u64,
}

/// Why a vDSO-served call reached the kernel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VdsoExit {
    /// The call: `clock_gettime`, `gettimeofday`, `clock_getres`, `getcpu`.
    pub function: VdsoFn,
    /// The reason.
    pub reason: VdsoReason,
    /// Page offset of the branch that left the fast path; none for `not-vdso` or where it is not known.
    pub branch: Option<u16>,
    /// True if the engine saw the branch, false if it was inferred from registers.
    pub exact: bool,
    /// X2 to X12 at the SVC, empty for `not-vdso`.
    pub regs: Vec<u64>,
    /// The 48 bytes of vvar at the trap, empty if unknown.
    pub vvar: Vec<u8>,
}

/// A function of the vDSO page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum VdsoFn {
    /// `__kernel_clock_gettime`.
    ClockGettime,
    /// `__kernel_gettimeofday`.
    Gettimeofday,
    /// `__kernel_clock_getres`.
    ClockGetres,
    /// `__kernel_getcpu`.
    Getcpu,
}

/// Why the fast path was left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum VdsoReason {
    /// A clock id that the page does not serve.
    Clockid,
    /// The attention word was set.
    Attention,
    /// No anchor was published yet.
    Unseeded,
    /// A writer was publishing.
    WriterOdd,
    /// The counter was below the anchor.
    CntUnderflow,
    /// The anchor was older than the cap.
    AgeCap,
    /// The generation changed between snapshot and recheck.
    SeqRace,
    /// The call came from no trampoline.
    NotVdso,
    /// Attention or writer: registers cannot tell and vvar was not seen.
    AttentionOrWriter,
}

/// An attempt to publish an anchor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reseed {
    /// What came of it.
    pub outcome: ReseedOutcome,
    /// Predicate: there was no stable anchor.
    pub unseeded: bool,
    /// Predicate: the anchor was too old.
    pub age: bool,
    /// Predicate: the wall clock had drifted too far.
    pub drift: bool,
    /// X9 minus the old anchor, in cycles; none if unseeded.
    pub age_cycles: Option<u64>,
    /// Wall clock minus what the old anchor predicts, saturated; none if unseeded.
    pub drift_ns: Option<i64>,
    /// The anchor before.
    pub old: AnchorImage,
    /// The anchor that was offered.
    pub new: AnchorImage,
    /// Memory effects of the publication.
    pub effects: Vec<Effect>,
    /// Bytes of the effects.
    pub data: Vec<u8>,
}

/// What came of an attempt to publish.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ReseedOutcome {
    /// The new anchor is in place.
    Published,
    /// The old anchor was good enough.
    Fresh,
    /// Another writer owned the page (odd generation).
    LostOdd,
    /// Another writer won the compare-and-swap.
    LostCas,
    /// The SVC was not at the trampoline's return address.
    RefusedPc,
    /// The counter value was zero or not available.
    RefusedCounter,
    /// The bytes at the trampoline are not those of the page.
    RefusedForeignPage,
}

/// The contents of an anchor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AnchorImage {
    /// The sequence word.
    pub seq: u32,
    /// CNTVCT_EL0 at the anchor.
    pub cntvct: u64,
    /// CLOCK_MONOTONIC at the anchor, seconds.
    pub mono_sec: i64,
    /// CLOCK_MONOTONIC at the anchor, nanoseconds.
    pub mono_nsec: i64,
    /// CLOCK_REALTIME at the anchor, seconds.
    pub real_sec: i64,
    /// CLOCK_REALTIME at the anchor, nanoseconds.
    pub real_nsec: i64,
}

/// Fast-path calls since the last such event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct VdsoHits {
    /// `clock_gettime`.
    pub clock_gettime: u64,
    /// `gettimeofday`.
    pub gettimeofday: u64,
    /// `clock_getres`.
    pub clock_getres: u64,
    /// `getcpu`.
    pub getcpu: u64,
}

/// A signal as it acts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Signal {
    /// Number.
    pub signo: u32,
    /// What it did.
    pub action: SignalAction,
    /// The 128 bytes of siginfo.
    pub info: Vec<u8>,
    /// Frame and registers, if a handler runs.
    pub effects: Vec<Effect>,
    /// Bytes of the effects.
    pub data: Vec<u8>,
}

/// What a signal did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SignalAction {
    /// A handler was entered.
    Handler,
    /// Nothing.
    Ignored,
    /// The process ended.
    Terminated,
    /// The process ended and Linux would dump core.
    Core,
    /// The process stopped.
    Stopped,
    /// The process went on.
    Continued,
}

/// Digests of the state after this event (first 16 bytes of BLAKE3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Digests {
    /// Of the registers of the running thread.
    pub regs: [u8; 16],
    /// Of address space and contents; none if it was not taken.
    pub memory: Option<[u8; 16]>,
}

/// How a process ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct End {
    /// How.
    pub status: EndStatus,
    /// Final digests.
    pub digests: Digests,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum EndStatus {
    /// exit or exit_group with this code.
    Exited(i32),
    /// Killed by this signal.
    Signalled(u32),
    /// Recording stopped although the guest went on (disk full); the errno.
    Detached(i32),
}

/// All registers of a thread.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RegImage {
    /// X0 to X30.
    pub x: [u64; 31],
    /// SP.
    pub sp: u64,
    /// PC.
    pub pc: u64,
    /// NZCV in bits 31:28.
    pub nzcv: u32,
    /// FPCR.
    pub fpcr: u32,
    /// FPSR.
    pub fpsr: u32,
    /// V0 to V31.
    pub v: [u128; 32],
    /// TPIDR_EL0.
    pub tpidr: u64,
}

impl Serialize for Args {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.as_slice())
    }
}

impl<'de> Deserialize<'de> for Args {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Six;
        impl<'de> serde::de::Visitor<'de> for Six {
            type Value = Args;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("at most six argument registers")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Args, A::Error> {
                let mut regs = [0; 6];
                let mut len = 0;
                while let Some(value) = seq.next_element()? {
                    *regs.get_mut(len).ok_or_else(|| serde::de::Error::invalid_length(len + 1, &self))? =
                        value;
                    len += 1;
                }
                Ok(Args::new(regs, len))
            }
        }
        deserializer.deserialize_seq(Six)
    }
}
