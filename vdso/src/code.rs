//! The A64 words of the trampolines beside their listing; read by `layout` and `elf`, by nobody else.
//!
//! The words are committed, not assembled at build time; a test assembles the listing column again and
//! compares. Operands that depend on the page being built are patched in by [`Insn::at`]: the distances to
//! vvar and to the fallback, which are 0 below, and the two halves of the multiplier, below that of 24 MHz.
//!
//! Shape of every function: `x9` takes the counter where a clock is read, the checks branch to the label `9`,
//! the fast path ends in `ret`, and `9` is `mov x8, #nr; svc #0; ret`. The arguments stay untouched until
//! `9` can no longer be reached, so that the SVC sees what the caller passed; `x9` stays intact to
//! the SVC because the host seeds the anchor from it. Encodings: Arm ARM DDI 0487, C6.2.

use crate::{Function, Reason, Revision};

/// What a word means to the builder and to whoever explains a fallback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mark {
    /// Nothing special.
    Plain,
    /// `adr` of vvar: the distance is patched.
    Vvar,
    /// The 16-bit immediate is the low half of the multiplier.
    MulLow,
    /// The 16-bit immediate is the high half of the multiplier.
    MulHigh,
    /// A branch to the fallback, and why it is taken.
    Leave(Reason),
    /// A branch to the fallback for exactly this clock id.
    LeaveId(u32),
    /// The first instruction of the fallback.
    Fallback,
    /// The supervisor call.
    Svc,
}

/// One instruction: its word, its assembler text, its meaning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Insn {
    /// The word, before patching.
    pub(crate) word: u32,
    /// What the assembler turns into `word`. Numeric labels are local to a function.
    pub(crate) text: &'static str,
    /// What it is for.
    pub(crate) mark: Mark,
}

/// Bits 20:5 of the wide-move instructions.
const IMM16: u32 = 0xFFFF << 5;

/// What the patched operands are computed from. Page offsets, except `mult`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patch {
    /// Where vvar is.
    pub(crate) vvar: u16,
    /// Where the fallback of this function starts.
    pub(crate) fallback: u16,
    /// Nanoseconds per cycle, times 2^24.
    pub(crate) mult: u32,
}

impl Insn {
    /// The word as it stands at page offset `pc`.
    pub(crate) fn at(self, pc: u16, patch: &Patch) -> u32 {
        let distance = |to: u16| u32::from(to).wrapping_sub(u32::from(pc));
        match self.mark {
            Mark::Vvar => {
                let d = distance(patch.vvar);
                self.word | (d & 3) << 29 | ((d >> 2) & 0x7_FFFF) << 5
            }
            Mark::MulLow => self.word & !IMM16 | (patch.mult & 0xFFFF) << 5,
            Mark::MulHigh => self.word & !IMM16 | (patch.mult >> 16) << 5,
            Mark::Leave(_) | Mark::LeaveId(_) => {
                let words = distance(patch.fallback) >> 2;
                // Test-and-branch has 14 bits of distance, compare-and-branch and B.cond have 19.
                let mask = if self.word & 0x7E00_0000 == 0x3600_0000 { 0x3FFF } else { 0x7_FFFF };
                self.word | (words & mask) << 5
            }
            Mark::Plain | Mark::Fallback | Mark::Svc => self.word,
        }
    }
}

/// The 16-bit immediate of a wide move.
pub(crate) fn imm16(word: u32) -> u32 {
    (word & IMM16) >> 5
}

macro_rules! code {
    ($($word:literal $text:literal $(=> $mark:expr)?;)*) => {
        &[$(Insn { word: $word, text: $text, mark: code!(@mark $($mark)?) }),*]
    };
    (@mark) => { Mark::Plain };
    (@mark $mark:expr) => { $mark };
}

type Part = &'static [Insn];

