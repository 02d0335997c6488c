//! Where everything is in the page: functions, supervisor calls, fallback branches, vvar; for all revisions.
//!
//! Used by the builder of this crate, by whoever explains a program counter in the page, and by the root
//! crate for offsets into vvar. All offsets are from the start of the page.

use crate::code::{self, Mark, Patch, Symbol};
use crate::elf;

/// Where elfuse maps the page in the guest.
pub const PAGE_ADDR: u64 = 0xF000;
/// Size of the page in bytes.
pub const PAGE_SIZE: usize = 4096;

/// Page offset of vvar, in every revision.
pub const VVAR: u16 = 0xB0;
/// Size of vvar in bytes.
pub const VVAR_SIZE: u16 = 0x30;
/// Offset in vvar of the u32 sequence word: 0 unseeded, odd being written, even N = generation N/2.
pub const VVAR_SEQ: u16 = 0x00;
/// Offset in vvar of the u32 attention word: not zero sends every call to the host.
pub const VVAR_ATTENTION: u16 = 0x04;
/// Offset in vvar of the u64 counter at the anchor, in cycles of CNTVCT_EL0.
pub const VVAR_CNTVCT: u16 = 0x08;
/// Offset in vvar of the i64 seconds of CLOCK_MONOTONIC at the anchor.
pub const VVAR_MONO_SEC: u16 = 0x10;
/// Offset in vvar of the i64 nanoseconds of CLOCK_MONOTONIC at the anchor.
pub const VVAR_MONO_NSEC: u16 = 0x18;
/// Offset in vvar of the i64 seconds of CLOCK_REALTIME at the anchor.
pub const VVAR_REAL_SEC: u16 = 0x20;
/// Offset in vvar of the i64 nanoseconds of CLOCK_REALTIME at the anchor.
pub const VVAR_REAL_NSEC: u16 = 0x28;

/// The valid bits of the attention word: 1 timer or signal, 2 credentials, 4 trace.
pub const ATTENTION_MASK: u32 = 7;

/// Page offset of the first function; the signal return trampoline, which signal frames point at.
pub const TEXT: u16 = 0xE0;

/// CNTFRQ_EL0 of Apple's machines and of the software CPU, in Hz.
pub const CNTFRQ_DEFAULT: u32 = 24_000_000;
/// The lowest counter frequency that a page can be built for, in Hz: below it the age cap of `carry` would
/// last longer than a second, and its carry of at most 1 would be wrong.
pub const CNTFRQ_MIN: u32 = 1 << 22;
/// The trampolines compute `(cycles * mult) >> SHIFT`.
pub const SHIFT: u8 = 24;

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// The multiplier for a counter frequency: nanoseconds per cycle times 2^[`SHIFT`], rounded down, so that
/// interpolated time is never ahead. None below [`CNTFRQ_MIN`].
#[must_use]
pub const fn multiplier(cntfrq: u32) -> Option<u32> {
    if cntfrq < CNTFRQ_MIN {
        return None;
    }
    let mult = (NANOS_PER_SEC << SHIFT) / cntfrq as u64;
    #[expect(clippy::cast_possible_truncation, reason = "the assertion below bounds it")]
    Some(mult as u32)
}

/// Nanoseconds of the greatest delta that passes an age cap of `2^age_shift` cycles; none if the 64-bit
/// multiplication of the trampoline would overflow.
const fn longest_delta(age_shift: u8, mult: u32) -> Option<u64> {
    let cycles = (1 << age_shift) - 1;
    match (mult as u64).checked_mul(cycles) {
        Some(product) => Some(product >> SHIFT),
        None => None,
    }
}

/// Whether `nsec + delta_ns < 2 * 10^9` for every stored `nsec < 10^9` and every delta below the cap, which
/// is what a carry of at most 1 needs.
const fn carry_is_enough(age_shift: u8, mult: u32) -> bool {
    match longest_delta(age_shift, mult) {
        Some(delta_ns) => (NANOS_PER_SEC - 1) + delta_ns < 2 * NANOS_PER_SEC,
        None => false,
    }
}

