//! Guest memory: one flat reservation, a permission byte a page, and two ways for the CPU to reach it.
//!
//! `engine::soft` runs the CPU on [`CheckedMemory`] or [`ProtectedMemory`]; the kernel's one door
//! (`kernel::door`), the loader and the replayer use the checked accessors of [`Space`]. Together with
//! `guest::fault` this is where guest memory is `unsafe`: every pointer below is `base + address` with the
//! address bounded by the reservation.
//!
//! In *checked* mode host pages are readable and writable wherever something is mapped and the permission
//! bytes decide. In *protected* mode the host's page protection decides, and the bytes say why.

use super::fault;
use super::regions::{PAGE, Prot, Region, Regions, page_down};
use crate::host;
use cpu::{Access, Fault, FaultKind, MemError, Memory, Word};
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use traces::event::Backing;

/// Loads may go ahead.
const R_OK: u8 = 1;
/// Stores may go ahead: writable, already marked dirty, and not decoded.
const W_OK: u8 = 2;
/// Fetches may go ahead.
const X_OK: u8 = 4;
/// Instructions were decoded from the page.
const CODE: u8 = 8;
/// The guest may write.
const PROT_W: u8 = 16;
/// Written since it was mapped: it may hold something other than zeros.
const TOUCHED: u8 = 32;
/// Written since the last snapshot.
const DIRTY: u8 = 64;
/// Mapped, with whatever rights.
const MAPPED: u8 = 128;

/// How the CPU's accesses are kept inside the guest's rights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemoryMode {
    /// A permission byte is tested at each access; works everywhere.
    Checked,
    /// Host page protection; only where host pages are 4 KiB and `guest::fault` knows the host.
    Protected,
}

impl MemoryMode {
    /// The mode for this host: the faster one that it supports.
    #[must_use]
    pub fn for_host() -> MemoryMode {
        MemoryMode::Checked
    }

    /// Whether this host supports the mode.
    #[must_use]
    pub fn is_supported(self) -> bool {
        self == MemoryMode::Checked || (fault::SUPPORTED && host::page_size() == PAGE)
    }
}

/// A guest address space.
///
/// Only the holder of the baton (design: one guest or kernel at a time) writes or maps; the type is `Sync` so
/// that guest threads can share it.
pub struct Space {
    base: NonNull<u8>,
    perms: NonNull<AtomicU8>,
    size: u64,
    mode: MemoryMode,
    regions: Mutex<Regions>,
    stale: Mutex<Vec<Range<u64>>>,
    has_stale: AtomicBool,
    /// Whether a page may have more than one address.
    has_twins: AtomicBool,
}

// SAFETY: the pointers are owned for the life of the value; pages are reached through raw pointers by the
// thread that holds the baton only, permission bytes are atomics, the rest is behind locks.
unsafe impl Send for Space {}
// SAFETY: as above.
unsafe impl Sync for Space {}