/// The instructions of a function, in parts that the revisions combine differently.
pub(crate) fn parts(revision: Revision, symbol: Symbol) -> &'static [Part] {
    use Revision::{AbiNote, Carry, Seqlock};
    match (symbol, revision) {
        (Symbol::RtSigreturn, _) => &[SIGRETURN],
        (Symbol::Served(Function::ClockGetres), Seqlock) => &[ATTENTION, GETRES_IDS, GETRES],
        (Symbol::Served(Function::ClockGetres), AbiNote | Carry) => {
            &[ATTENTION, GETRES_IDS, GETRES_COARSE_IDS, GETRES]
        }
        (Symbol::Served(Function::ClockGettime), Seqlock | AbiNote) => {
            &[GETTIME_HEAD, ATTENTION, SNAPSHOT, GETTIME_ANCHOR, AGE_31, DELTA, SPLIT, RECHECK, GETTIME]
        }
        (Symbol::Served(Function::ClockGettime), Carry) => {
            &[GETTIME_HEAD, ATTENTION, SNAPSHOT, GETTIME_ANCHOR, AGE_22, DELTA, CARRY, RECHECK, GETTIME]
        }
        (Symbol::Served(Function::Gettimeofday), Seqlock | AbiNote) => {
            &[COUNTER, ATTENTION, SNAPSHOT, REAL_ANCHOR, AGE_31, DELTA, SPLIT, MICROS, RECHECK, TIMEOFDAY]
        }
        (Symbol::Served(Function::Gettimeofday), Carry) => {
            &[COUNTER, ATTENTION, SNAPSHOT, REAL_ANCHOR, AGE_22, DELTA, SPLIT, MICROS, RECHECK, TIMEOFDAY]
        }
        (Symbol::Served(Function::Getcpu), _) => &[ATTENTION, GETCPU],
    }
}

/// A function symbol of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Symbol {
    /// The signal return trampoline, which is always an SVC.
    RtSigreturn,
    /// A function with a fast path.
    Served(Function),
}

/// The symbols in the order of their code, of the symbol table and of the string table.
pub(crate) const SYMBOLS: [Symbol; 5] = [
    Symbol::RtSigreturn,
    Symbol::Served(Function::ClockGetres),
    Symbol::Served(Function::ClockGettime),
    Symbol::Served(Function::Gettimeofday),
    Symbol::Served(Function::Getcpu),
];

// Unwinders recognise the first two words (d2801168 d4000001); libcs take the address as the return
// address of a signal handler.
const SIGRETURN: Part = code! {
    0xd2801168 "mov x8, #139";
    0xd4000001 "svc #0" => Mark::Svc;
    0xd65f03c0 "ret";
};

// x2 = vvar, x10 = its attention word. The acquire keeps the reads that follow behind this one.
const ATTENTION: Part = code! {
    0x10000002 "adr x2, vvar" => Mark::Vvar;
    0x9100104a "add x10, x2, #4";
    0x88dffd43 "ldar w3, [x10]";
    0x35000003 "cbnz w3, 9f" => Mark::Leave(Reason::Attention);
};

// Unsigned compare: negative ids (CPU clocks of processes) are above 7 too.
const GETRES_IDS: Part = code! {
    0x71001c1f "cmp w0, #7";
    0x54000008 "b.hi 9f" => Mark::Leave(Reason::Clockid);
    0x7100081f "cmp w0, #2";
    0x54000000 "b.eq 9f" => Mark::LeaveId(2);
    0x71000c1f "cmp w0, #3";
    0x54000000 "b.eq 9f" => Mark::LeaveId(3);
};

// The coarse clocks tick in milliseconds on the host; the first revision answered 1 ns for them inline.
const GETRES_COARSE_IDS: Part = code! {
    0x7100141f "cmp w0, #5";
    0x54000000 "b.eq 9f" => Mark::LeaveId(5);
    0x7100181f "cmp w0, #6";
    0x54000000 "b.eq 9f" => Mark::LeaveId(6);
};

const GETRES: Part = code! {
    0xb4000081 "cbz x1, 1f";
    0xd2800002 "mov x2, #0";
    0xd2800023 "mov x3, #1";
    0xa9000c22 "stp x2, x3, [x1]";
    0xd2800000 "1: mov x0, #0";
    0xd65f03c0 "ret";
    0xd2800e48 "9: mov x8, #114" => Mark::Fallback;
    0xd4000001 "svc #0" => Mark::Svc;
    0xd65f03c0 "ret";
};

const COUNTER: Part = code! {
    0xd53be049 "mrs x9, cntvct_el0";
};

// x7 = offset of the anchor's {sec, nsec} in vvar: 0x10 monotonic, 0x20 realtime.
const GETTIME_HEAD: Part = code! {
    0xd53be049 "mrs x9, cntvct_el0";
    0x340000a0 "cbz w0, 1f";
    0x7100041f "cmp w0, #1";
    0x54000001 "b.ne 9f" => Mark::Leave(Reason::Clockid);
    0xd2800207 "mov x7, #0x10";
    0x14000002 "b .+8";
    0xd2800407 "1: mov x7, #0x20";
};

