//! Guest memory as instructions use it: tag bits stripped on the way in and restored in faults, stores to decoded
//! code noted instead of reported, so that an instruction with several stores completes. Used by the interpreter only.

use crate::mem::{Access, Fault, FaultKind, MemError, Memory, Word};
use core::cell::Cell;
use core::ops::Range;

/// Address bits that reach memory (TBI, D8.8): 63:56 are a tag of the guest's own.
pub(crate) const UNTAGGED: u64 = 0x00FF_FFFF_FFFF_FFFF;

/// A fault with the tag that the guest used.
pub(crate) fn retag(error: MemError, at: u64) -> MemError {
    match error {
        MemError::Fault(f) => MemError::Fault(Fault { addr: f.addr & UNTAGGED | at & !UNTAGGED, ..f }),
        MemError::CodeWritten => error,
    }
}

/// Memory and what was written of its decoded part since the last [`View::take_written`].
pub(crate) struct View<'a, M> {
    mem: &'a M,
    /// First and last byte; first above last means none.
    written: Cell<(u64, u64)>,
}

impl<'a, M: Memory> View<'a, M> {
    pub(crate) fn new(mem: &'a M) -> Self {
        View { mem, written: Cell::new((u64::MAX, 0)) }
    }

    /// Whether decoded code was written.
    #[inline(always)]
    pub(crate) fn is_written(&self) -> bool {
        let (first, last) = self.written.get();
        first <= last
    }

    /// The bytes written in pages of decoded code, and forgets them.
    pub(crate) fn take_written(&self) -> Range<u64> {
        let (first, last) = self.written.replace((u64::MAX, 0));
        if first <= last { first..last + 1 } else { 0..0 }
    }

    #[cold]
    fn note_written(&self, at: u64, len: u64) {
        let (first, last) = self.written.get();
        self.written.set((first.min(at), last.max(at.saturating_add(len - 1))));
    }

    /// Refuses what FEAT_LSE2 does not allow of atomic and ordered accesses: crossing a 16-byte boundary (B2.5.2).
    #[inline]
    pub(crate) fn check_lse2(&self, at: u64, size: u64, access: Access) -> Result<(), MemError> {
        if at & (size - 1) != 0 && (at & 15) + size > 16 {
            return Err(Fault { addr: at, access, kind: FaultKind::Alignment }.into());
        }
        Ok(())
    }

    /// Replaces the value at `at` by `new` if it is `expected`; returns what was there.
    pub(crate) fn exchange_if<T: Word>(&self, at: u64, expected: T, new: T) -> Result<T, MemError> {
        self.check_lse2(at, T::SIZE, Access::Write)?;
        let addr = at & UNTAGGED;
        let seen = if addr & (T::SIZE - 1) == 0 {
            self.mem.compare_exchange(addr, expected, new).map_err(|e| retag(e, at))?
        } else {
            self.exchange_if_misaligned(at, expected, new)?
        };
        if seen == expected && self.mem.is_code(addr) {
            self.note_written(addr, T::SIZE);
        }
        Ok(seen)
    }

    /// As part of an exchange of the 16 aligned bytes around it.
    fn exchange_if_misaligned<T: Word>(&self, at: u64, expected: T, new: T) -> Result<T, MemError> {
        let granule = at & UNTAGGED & !15;
        let shift = (at & 15) * 8;
        let mask = (u128::MAX >> (128 - T::SIZE * 8)) << shift;
        loop {
            let old: u128 = self.mem.load(granule).map_err(|e| retag(e, at))?;
            let seen = T::from_u128((old & mask) >> shift);
            let wanted = if seen == expected { old & !mask | new.to_u128() << shift } else { old };
            if self.mem.compare_exchange(granule, old, wanted).map_err(|e| retag(e, at))? == old {
                return Ok(seen);
            }
        }
    }

    /// Atomically replaces the value at `at` by `f` of it; returns what was there.
    pub(crate) fn update<T: Word>(&self, at: u64, f: impl Fn(T) -> T) -> Result<T, MemError> {
        self.check_lse2(at, T::SIZE, Access::Write)?;
        let mut old: T = self.load(at)?;
        loop {
            let seen = self.exchange_if(at, old, f(old))?;
            if seen == old {
                return Ok(old);
            }
            old = seen;
        }
    }
}

impl<M: Memory> Memory for View<'_, M> {
    #[inline(always)]
    fn load<T: Word>(&self, at: u64) -> Result<T, MemError> {
        self.mem.load(at & UNTAGGED).map_err(|e| retag(e, at))
    }

    #[inline(always)]
    fn store<T: Word>(&self, at: u64, value: T) -> Result<(), MemError> {
        match self.mem.store(at & UNTAGGED, value) {
            Ok(()) => Ok(()),
            Err(MemError::CodeWritten) => {
                self.note_written(at & UNTAGGED, T::SIZE);
                Ok(())
            }
            Err(e) => Err(retag(e, at)),
        }
    }

    fn compare_exchange<T: Word>(&self, at: u64, expected: T, new: T) -> Result<T, MemError> {
        self.exchange_if(at, expected, new)
    }

    fn check(&self, at: u64, len: u64, access: Access) -> Result<(), MemError> {
        self.mem.check(at & UNTAGGED, len, access).map_err(|e| retag(e, at))
    }

    fn fetch(&self, at: u64) -> Result<u32, MemError> {
        self.mem.fetch(at)
    }

    fn note_code(&self, at: u64, len: u64) {
        self.mem.note_code(at, len);
    }

    fn is_code(&self, at: u64) -> bool {
        self.mem.is_code(at & UNTAGGED)
    }

    fn take_stale_code(&self, out: &mut Vec<Range<u64>>) {
        self.mem.take_stale_code(out);
    }
}