impl Space {
    /// Reserves an address space: 2^40 bytes, or 2^38 or 2^36 where the host refuses more.
    ///
    /// # Errors
    /// If even the smallest reservation is refused.
    pub fn new(mode: MemoryMode) -> std::io::Result<Space> {
        let mut refused = None;
        for bits in [40u32, 38, 36] {
            match Space::with_size(1 << bits, mode) {
                Ok(space) => return Ok(space),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.expect("the loop ran"))
    }

    /// Reserves an address space of `size` bytes, a multiple of the page size.
    ///
    /// # Errors
    /// If the host refuses.
    pub fn with_size(size: u64, mode: MemoryMode) -> std::io::Result<Space> {
        if mode == MemoryMode::Protected {
            fault::install();
        }
        let perms = host::reserve(index(size / PAGE))?;
        if let Err(error) = host::commit(perms, index(size / PAGE)) {
            host::release(perms, index(size / PAGE));
            return Err(error);
        }
        let base = match host::reserve(index(size)) {
            Ok(base) => base,
            Err(error) => {
                host::release(perms, index(size / PAGE));
                return Err(error);
            }
        };
        Ok(Space {
            base,
            perms: perms.cast(),
            size,
            mode,
            regions: Mutex::default(),
            stale: Mutex::default(),
            has_stale: AtomicBool::new(false),
            has_twins: AtomicBool::new(false),
        })
    }

    /// Size of the address space in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How accesses are checked.
    #[must_use]
    pub fn mode(&self) -> MemoryMode {
        self.mode
    }

    /// The region map, locked.
    pub fn regions(&self) -> MutexGuard<'_, Regions> {
        self.regions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `range` is page-aligned, not empty and inside the space.
    #[must_use]
    pub fn is_valid_range(&self, range: &Range<u64>) -> bool {
        range.start < range.end
            && range.end <= self.size
            && range.start.is_multiple_of(PAGE)
            && range.end.is_multiple_of(PAGE)
    }

    /// Maps zero pages, replacing what was there.
    ///
    /// # Errors
    /// If the host has no memory, or the range is not valid.
    pub fn map(&self, range: Range<u64>, prot: Prot, backing: Backing) -> std::io::Result<()> {
        self.require(&range)?;
        self.forget_code(&range);
        host::commit_zeroed(self.at(range.start), index(range.end - range.start))?;
        self.regions().insert(Region { start: range.start, end: range.end, prot, backing });
        let bits = self.bits_for(prot);
        self.each_perm(&range, |_| bits);
        self.apply_host_protection(&range, prot)
    }

    /// Unmaps pages; those that are not mapped are left alone.
    ///
    /// # Errors
    /// If the host refuses, or the range is not valid.
    pub fn unmap(&self, range: Range<u64>) -> std::io::Result<()> {
        self.require(&range)?;
        self.forget_code(&range);
        self.regions().remove(&range);
        self.each_perm(&range, |_| 0);
        host::decommit(self.at(range.start), index(range.end - range.start))
    }

    /// Changes the rights of mapped pages inside `range`.
    ///
    /// # Errors
    /// If the host refuses, or the range is not valid.
    pub fn protect(&self, range: Range<u64>, prot: Prot) -> std::io::Result<()> {
        self.require(&range)?;
        self.forget_code(&range);
        self.regions().protect(&range, prot);
        let fresh = self.bits_for(prot);
        self.each_perm(&range, |old| if old & MAPPED == 0 { old } else { fresh | (old & (TOUCHED | DIRTY)) });
        for part in self.mapped_parts(&range) {
            self.apply_host_protection(&part, prot)?;
        }
        self.withhold(&range)
    }

    /// Moves pages with contents, rights and backing from `from` to `to`, replacing what was there.
    ///
    /// # Errors
    /// If the host refuses, a range is not valid, or the two overlap.
    pub fn relocate(&self, from: Range<u64>, to: u64) -> std::io::Result<()> {
        let target = to..to.saturating_add(from.end - from.start);
        self.require(&from)?;
        self.require(&target)?;
        if from.start < target.end && target.start < from.end {
            return Err(invalid("the two ranges of a move overlap"));
        }
        let parts = self.regions().within(&from);
        for part in parts {
            let at = to + (part.start - from.start);
            let range = at..at + (part.end - part.start);
            self.map(range, part.prot, part.backing.clone())?;
            self.move_specials(&(part.start..part.end), at)?;
            for page in (part.start..part.end).step_by(index(PAGE)) {
                if self.perm(page) & TOUCHED != 0 {
                    let bytes = self.page(page);
                    self.write_forced(to + (page - from.start), &bytes[..])?;
                }
            }
        }
        self.unmap(from)
    }

    /// Empties the space.
    ///
    /// # Errors
    /// If the host refuses.
    pub fn clear(&self) -> std::io::Result<()> {
        let all: Vec<Region> = self.regions().iter().cloned().collect();
        for region in all {
            self.unmap(region.start..region.end)?;
        }
        Ok(())
    }

    /// Copies guest bytes out.
    ///
    /// # Errors
    /// At the first byte that the guest may not read.
    pub fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), Fault> {
        if buf.is_empty() {
            return Ok(()); // whatever the address is: no byte of it is touched
        }
        self.verify(addr, buf.len() as u64, Access::Read)?;
        self.copy_out(addr, buf);
        Ok(())
    }