// The generation: 0 unseeded, odd being written; pairs with the release store that ends a publication.
const SNAPSHOT: Part = code! {
    0x88dffc43 "ldar w3, [x2]";
    0x34000003 "cbz w3, 9f" => Mark::Leave(Reason::Unseeded);
    0x37000003 "tbnz w3, #0, 9f" => Mark::Leave(Reason::WriterOdd);
    0x2a0303eb "mov w11, w3";
    0xf9400443 "ldr x3, [x2, #8]";
};

const GETTIME_ANCHOR: Part = code! {
    0x8b070048 "add x8, x2, x7";
    0xa9401504 "ldp x4, x5, [x8]";
};

const REAL_ANCHOR: Part = code! {
    0xa9421444 "ldp x4, x5, [x2, #0x20]";
};

const AGE_22: Part = code! {
    0xeb030126 "subs x6, x9, x3";
    0x54000003 "b.lo 9f" => Mark::Leave(Reason::CntUnderflow);
    0xd356fcc7 "lsr x7, x6, #22";
    0xb5000007 "cbnz x7, 9f" => Mark::Leave(Reason::AgeCap);
};

const AGE_31: Part = code! {
    0xeb030126 "subs x6, x9, x3";
    0x54000003 "b.lo 9f" => Mark::Leave(Reason::CntUnderflow);
    0xd35ffcc7 "lsr x7, x6, #31";
    0xb5000007 "cbnz x7, 9f" => Mark::Leave(Reason::AgeCap);
};

// x6 = nanoseconds since the anchor, x5 = nanoseconds of the second, not yet carried, x7 = 10^9.
const DELTA: Part = code! {
    0xd2955547 "mov x7, #0xaaaa" => Mark::MulLow;
    0xf2a53547 "movk x7, #0x29aa, lsl #16" => Mark::MulHigh;
    0x9b077cc6 "mul x6, x6, x7";
    0xd358fcc6 "lsr x6, x6, #24";
    0x8b0600a5 "add x5, x5, x6";
    0xd2994007 "mov x7, #0xca00";
    0xf2a77347 "movk x7, #0x3b9a, lsl #16";
};

// The carry is 0 or 1 because x5 < 2 * 10^9; layout.rs proves that bound.
const CARRY: Part = code! {
    0xeb0700a8 "subs x8, x5, x7";
    0x9a852105 "csel x5, x8, x5, hs";
    0x9a843484 "cinc x4, x4, hs";
};

const SPLIT: Part = code! {
    0x9ac708a8 "udiv x8, x5, x7";
    0x9b079505 "msub x5, x8, x7, x5";
    0x8b080084 "add x4, x4, x8";
};

const MICROS: Part = code! {
    0xd2807d07 "mov x7, #1000";
    0x9ac708a5 "udiv x5, x5, x7";
};

// The barrier keeps the plain loads of the anchor before the second look at the generation.
const RECHECK: Part = code! {
    0xd50339bf "dmb ishld";
    0x88dffc4c "ldar w12, [x2]";
    0x6b0c017f "cmp w11, w12";
    0x54000001 "b.ne 9f" => Mark::Leave(Reason::SeqRace);
};

const GETTIME: Part = code! {
    0xa9001424 "stp x4, x5, [x1]";
    0xd2800000 "mov x0, #0";
    0xd65f03c0 "ret";
    0xd2800e28 "9: mov x8, #113" => Mark::Fallback;
    0xd4000001 "svc #0" => Mark::Svc;
    0xd65f03c0 "ret";
};

// struct timezone is obsolete: both ints become 0, as the host does on the slow path.
const TIMEOFDAY: Part = code! {
    0xb4000040 "cbz x0, 1f";
    0xa9001404 "stp x4, x5, [x0]";
    0xb4000041 "1: cbz x1, 2f";
    0xf900003f "str xzr, [x1]";
    0xd2800000 "2: mov x0, #0";
    0xd65f03c0 "ret";
    0xd2801528 "9: mov x8, #169" => Mark::Fallback;
    0xd4000001 "svc #0" => Mark::Svc;
    0xd65f03c0 "ret";
};

// One CPU, one node: both zero.
const GETCPU: Part = code! {
    0xb4000040 "cbz x0, 1f";
    0xb900001f "str wzr, [x0]";
    0xb4000041 "1: cbz x1, 2f";
    0xb900003f "str wzr, [x1]";
    0xd2800000 "2: mov x0, #0";
    0xd65f03c0 "ret";
    0xd2801508 "9: mov x8, #168" => Mark::Fallback;
    0xd4000001 "svc #0" => Mark::Svc;
    0xd65f03c0 "ret";
};
