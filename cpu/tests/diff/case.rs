//! What a case is, how it ended, and the memory layout that both sides have. Used by all modules beside it.

use cpu::Regs;

/// Instructions of a case at most; the slot has as many BRK words behind them.
pub(crate) const MAX_WORDS: usize = 8;
/// Words of a code slot.
pub(crate) const SLOT_WORDS: usize = 16;
/// Cases of one process.
pub(crate) const MAX_CASES: usize = 4096;
/// Where the slots are: readable and executable.
pub(crate) const CODE: u64 = 0x80_0000;
/// What fills the slots behind the words of a case.
pub(crate) const BRK: u32 = 0xD420_0000;
/// Readable and writable data, filled anew for each case; nothing is mapped below.
pub(crate) const RW: u64 = 0xA0_1000;
/// Its size in bytes.
pub(crate) const RW_SIZE: u64 = 0x2000;
/// Readable data behind it; nothing is mapped above.
pub(crate) const RO: u64 = RW + RW_SIZE;
/// Its size in bytes.
pub(crate) const RO_SIZE: u64 = 0x1000;
/// Below this address nothing but the above is mapped on either side. No access may go beyond it.
pub(crate) const LIMIT: u64 = 0xB0_0000;

/// Instructions, the state they start in, and what says which data they find.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// One to [`MAX_WORDS`] instructions.
    pub(crate) words: Vec<u32>,
    /// PC excepted, which depends on the slot.
    pub(crate) regs: Regs,
    /// Determines the data at [`RW`].
    pub(crate) seed: u64,
    /// Instructions that our side runs at a time.
    pub(crate) quantum: u64,
    /// The slot it runs in: addresses that instructions compute depend on it.
    pub(crate) slot: usize,
}

impl Case {
    /// The address of its first instruction.
    pub(crate) fn pc(&self) -> u64 {
        CODE + (self.slot * SLOT_WORDS * 4) as u64
    }
}

/// The signal that Linux delivers for the end of a case (`siginfo_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Signal {
    /// SIGILL 4, SIGTRAP 5, SIGBUS 7, SIGSEGV 11.
    pub(crate) number: u64,
    /// `si_code` of SIGSEGV and SIGBUS, else 0.
    pub(crate) code: u64,
    /// `si_addr` of SIGSEGV and SIGBUS without its tag, else 0.
    pub(crate) address: u64,
}

/// Everything a case can change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct End {
    /// Registers; `tpidrro_el0` is 0.
    pub(crate) regs: Regs,
    /// What ended it.
    pub(crate) signal: Signal,
    /// Of the data at [`RW`].
    pub(crate) digest: u64,
}

/// The data of a case, by its seed.
pub(crate) fn data(seed: u64, size: u64) -> impl Iterator<Item = u64> {
    (0..size / 8).scan(seed, |state, _| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some(*state ^ *state >> 31)
    })
}

/// A number for what memory holds.
pub(crate) fn digest(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0, |sum: u64, word| {
        let sum = (sum ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        sum ^ sum >> 29
    })
}

/// A field that differs: its name, and both values in words.
pub(crate) type Field = (String, String);

/// The names and values of the fields in which two ends differ.
pub(crate) fn differences(ours: &End, theirs: &End) -> Vec<Field> {
    let mut found = Vec::new();
    let mut field = |name: String, ours: u128, theirs: u128| {
        if ours != theirs {
            found.push((name, format!("ours {ours:x}, reference {theirs:x}")));
        }
    };
    field("signal".to_owned(), ours.signal.number.into(), theirs.signal.number.into());
    field("code".to_owned(), ours.signal.code.into(), theirs.signal.code.into());
    field("address".to_owned(), ours.signal.address.into(), theirs.signal.address.into());
    let (a, b) = (&ours.regs, &theirs.regs);
    field("pc".to_owned(), a.pc.into(), b.pc.into());
    field("sp".to_owned(), a.sp.into(), b.sp.into());
    field("nzcv".to_owned(), a.nzcv.into(), b.nzcv.into());
    field("fpcr".to_owned(), a.fpcr.into(), b.fpcr.into());
    field("fpsr".to_owned(), a.fpsr.into(), b.fpsr.into());
    field("tpidr".to_owned(), a.tpidr_el0.into(), b.tpidr_el0.into());
    for n in 0..31 {
        field(format!("x{n}"), a.x[n].into(), b.x[n].into());
    }
    for n in 0..32 {
        field(format!("v{n}"), a.v[n], b.v[n]);
    }
    field("memory".to_owned(), ours.digest.into(), theirs.digest.into());
    found
}