    /// Copies guest bytes out up to the first that is not mapped; returns how many there were.
    pub fn read_available(&self, addr: u64, buf: &mut [u8]) -> usize {
        let mut done = 0;
        while done < buf.len() {
            let Some(at) = addr.checked_add(done as u64) else { break };
            if self.perm(at) & R_OK == 0 {
                break;
            }
            let chunk = index(PAGE - at % PAGE).min(buf.len() - done);
            self.copy_out(at, &mut buf[done..done + chunk]);
            done += chunk;
        }
        done
    }

    /// Copies bytes in where the guest may write. The kernel calls this through its door only.
    ///
    /// # Errors
    /// At the first byte that the guest may not write; nothing is written then.
    pub fn write(&self, addr: u64, bytes: &[u8]) -> Result<(), Fault> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.verify(addr, bytes.len() as u64, Access::Write)?;
        self.note_write(addr, bytes.len() as u64);
        self.with_host_writable(addr, bytes.len() as u64, || self.copy_in(addr, bytes));
        Ok(())
    }

    /// Copies bytes in wherever something is mapped, whatever its rights: loader, replay, vDSO anchor.
    ///
    /// # Errors
    /// If a byte is not mapped.
    pub fn write_forced(&self, addr: u64, bytes: &[u8]) -> std::io::Result<()> {
        let end = addr.checked_add(bytes.len() as u64).filter(|&end| end <= self.size);
        let Some(end) = end else { return Err(invalid("a write beyond the address space")) };
        if !bytes.is_empty() && !self.regions().covers(&(addr..end)) {
            return Err(invalid("a write to unmapped memory"));
        }
        self.note_write(addr, bytes.len() as u64);
        self.with_host_writable(addr, bytes.len() as u64, || self.copy_in(addr, bytes));
        Ok(())
    }

    /// Whether `len` bytes may be accessed so.
    ///
    /// # Errors
    /// At the first byte that may not.
    pub fn verify(&self, addr: u64, len: u64, access: Access) -> Result<(), Fault> {
        let want = match access {
            Access::Read => R_OK,
            Access::Write => PROT_W,
            Access::Fetch => X_OK,
        };
        let mut at = addr;
        let mut left = len;
        while left > 0 {
            let bits = self.perm(at);
            if bits & want == 0 {
                return Err(Fault { addr: at, access, kind: self.why_not(at, access) });
            }
            let step = (PAGE - at % PAGE).min(left);
            left -= step;
            at = at.wrapping_add(step);
        }
        Ok(())
    }

    /// How many bytes from `addr` on, at most `len`, may be accessed so.
    #[must_use]
    pub fn accessible(&self, addr: u64, len: u64, access: Access) -> u64 {
        match self.verify(addr, len, access) {
            Ok(()) => len,
            Err(fault) => fault.addr.wrapping_sub(addr),
        }
    }

    /// The pages inside `range` that were written since the last call, each told once. In protected mode nothing
    /// traps a first store, and all writable pages are told each time.
    #[must_use]
    pub fn take_dirty(&self, range: &Range<u64>) -> Vec<u64> {
        let mut pages = Vec::new();
        if !self.is_valid_range(range) {
            return pages;
        }
        let mut at = range.start;
        let checked = self.mode == MemoryMode::Checked;
        self.each_perm(range, |old| {
            if old & DIRTY != 0 {
                pages.push(at);
            }
            at += PAGE;
            if checked { old & !(DIRTY | W_OK) } else { old }
        });
        if checked && self.has_twins() {
            // A store at another address has to be noticed as well.
            pages.iter().for_each(|&page| self.each_twin(page, |old| old & !W_OK));
        }
        pages
    }

    /// Visits the pages that may hold something other than zeros, in address order.
    pub fn for_each_touched(&self, mut visit: impl FnMut(u64, &[u8; 4096])) {
        let mut bytes = Box::new([0; 4096]);
        self.for_each_touched_page(|page, _| {
            self.copy_page(page, &mut bytes);
            visit(page, &bytes);
        });
    }

    /// Visits the addresses of these pages without reading them, with [`Space::is_dirty`] of each.
    pub fn for_each_touched_page(&self, mut visit: impl FnMut(u64, bool)) {
        let all: Vec<Range<u64>> = self.regions().iter().map(|r| r.start..r.end).collect();
        let cells = self.perm_cells();
        for range in all {
            let first = index(range.start / PAGE);
            for (n, cell) in cells[first..index(range.end / PAGE)].iter().enumerate() {
                let bits = cell.load(Ordering::Relaxed);
                if bits & TOUCHED != 0 {
                    let dirty = self.mode == MemoryMode::Protected || bits & DIRTY != 0;
                    visit(range.start + n as u64 * PAGE, dirty);
                }
            }
        }
    }

    /// Whether the page of `addr` may hold something other than zeros.
    #[must_use]
    pub fn is_touched(&self, addr: u64) -> bool {
        self.perm(addr) & TOUCHED != 0
    }

    /// One page's bytes, whatever its rights; zeros where nothing is mapped.
    #[must_use]
    pub fn page(&self, addr: u64) -> Box<[u8; 4096]> {
        let mut bytes = Box::new([0; 4096]);
        if self.perm(addr) & MAPPED != 0 {
            self.copy_page(page_down(addr), &mut bytes);
        }
        bytes
    }

    /// Whether the page of `addr` was written since [`Space::mark_clean`] last saw it.
    #[must_use]
    pub fn is_dirty(&self, addr: u64) -> bool {
        self.mode == MemoryMode::Protected || self.perm(addr) & DIRTY != 0
    }

    /// Starts a new interval for [`Space::is_dirty`].
    pub fn mark_clean(&self) {
        if self.mode == MemoryMode::Protected {
            return;
        }
        let all: Vec<Region> = self.regions().iter().cloned().collect();
        for region in all {
            self.each_perm(&(region.start..region.end), |old| old & !(DIRTY | W_OK));
        }
    }

    /// Copies the bytes of a mapped page, whatever its rights.
    fn copy_page(&self, page: u64, bytes: &mut [u8; 4096]) {
        let unreadable = self.mode == MemoryMode::Protected && self.perm(page) & R_OK == 0;
        if unreadable {
            let _ = host::protect(self.at(page), index(PAGE), true, false);
        }
        self.copy_out(page, &mut bytes[..]);
        if unreadable {
            let _ = host::protect(self.at(page), index(PAGE), false, false);
        }
    }

    fn require(&self, range: &Range<u64>) -> std::io::Result<()> {
        if self.is_valid_range(range) { Ok(()) } else { Err(invalid("not a range of guest pages")) }
    }

    /// Permission bits of fresh pages. In protected mode nothing traps a first store, so it is taken as done.
    fn bits_for(&self, prot: Prot) -> u8 {
        let mut bits = MAPPED;
        if prot.0 != 0 {
            bits |= R_OK; // arm64 pages that can be written or executed can be read
        }
        if prot.has(Prot::WRITE) {
            bits |= PROT_W;
            if self.mode == MemoryMode::Protected {
                bits |= W_OK | TOUCHED | DIRTY;
            }
        }
        if prot.has(Prot::EXEC) {
            bits |= X_OK;
        }
        bits
    }

    fn apply_host_protection(&self, range: &Range<u64>, prot: Prot) -> std::io::Result<()> {
        if self.mode == MemoryMode::Checked {
            return Ok(());
        }
        let len = index(range.end - range.start);
        host::protect(self.at(range.start), len, prot.0 != 0, prot.has(Prot::WRITE))
    }

    fn mapped_parts(&self, range: &Range<u64>) -> Vec<Range<u64>> {
        self.regions().within(range).iter().map(|r| r.start..r.end).collect()
    }

    /// Marks pages as written by the host, and their decoded instructions as stale.
    fn note_write(&self, addr: u64, len: u64) {
        if len == 0 {
            return;
        }
        if self.mark_written(&(page_down(addr)..addr + len)) {
            self.push_stale(addr..addr + len);
        }
    }

    /// Marks pages as written, at all their addresses. Answers whether instructions were decoded from them; those
    /// decoded at other addresses are among the stale ranges then.
    fn mark_written(&self, pages: &Range<u64>) -> bool {
        // In protected mode it is the host who lets stores pass, and it is not asked again here.
        let grant = if self.mode == MemoryMode::Checked { W_OK } else { 0 };
        let mut decoded = false;
        self.each_perm(pages, |old| {
            decoded |= old & CODE != 0;
            let fast = if old & PROT_W != 0 && old & CODE == 0 { grant } else { 0 };
            old | TOUCHED | DIRTY | fast
        });
        if self.has_twins() {
            decoded |= self.mark_twins_written(pages);
        }
        decoded
    }

    fn forget_code(&self, range: &Range<u64>) {
        let mut decoded = false;
        self.each_perm(range, |old| {
            decoded |= old & CODE != 0;
            old & !CODE
        });
        if decoded {
            self.push_stale(range.clone());
        }
    }

    fn push_stale(&self, range: Range<u64>) {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner).push(range);
        self.has_stale.store(true, Ordering::Release);
    }

    /// Runs `body` while the host lets us write `addr..addr + len`, whatever the guest's rights.
    fn with_host_writable(&self, addr: u64, len: u64, body: impl FnOnce()) {
        let pages = page_down(addr)..addr + len;
        let locked: Vec<u64> = if self.mode == MemoryMode::Checked {
            Vec::new()
        } else {
            (pages.start..pages.end)
                .step_by(index(PAGE))
                .filter(|&page| self.perm(page) & W_OK == 0)
                .collect()
        };
        for &page in &locked {
            let _ = host::protect(self.at(page), index(PAGE), true, true);
        }
        body();
        for &page in &locked {
            let _ = host::protect(self.at(page), index(PAGE), self.perm(page) & R_OK != 0, false);
        }
    }

    #[inline(always)]
    fn perm_cells(&self) -> &[AtomicU8] {
        // SAFETY: `perms` is a committed, zeroed mapping of `size / PAGE` bytes that lives as long as `self`,
        // and it is only ever touched through these atomics.
        unsafe { std::slice::from_raw_parts(self.perms.as_ptr(), index(self.size / PAGE)) }
    }

    /// Permission bits of the page of `addr`; 0 outside the space.
    #[inline(always)]
    fn perm(&self, addr: u64) -> u8 {
        self.perm_cells().get(index(addr / PAGE)).map_or(0, |cell| cell.load(Ordering::Relaxed))
    }

    fn each_perm(&self, range: &Range<u64>, mut change: impl FnMut(u8) -> u8) {
        let cells = self.perm_cells();
        for cell in &cells[index(range.start / PAGE)..index(range.end.div_ceil(PAGE))] {
            let old = cell.load(Ordering::Relaxed);
            let new = change(old);
            if new != old {
                cell.store(new, Ordering::Relaxed);
            }
        }
    }

    /// Host address of a guest address inside the reservation.
    #[inline(always)]
    fn at(&self, addr: u64) -> NonNull<u8> {
        debug_assert!(addr <= self.size);
        // SAFETY: callers bound `addr` by `size`, so the result stays inside (or one behind) the reservation.
        unsafe { self.base.add(index(addr)) }
    }

    fn copy_out(&self, addr: u64, buf: &mut [u8]) {
        // SAFETY: every caller has checked that the pages of `addr..addr + buf.len()` are mapped, hence
        // committed; `buf` is host memory outside the reservation, so the two do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(self.at(addr).as_ptr(), buf.as_mut_ptr(), buf.len()) }
    }

    fn copy_in(&self, addr: u64, bytes: &[u8]) {
        // SAFETY: as in `copy_out`, and the pages are writable for the host (`with_host_writable`).
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.at(addr).as_ptr(), bytes.len()) }
    }

    #[cold]
    #[inline(never)]
    fn load_slow<T: Word>(&self, addr: u64) -> Result<T, MemError> {
        let mut bytes = [0; 16];
        let len = index(T::SIZE);
        self.read(addr, &mut bytes[..len])?;
        Ok(T::from_u128(u128::from_le_bytes(bytes)))
    }

    #[cold]
    #[inline(never)]
    fn store_slow<T: Word>(&self, addr: u64, value: T) -> Result<(), MemError> {
        self.verify(addr, T::SIZE, Access::Write)?;
        let bytes = value.to_u128().to_le_bytes();
        self.stored(addr, T::SIZE, || self.copy_in(addr, &bytes[..index(T::SIZE)]))
    }

    /// Marks a CPU store of `len` verified bytes, performs it, and says whether it hit decoded code.
    fn stored(&self, addr: u64, len: u64, store: impl FnOnce()) -> Result<(), MemError> {
        let decoded = self.mark_written(&(page_down(addr)..addr + len));
        self.with_host_writable(addr, len, store);
        if decoded { Err(MemError::CodeWritten) } else { Ok(()) }
    }

    fn exchange<T: Word>(&self, addr: u64, expected: T, new: T) -> Result<T, MemError> {
        self.verify(addr, T::SIZE, Access::Read)?;
        self.verify(addr, T::SIZE, Access::Write)?;
        let mut seen = expected;
        let outcome = self.stored(addr, T::SIZE, || seen = self.exchange_raw(addr, expected, new));
        // Decoded code is reported by `is_code`, as the contract says.
        debug_assert!(matches!(outcome, Ok(()) | Err(MemError::CodeWritten)));
        Ok(seen)
    }

    fn exchange_raw<T: Word>(&self, addr: u64, expected: T, new: T) -> T {
        let at = self.at(addr).as_ptr();
        let (old, new) = (expected.to_u128(), new.to_u128());
        macro_rules! atomic {
            ($cell:ty, $int:ty) => {{
                // SAFETY: verified readable and writable above, aligned for the type (tested below), and
                // guest memory is only reached through raw pointers and atomics.
                let cell = unsafe { <$cell>::from_ptr(at.cast()) };
                let (old, new) = (narrow::<$int>(old), narrow::<$int>(new));
                let (Ok(seen) | Err(seen)) =
                    cell.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst);
                return T::from_u128(u128::from(seen));
            }};
        }
        if addr.is_multiple_of(T::SIZE) {
            match T::SIZE {
                1 => atomic!(AtomicU8, u8),
                2 => atomic!(AtomicU16, u16),
                4 => atomic!(AtomicU32, u32),
                8 => atomic!(AtomicU64, u64),
                _ => {}
            }
        }
        // 16 bytes, or unaligned within 16: the baton makes this atomic among the guest's threads.
        let mut bytes = [0; 16];
        let len = index(T::SIZE);
        self.copy_out(addr, &mut bytes[..len]);
        let seen = T::from_u128(u128::from_le_bytes(bytes));
        if seen == expected {
            self.copy_in(addr, &new.to_le_bytes()[..len]);
        }
        seen
    }

    fn fetch_word(&self, addr: u64) -> Result<u32, MemError> {
        self.verify(addr, 4, Access::Fetch)?;
        let mut bytes = [0; 4];
        self.copy_out(addr, &mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn mark_code(&self, addr: u64, len: u64) {
        if len == 0 || addr.checked_add(len).is_none_or(|end| end > self.size) {
            return;
        }
        let pages = page_down(addr)..addr + len;
        self.each_perm(&pages, |old| if old & MAPPED != 0 { (old | CODE) & !W_OK } else { old });
        if self.mode == MemoryMode::Protected {
            for page in (pages.start..pages.end).step_by(index(PAGE)) {
                if self.perm(page) & PROT_W != 0 {
                    let _ = host::protect(self.at(page), index(PAGE), true, false);
                }
            }
        }
        if self.has_twins() {
            self.guard_code(&pages);
        }
    }

    fn drain_stale(&self, out: &mut Vec<Range<u64>>) {
        if self.has_stale.swap(false, Ordering::Acquire) {
            out.append(&mut self.stale.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        host::release(self.base, index(self.size));
        host::release(self.perms.cast(), index(self.size / PAGE));
    }
}

/// [`Memory`] that tests the permission byte at each access.
#[derive(Clone, Copy)]
pub struct CheckedMemory<'a>(pub &'a Space);

/// [`Memory`] that lets the host's page protection refuse.
#[derive(Clone, Copy)]
pub struct ProtectedMemory<'a>(pub &'a Space);

macro_rules! cold_half {
    () => {
        fn compare_exchange<T: Word>(&self, addr: u64, expected: T, new: T) -> Result<T, MemError> {
            self.0.exchange(addr, expected, new)
        }

        fn check(&self, addr: u64, len: u64, access: Access) -> Result<(), MemError> {
            Ok(self.0.verify(addr, len, access)?)
        }

        fn fetch(&self, addr: u64) -> Result<u32, MemError> {
            self.0.fetch_word(addr)
        }

        fn note_code(&self, addr: u64, len: u64) {
            self.0.mark_code(addr, len);
        }

        fn is_code(&self, addr: u64) -> bool {
            self.0.perm(addr) & CODE != 0 || self.0.has_stale.load(Ordering::Relaxed)
        }

        fn take_stale_code(&self, out: &mut Vec<Range<u64>>) {
            self.0.drain_stale(out);
        }
    };
}

impl Memory for CheckedMemory<'_> {
    #[inline(always)]
    fn load<T: Word>(&self, addr: u64) -> Result<T, MemError> {
        let inside = addr % PAGE <= PAGE - T::SIZE;
        if self.0.perm(addr) & R_OK != 0 && inside {
            return Ok(read_word(self.0.at(addr)));
        }
        self.0.load_slow(addr)
    }

    #[inline(always)]
    fn store<T: Word>(&self, addr: u64, value: T) -> Result<(), MemError> {
        let inside = addr % PAGE <= PAGE - T::SIZE;
        if self.0.perm(addr) & W_OK != 0 && inside {
            write_word(self.0.at(addr), value);
            return Ok(());
        }
        self.0.store_slow(addr, value)
    }

    cold_half!();
}