// The multiplier falls with the frequency and the longest delta with it, so the lowest frequency decides.
const _: () = {
    assert!((NANOS_PER_SEC << SHIFT) / CNTFRQ_MIN as u64 <= u32::MAX as u64, "the multiplier is two moves");
    let Some(mult) = multiplier(CNTFRQ_MIN) else { panic!("the lowest frequency has a multiplier") };
    assert!(carry_is_enough(Revision::Carry.age_shift(), mult), "the carry is 0 or 1");
    assert!(!carry_is_enough(Revision::AbiNote.age_shift(), mult), "the longer cap needs the division");
    assert!(longest_delta(Revision::AbiNote.age_shift(), mult).is_some(), "the product fits 64 bits");
};

/// A revision of elfuse's page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Revision {
    /// The first page with an anchor under a sequence lock: no note, program headers at 0x40, an age cap of
    /// 2^31 cycles, coarse clocks answered by `clock_getres`.
    Seqlock,
    /// Adds the ABI note in place of the program headers, which move behind the sections, and sends
    /// the coarse clocks of `clock_getres` to the host.
    AbiNote,
    /// Caps the age at 2^22 cycles, so that `clock_gettime` carries with compare and select instead of
    /// dividing: elfuse as it is.
    #[default]
    Carry,
}

impl Revision {
    /// All revisions, oldest first.
    pub const ALL: [Revision; 3] = [Revision::Seqlock, Revision::AbiNote, Revision::Carry];

    /// The name on the command line and in traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Revision::Seqlock => "seqlock",
            Revision::AbiNote => "abi-note",
            Revision::Carry => "carry",
        }
    }

    /// The revision of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Revision> {
        Revision::ALL.into_iter().find(|revision| revision.name() == name)
    }

    /// An anchor serves for less than `2^age_shift` cycles.
    #[must_use]
    pub const fn age_shift(self) -> u8 {
        match self {
            Revision::Seqlock | Revision::AbiNote => 31,
            Revision::Carry => 22,
        }
    }
}

/// A function of the page that has a fast path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Function {
    /// `__kernel_clock_gettime`.
    ClockGettime,
    /// `__kernel_gettimeofday`.
    Gettimeofday,
    /// `__kernel_clock_getres`.
    ClockGetres,
    /// `__kernel_getcpu`.
    Getcpu,
}

impl Function {
    /// All functions.
    pub const ALL: [Function; 4] =
        [Function::ClockGettime, Function::Gettimeofday, Function::ClockGetres, Function::Getcpu];

    /// The syscall number of its fallback (`asm-generic/unistd.h`).
    #[must_use]
    pub const fn nr(self) -> u16 {
        match self {
            Function::ClockGettime => 113,
            Function::ClockGetres => 114,
            Function::Getcpu => 168,
            Function::Gettimeofday => 169,
        }
    }

    /// The function that serves a syscall number.
    #[must_use]
    pub fn from_nr(nr: u64) -> Option<Function> {
        Function::ALL.into_iter().find(|function| u64::from(function.nr()) == nr)
    }

    /// The name of the system call.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Function::ClockGettime => "clock_gettime",
            Function::Gettimeofday => "gettimeofday",
            Function::ClockGetres => "clock_getres",
            Function::Getcpu => "getcpu",
        }
    }
}

/// Why a call of a served function reached the host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reason {
    /// A clock id that the page does not serve.
    Clockid,
    /// The attention word was not zero.
    Attention,
    /// No anchor was published yet.
    Unseeded,
    /// A writer was publishing.
    WriterOdd,
    /// The counter was below the anchor.
    CntUnderflow,
    /// The anchor was older than the cap.
    AgeCap,
    /// The generation changed between the first look and the recheck.
    SeqRace,
    /// The call came from no trampoline: libc does not use the page.
    NotVdso,
    /// Attention or writer: the registers cannot tell, and vvar was not seen or did not settle it.
    AttentionOrWriter,
}

