//! The memory contract: what the CPU asks of whoever owns guest memory, and how a refused access is described.
//!
//! Implemented by the root crate's `guest::memory` (two modes) and by small test memories.

/// What an access wanted to do; the write bit of a data abort and the class of the exception follow from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// A data read.
    Read,
    /// A data write, or the write half of a read-modify-write.
    Write,
    /// An instruction fetch.
    Fetch,
}

/// Why an access was refused (D17.2.40, the fault status codes that EL0 can meet).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// Nothing is mapped there.
    Translation,
    /// Mapped, but without the right that the access needs.
    Permission,
    /// The address is not aligned as this instruction requires.
    Alignment,
    /// Mapped beyond the end of its file (SIGBUS on Linux).
    External,
}

/// A refused access. Nothing of the instruction has taken effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The first byte that could not be accessed (FAR_EL1), with the tag bits 63:56 that the guest used.
    pub addr: u64,
    /// What was wanted.
    pub access: Access,
    /// Why it was refused.
    pub kind: FaultKind,
}

/// The rare outcomes of a memory access.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemError {
    /// Refused; nothing was changed.
    Fault(Fault),
    /// A store took effect, and it hit a page from which instructions were decoded: the CPU drops what it
    /// decoded from the bytes written and what [`Memory::take_stale_code`] tells, and goes on after this
    /// instruction.
    CodeWritten,
}

impl From<Fault> for MemError {
    fn from(fault: Fault) -> Self {
        MemError::Fault(fault)
    }
}

/// A value that one access moves: 1, 2, 4, 8 or 16 bytes, little-endian in memory.
pub trait Word: Copy + Eq + Default + 'static {
    /// Size in bytes.
    const SIZE: u64;
    /// The value from its low bits.
    fn from_u128(bits: u128) -> Self;
    /// The value as the low bits of a wide one.
    fn to_u128(self) -> u128;
}

macro_rules! words {
    ($($t:ty),*) => {$(
        impl Word for $t {
            const SIZE: u64 = size_of::<$t>() as u64;
            #[inline(always)]
            fn from_u128(bits: u128) -> Self { bits as $t }
            #[inline(always)]
            fn to_u128(self) -> u128 { self as u128 }
        }
    )*};
}
words!(u8, u16, u32, u64, u128);

/// Guest memory as one CPU sees it. Any alignment is allowed unless said otherwise; addresses come with the
/// tag bits 63:56 already cleared (TBI). All methods take `&self`: memory is shared between guest threads.
pub trait Memory {
    /// Reads a value.
    fn load<T: Word>(&self, addr: u64) -> Result<T, MemError>;

    /// Writes a value. On [`MemError::Fault`] no byte was written, also when the value crosses a page.
    fn store<T: Word>(&self, addr: u64, value: T) -> Result<(), MemError>;

    /// Atomically replaces `expected` by `new` and returns what was seen; equal to `expected` means replaced.
    /// The address is naturally aligned. Needs read and write rights. The success of a write to decoded
    /// code is reported by [`Memory::is_code`], not here.
    fn compare_exchange<T: Word>(&self, addr: u64, expected: T, new: T) -> Result<T, MemError>;

    /// Checks that `len` bytes (at most 4096) may be accessed so, without touching them.
    fn check(&self, addr: u64, len: u64, access: Access) -> Result<(), MemError>;

    /// Fetches one instruction word. The address is a multiple of 4.
    fn fetch(&self, addr: u64) -> Result<u32, MemError>;

    /// Tells that the bytes `addr..addr + len` have been decoded: later stores into that page answer
    /// [`MemError::CodeWritten`], each of them, until the page is reported by [`Memory::take_stale_code`].
    fn note_code(&self, addr: u64, len: u64);

    /// Whether any byte of the page of `addr` has been decoded since the page was last invalidated, or
    /// [`Memory::take_stale_code`] has something to tell.
    fn is_code(&self, addr: u64) -> bool;

    /// Moves into `out` the address ranges whose decoded instructions are no longer valid because somebody
    /// other than the CPU wrote, unmapped, remapped or re-protected them, or because the CPU wrote to the same
    /// memory at another address. Called at each entry of `run` and after [`MemError::CodeWritten`].
    fn take_stale_code(&self, out: &mut Vec<core::ops::Range<u64>>);
}