impl Memory for ProtectedMemory<'_> {
    #[inline(always)]
    fn load<T: Word>(&self, addr: u64) -> Result<T, MemError> {
        if addr <= self.0.size - 16
            && let Some(bits) = fault::try_load(self.0.at(addr), T::SIZE)
        {
            return Ok(T::from_u128(bits));
        }
        self.0.load_slow(addr)
    }

    #[inline(always)]
    fn store<T: Word>(&self, addr: u64, value: T) -> Result<(), MemError> {
        if addr <= self.0.size - 16 && fault::try_store(self.0.at(addr), T::SIZE, value.to_u128()) {
            return Ok(());
        }
        self.0.store_slow(addr, value)
    }

    cold_half!();
}

#[inline(always)]
fn read_word<T: Word>(at: NonNull<u8>) -> T {
    macro_rules! read {
        ($int:ty) => {{
            // SAFETY: the caller has found the permission byte of the only page touched to grant the read, so
            // the bytes are committed; no reference to guest memory exists.
            u128::from(unsafe { at.cast::<$int>().read_unaligned() })
        }};
    }
    T::from_u128(match T::SIZE {
        1 => read!(u8),
        2 => read!(u16),
        4 => read!(u32),
        8 => read!(u64),
        _ => read!(u128),
    })
}

#[inline(always)]
fn write_word<T: Word>(at: NonNull<u8>, value: T) {
    let bits = value.to_u128();
    macro_rules! write {
        ($int:ty) => {{
            // SAFETY: as in `read_word`, with the write granted.
            unsafe { at.cast::<$int>().write_unaligned(narrow::<$int>(bits)) }
        }};
    }
    match T::SIZE {
        1 => write!(u8),
        2 => write!(u16),
        4 => write!(u32),
        8 => write!(u64),
        _ => write!(u128),
    }
}

/// The low bits of a wide value.
#[inline(always)]
fn narrow<T: Word>(bits: u128) -> T {
    T::from_u128(bits)
}

/// A guest size or address as a host one; guests have 64 bits, and so has every host that we run on.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "usize has 64 bits, asserted below")]
fn index(value: u64) -> usize {
    const { assert!(usize::BITS == 64) };
    value as usize
}

fn invalid(what: &str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidInput, what)
}

mod twins;

pub use twins::Apart;

#[cfg(test)]
mod tests;