impl Reason {
    /// The name in filters, reports and exports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Clockid => "clockid",
            Reason::Attention => "attention",
            Reason::Unseeded => "unseeded",
            Reason::WriterOdd => "writer-odd",
            Reason::CntUnderflow => "cnt-underflow",
            Reason::AgeCap => "age-cap",
            Reason::SeqRace => "seq-race",
            Reason::NotVdso => "not-vdso",
            Reason::AttentionOrWriter => "attention-or-writer",
        }
    }
}

/// One function symbol of the page. Offsets are from the start of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FunctionLayout {
    /// The symbol's name.
    pub symbol: &'static str,
    /// The function, none for the signal return trampoline.
    pub function: Option<Function>,
    /// The number of its system call.
    pub nr: u16,
    /// Its first instruction.
    pub offset: u16,
    /// Its size in bytes.
    pub size: u16,
    /// Its SVC; at the exception the PC is 4 bytes behind it.
    pub svc: u16,
    /// The instruction that its fallback branches go to, which loads the number; for the signal return
    /// trampoline its first.
    pub fallback: u16,
}

impl FunctionLayout {
    const EMPTY: FunctionLayout =
        FunctionLayout { symbol: "", function: None, nr: 0, offset: 0, size: 0, svc: 0, fallback: 0 };

    /// Whether a page offset lies in it.
    #[must_use]
    pub const fn contains(&self, offset: u16) -> bool {
        offset >= self.offset && offset - self.offset < self.size
    }
}

/// One branch from a fast path to its fallback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Branch {
    /// Page offset of the branch instruction.
    pub offset: u16,
    /// The function it is in.
    pub function: Function,
    /// Why it is taken.
    pub reason: Reason,
    /// The clock id that alone takes it, where there is one.
    pub clockid: Option<u32>,
}

const MAX_BRANCHES: usize = 20;

/// The map of one page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Which revision it is.
    pub revision: Revision,
    /// Nanoseconds per cycle times `2^shift`, as the trampolines multiply.
    pub mult: u32,
    /// See `mult`.
    pub shift: u8,
    /// An anchor serves for less than `2^age_shift` cycles.
    pub age_shift: u8,
    /// Page offset of vvar.
    pub vvar: u16,
    /// Page offset behind the last function.
    pub text_end: u16,
    functions: [FunctionLayout; 5],
    branches: [Branch; MAX_BRANCHES],
    branch_count: usize,
}

impl Layout {
    /// The map of the page of a revision with this multiplier.
    pub(crate) fn new(revision: Revision, mult: u32) -> Layout {
        let none = Branch { offset: 0, function: Function::Getcpu, reason: Reason::NotVdso, clockid: None };
        let mut layout = Layout {
            revision,
            mult,
            shift: SHIFT,
            age_shift: revision.age_shift(),
            vvar: VVAR,
            text_end: TEXT,
            functions: [FunctionLayout::EMPTY; 5],
            branches: [none; MAX_BRANCHES],
            branch_count: 0,
        };
        for (index, symbol) in code::SYMBOLS.into_iter().enumerate() {
            layout.functions[index] = layout.lay(symbol);
            layout.text_end = layout.functions[index].offset + layout.functions[index].size;
        }
        layout
    }

