//! A flat guest memory for tests and the speed example: one range, rights and a code mark a page, all safe code.
#![allow(
    clippy::cast_possible_truncation,
    reason = "guest addresses index a host slice of at most a few megabytes"
)]

use cpu::{Access, Fault, FaultKind, MemError, Memory, Word};
use std::cell::{Cell, RefCell};
use std::ops::Range;

const PAGE: u64 = 4096;

/// Rights of a page.
pub(crate) const READ: u8 = 1;
/// Rights of a page.
pub(crate) const WRITE: u8 = 2;
/// Rights of a page.
pub(crate) const EXEC: u8 = 4;
const CODE: u8 = 8;

/// Memory from address 0 up.
pub(crate) struct Flat {
    words: Box<[Cell<u64>]>,
    pages: Box<[Cell<u8>]>,
    stale: RefCell<Vec<Range<u64>>>,
}

#[allow(dead_code, reason = "each test binary uses its own part")]
impl Flat {
    /// `pages` pages of zeros with all rights.
    pub(crate) fn new(pages: usize) -> Self {
        Flat {
            // Two more, so that an access of 16 bytes may look at three words.
            words: vec![Cell::new(0); pages * PAGE as usize / 8 + 2].into(),
            pages: vec![Cell::new(READ | WRITE | EXEC); pages].into(),
            stale: RefCell::default(),
        }
    }

    /// Changes the rights of the page at `addr`, as mprotect would.
    pub(crate) fn protect(&self, addr: u64, rights: u8) {
        self.pages[(addr / PAGE) as usize].set(rights);
        let page = addr & !(PAGE - 1);
        self.stale.borrow_mut().push(page..page + PAGE);
    }

    /// Writes from outside the CPU, as a system call would.
    pub(crate) fn poke(&self, addr: u64, bytes: &[u8]) {
        for (i, &byte) in bytes.iter().enumerate() {
            self.put(addr + i as u64, byte);
        }
        self.stale.borrow_mut().push(addr..addr + bytes.len() as u64);
    }

    /// Writes instruction words.
    pub(crate) fn poke_words(&self, addr: u64, words: &[u32]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.poke(addr, &bytes);
    }

    /// Reads from outside the CPU.
    pub(crate) fn peek(&self, addr: u64, len: usize) -> Vec<u8> {
        (addr..addr + len as u64).map(|at| self.get::<u8>(at)).collect()
    }

    /// Writes 64-bit words from the aligned address on; decoded instructions stay as they are.
    pub(crate) fn set_words(&self, addr: u64, values: impl Iterator<Item = u64>) {
        for (word, value) in self.words[(addr / 8) as usize..].iter().zip(values) {
            word.set(value);
        }
    }

    /// The 64-bit words of `len` bytes at an aligned address.
    pub(crate) fn words(&self, addr: u64, len: u64) -> impl Iterator<Item = u64> {
        self.words[(addr / 8) as usize..][..(len / 8) as usize].iter().map(Cell::get)
    }

    #[inline(always)]
    fn get<T: Word>(&self, addr: u64) -> T {
        let (at, shift) = ((addr / 8) as usize, addr % 8 * 8);
        let words = &self.words[at..at + 3];
        if T::SIZE <= 8 {
            let both = u128::from(words[0].get()) | u128::from(words[1].get()) << 64;
            T::from_u128(both >> shift)
        } else {
            let low = u128::from(words[0].get()) | u128::from(words[1].get()) << 64;
            let high = if shift == 0 { 0 } else { u128::from(words[2].get()) << (128 - shift) };
            T::from_u128(low >> shift | high)
        }
    }

    #[inline(always)]
    fn put<T: Word>(&self, addr: u64, value: T) {
        if T::SIZE > 8 {
            self.put(addr, value.to_u128() as u64);
            self.put(addr + 8, (value.to_u128() >> 64) as u64);
            return;
        }
        let (at, shift) = ((addr / 8) as usize, addr % 8 * 8);
        let words = &self.words[at..at + 2];
        let mask = u64::MAX >> (64 - T::SIZE.min(8) * 8);
        let value = value.to_u128() as u64;
        words[0].set(words[0].get() & !(mask << shift) | value << shift);
        if shift + T::SIZE * 8 > 64 {
            let up = 64 - shift;
            words[1].set(words[1].get() & !(mask >> up) | value >> up);
        }
    }

    #[inline(always)]
    fn pages_allow(&self, addr: u64, len: u64, right: u8, access: Access) -> Result<u8, MemError> {
        let mut marks = 0;
        let last = addr.wrapping_add(len - 1) / PAGE;
        let mut page = addr / PAGE;
        loop {
            let at = if page == addr / PAGE { addr } else { page * PAGE };
            let Some(rights) = self.pages.get(page as usize) else {
                return Err(Fault { addr: at, access, kind: FaultKind::Translation }.into());
            };
            if rights.get() & right == 0 {
                let kind = if rights.get() & 7 == 0 { FaultKind::Translation } else { FaultKind::Permission };
                return Err(Fault { addr: at, access, kind }.into());
            }
            marks |= rights.get();
            if page == last {
                return Ok(marks);
            }
            page += 1;
        }
    }
}

impl Memory for Flat {
    #[inline(always)]
    fn load<T: Word>(&self, addr: u64) -> Result<T, MemError> {
        self.pages_allow(addr, T::SIZE, READ, Access::Read)?;
        Ok(self.get(addr))
    }

    #[inline(always)]
    fn store<T: Word>(&self, addr: u64, value: T) -> Result<(), MemError> {
        let marks = self.pages_allow(addr, T::SIZE, WRITE, Access::Write)?;
        self.put(addr, value);
        if marks & CODE != 0 { Err(MemError::CodeWritten) } else { Ok(()) }
    }

    fn compare_exchange<T: Word>(&self, addr: u64, expected: T, new: T) -> Result<T, MemError> {
        assert_eq!(addr % T::SIZE, 0, "the contract promises natural alignment");
        let seen = self.load(addr)?;
        self.pages_allow(addr, T::SIZE, WRITE, Access::Write)?;
        if seen == expected {
            let _marked = self.store(addr, new);
        }
        Ok(seen)
    }

    fn check(&self, addr: u64, len: u64, access: Access) -> Result<(), MemError> {
        let right = match access {
            Access::Read => READ,
            Access::Write => WRITE,
            Access::Fetch => EXEC,
        };
        self.pages_allow(addr, len, right, access).map(drop)
    }

    fn fetch(&self, addr: u64) -> Result<u32, MemError> {
        self.check(addr, 4, Access::Fetch)?;
        Ok(self.get(addr))
    }

    fn note_code(&self, addr: u64, len: u64) {
        for page in addr / PAGE..=(addr + len - 1) / PAGE {
            let cell = &self.pages[page as usize];
            cell.set(cell.get() | CODE);
        }
    }

    fn is_code(&self, addr: u64) -> bool {
        self.pages[(addr / PAGE) as usize].get() & CODE != 0
    }

    fn take_stale_code(&self, out: &mut Vec<Range<u64>>) {
        out.append(&mut self.stale.borrow_mut());
    }
}