    /// Lays a function at the end of the text and notes its branches.
    fn lay(&mut self, symbol: Symbol) -> FunctionLayout {
        let (name, function, nr) = match symbol {
            Symbol::RtSigreturn => ("__kernel_rt_sigreturn", None, 139),
            Symbol::Served(f @ Function::ClockGettime) => ("__kernel_clock_gettime", Some(f), f.nr()),
            Symbol::Served(f @ Function::Gettimeofday) => ("__kernel_gettimeofday", Some(f), f.nr()),
            Symbol::Served(f @ Function::ClockGetres) => ("__kernel_clock_getres", Some(f), f.nr()),
            Symbol::Served(f @ Function::Getcpu) => ("__kernel_getcpu", Some(f), f.nr()),
        };
        let offset = self.text_end;
        let mut laid =
            FunctionLayout { symbol: name, function, nr, offset, size: 0, svc: 0, fallback: offset };
        for insn in code::parts(self.revision, symbol).iter().copied().flatten() {
            let pc = offset + laid.size;
            match (insn.mark, function) {
                (Mark::Svc, _) => laid.svc = pc,
                (Mark::Fallback, _) => laid.fallback = pc,
                (Mark::Leave(reason), Some(function)) => self.note(pc, function, reason, None),
                (Mark::LeaveId(id), Some(function)) => self.note(pc, function, Reason::Clockid, Some(id)),
                _ => {}
            }
            laid.size += 4;
        }
        laid
    }

    fn note(&mut self, offset: u16, function: Function, reason: Reason, clockid: Option<u32>) {
        self.branches[self.branch_count] = Branch { offset, function, reason, clockid };
        self.branch_count += 1;
    }

    /// Recognises a page from its bytes, whatever its vvar and its multiplier hold. None for any page that
    /// this crate would not have built.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Layout> {
        let page: &[u8; PAGE_SIZE] = bytes.try_into().ok()?;
        Revision::ALL.into_iter().find_map(|revision| {
            let mult = elf::read_mult(page, revision);
            let built = elf::page(&Layout::new(revision, mult));
            let vvar = usize::from(VVAR)..usize::from(VVAR + VVAR_SIZE);
            let same = page[..vvar.start] == built[..vvar.start] && page[vvar.end..] == built[vvar.end..];
            same.then(|| Layout::new(revision, mult))
        })
    }

    /// All function symbols in the order of the symbol table.
    #[must_use]
    pub fn functions(&self) -> &[FunctionLayout] {
        &self.functions
    }

    /// The symbol of a served function.
    ///
    /// # Panics
    /// Never: every revision serves all four.
    #[must_use]
    pub fn function(&self, function: Function) -> &FunctionLayout {
        self.functions
            .iter()
            .find(|laid| laid.function == Some(function))
            .expect("every revision serves all four")
    }

    /// The signal return trampoline.
    #[must_use]
    pub fn rt_sigreturn(&self) -> &FunctionLayout {
        &self.functions[0]
    }

    /// The function that a page offset lies in.
    #[must_use]
    pub fn function_at(&self, offset: u16) -> Option<&FunctionLayout> {
        self.functions.iter().find(|laid| laid.contains(offset))
    }

    /// The branches that leave fast paths, ascending by offset: 20, or 18 in `seqlock`.
    #[must_use]
    pub fn branches(&self) -> &[Branch] {
        &self.branches[..self.branch_count]
    }

    /// The nanoseconds that the trampolines make of a number of cycles, exactly, for any number.
    #[must_use]
    pub fn nanos(&self, cycles: u64) -> u128 {
        (u128::from(cycles) * u128::from(self.mult)) >> self.shift
    }

    /// The listing: page offset, word and assembler text of every instruction, in the order of the code.
    /// Numeric labels are local to a function, `vvar` is the page offset [`VVAR`]; the text shows the
    /// multiplier of 24 MHz.
    pub fn listing(&self) -> impl Iterator<Item = (u16, u32, &'static str)> {
        let layout = *self;
        code::SYMBOLS.into_iter().zip(self.functions).flat_map(move |(symbol, laid)| {
            let patch = Patch { vvar: layout.vvar, fallback: laid.fallback, mult: layout.mult };
            let insns = code::parts(layout.revision, symbol).iter().copied().flatten();
            (laid.offset..).step_by(4).zip(insns).map(move |(pc, insn)| (pc, insn.at(pc, &patch), insn.text))
        })
    }
}
