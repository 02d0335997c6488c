//! Pages of a [`Space`] that are seen at several addresses, and pages behind the end of their file.
//!
//! Two mappings of one file in one process have to agree at each load. So what both map is moved to pages that the
//! host can show at several addresses, and accesses cost what they cost elsewhere. What has to follow are the
//! permission bytes, which are of an address: a store marks the page as written at all its addresses, and code that
//! was decoded at another address is dropped. For that:
//! - where a page has [`W_OK`] at one address it is [`DIRTY`] at all of them;
//! - where it has [`CODE`] at one address it has [`W_OK`] at none.
//!
//! The host would show the pages to a forked process as well, whose guest has a copy: [`Space::copy_shared`] and
//! [`Space::come_apart`] see to that.

use super::*;
use crate::guest::twins::{Placement, Twins};
use std::collections::BTreeMap;

/// Pages of the host that can be seen at several addresses, released when dropped.
#[derive(Debug)]
struct HostPages {
    at: NonNull<u8>,
    len: u64,
}

impl HostPages {
    fn new(len: u64) -> std::io::Result<HostPages> {
        Ok(HostPages { at: host::shared_pages(index(len))?, len })
    }

    fn write(&self, offset: u64, bytes: &[u8; 4096]) {
        assert!(offset <= self.len - PAGE, "a page beyond the pages of its object");
        // SAFETY: the page lies inside the mapping, as was just seen.
        let at = unsafe { self.at.add(index(offset)) };
        // SAFETY: the mapping is ours alone, writable, and overlaps no memory of Rust's.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), at.as_ptr(), bytes.len()) }
    }

    /// Shows `len` bytes from `offset` on at `to`.
    fn show(&self, offset: u64, to: NonNull<u8>, len: u64) -> std::io::Result<()> {
        if len > self.len || offset > self.len - len {
            return Err(invalid("a range beyond the pages of its object"));
        }
        // SAFETY: the range lies inside the mapping, as was just seen.
        let from = unsafe { self.at.add(index(offset)) };
        host::alias(from, to, index(len))
    }
}

impl Drop for HostPages {
    fn drop(&mut self) {
        host::release(self.at, index(self.len));
    }
}

/// A copy of the pages that a space shows at several addresses, by object, for a process that is about to fork.
#[derive(Debug)]
pub struct Apart {
    objects: BTreeMap<u64, HostPages>,
}

impl Apart {
    fn zeros(twins: &Twins) -> std::io::Result<Apart> {
        let objects = twins.objects().into_iter().map(|(object, size)| Ok((object, HostPages::new(size)?)));
        Ok(Apart { objects: objects.collect::<std::io::Result<_>>()? })
    }
}

impl Space {
    /// Shows the pages of `from` at `to` as well, replacing the pages that are mapped there but not their rights:
    /// what is stored at the one is at the other.
    ///
    /// # Errors
    /// If the host refuses, a range is not valid or not mapped, or the two overlap.
    pub fn alias(&self, from: Range<u64>, to: u64) -> std::io::Result<()> {
        let target = to..to.saturating_add(from.end.saturating_sub(from.start));
        self.require(&from)?;
        self.require(&target)?;
        if from.start < target.end && target.start < from.end {
            return Err(invalid("a page can not be the twin of itself"));
        }
        if !self.regions().covers(&from) || !self.regions().covers(&target) {
            return Err(invalid("a twin of unmapped memory"));
        }
        self.has_twins.store(true, Ordering::Relaxed);
        self.regions().twins.remove(&target);
        let known = self.regions().twins.within(&from);
        let mut alone = vec![from.start];
        for placement in &known {
            alone.extend([placement.range.start, placement.range.end]);
        }
        alone.push(from.end);
        for gap in alone.chunks(2).filter(|gap| gap[0] < gap[1]) {
            self.make_object(gap[0]..gap[1])?;
        }
        self.forget_code(&target);
        let parts = self.regions().twins.within(&from);
        for Placement { range, object, offset } in parts {
            let start = to + (range.start - from.start);
            let end = start + (range.end - range.start);
            host::alias(self.at(range.start), self.at(start), index(end - start))?;
            self.regions().twins.place(Placement { range: start..end, object, offset });
            self.protect_again(&(start..end))?;
            for page in (range.start..range.end).step_by(index(PAGE)) {
                let touched = self.perm(page) & TOUCHED;
                let dirty = if touched == 0 { 0 } else { DIRTY };
                let kept = if self.mode == MemoryMode::Checked { !(W_OK | TOUCHED) } else { !0 };
                let twin = start + (page - range.start);
                self.each_perm(&(twin..twin + PAGE), |old| old & kept | touched | dirty);
            }
        }
        self.withhold(&target)
    }

    /// Moves pages to an object of their own.
    fn make_object(&self, range: Range<u64>) -> std::io::Result<()> {
        let len = range.end - range.start;
        let pages = HostPages::new(len)?;
        self.copy_to(&range, 0, &pages);
        pages.show(0, self.at(range.start), len)?;
        let mut regions = self.regions();
        let object = regions.twins.fresh();
        regions.twins.place(Placement { range: range.clone(), object, offset: 0 });
        drop(regions);
        self.protect_again(&range)
    }

    /// Copies what `range` holds to `pages`, from `offset` on.
    fn copy_to(&self, range: &Range<u64>, offset: u64, pages: &HostPages) {
        let mut bytes = Box::new([0; 4096]);
        for page in (range.start..range.end).step_by(index(PAGE)) {
            if self.perm(page) & TOUCHED != 0 {
                self.copy_page(page, &mut bytes);
                if bytes.iter().any(|&b| b != 0) {
                    pages.write(offset + (page - range.start), &bytes);
                }
            }
        }
    }

    /// Tells the host the rights of pages that it has been given anew.
    fn protect_again(&self, range: &Range<u64>) -> std::io::Result<()> {
        let parts = self.regions().within(range);
        for Region { start, end, prot, .. } in parts {
            self.apply_host_protection(&(start..end), prot)?;
        }
        self.withhold(range)
    }

    /// Makes a space that is empty have this map. Its pages are zero.
    ///
    /// # Errors
    /// If the host refuses.
    pub fn take_map(&self, wanted: &Regions) -> std::io::Result<()> {
        for Region { start, end, prot, backing } in wanted.iter() {
            self.map(*start..*end, *prot, backing.clone())?;
        }
        self.take_specials(wanted)
    }

    /// Lets pages have twins, and lie behind the ends of their files, exactly where they do in `wanted`, where the
    /// same is mapped. Pages that have twins there have none here, and are zero.
    ///
    /// # Errors
    /// If the host refuses.
    pub fn take_specials(&self, wanted: &Regions) -> std::io::Result<()> {
        if self.regions().twins != wanted.twins {
            self.has_twins.store(true, Ordering::Relaxed);
            self.show_objects(&wanted.twins, &Apart::zeros(&wanted.twins)?)?;
        }
        let behind = self.regions().behind.clone();
        if behind != wanted.behind {
            for range in behind.iter() {
                self.set_behind(range, false)?;
            }
            for range in wanted.behind.iter() {
                self.set_behind(range, true)?;
            }
        }
        Ok(())
    }

    /// A copy of the pages that have twins, for the process that is about to be forked off; none if there are none.
    ///
    /// # Errors
    /// If the host has no memory.
    pub fn copy_shared(&self) -> std::io::Result<Option<Apart>> {
        let twins = self.regions().twins.clone();
        if twins.is_empty() {
            return Ok(None);
        }
        let apart = Apart::zeros(&twins)?;
        for Placement { range, object, offset } in twins.iter() {
            self.copy_to(range, *offset, &apart.objects[object]);
        }
        Ok(Some(apart))
    }

    /// In the forked process: goes on with the copy, so that nothing that is stored here shows in the parent.
    ///
    /// # Errors
    /// If the host refuses; this process must not run on then.
    pub fn come_apart(&self, apart: &Apart) -> std::io::Result<()> {
        let twins = self.regions().twins.clone();
        self.show_objects(&twins, apart)
    }

    fn show_objects(&self, twins: &Twins, apart: &Apart) -> std::io::Result<()> {
        for placement in twins.iter() {
            let Placement { range, object, offset } = placement;
            apart.objects[object].show(*offset, self.at(range.start), range.end - range.start)?;
            self.regions().twins.place(placement.clone());
            self.protect_again(range)?;
        }
        Ok(())
    }

    /// Says whether pages lie wholly behind the end of their file. Nothing can be accessed there, whatever the
    /// rights, and what is tried faults as [`FaultKind::External`]. Contents stay as they are.
    ///
    /// # Errors
    /// If the host refuses, or the range is not valid or not mapped.
    pub fn set_behind(&self, range: Range<u64>, behind: bool) -> std::io::Result<()> {
        self.require(&range)?;
        let mut regions = self.regions();
        if !regions.covers(&range) {
            return Err(invalid("unmapped memory has no file"));
        }
        let parts = regions.within(&range);
        if behind {
            regions.behind.insert(range);
        } else {
            regions.behind.remove(&range);
        }
        drop(regions);
        for part in parts {
            self.protect(part.start..part.end, part.prot)?;
        }
        Ok(())
    }

    /// Gives the pages that have been mapped at `to` the twins of those of `from`, and takes over which of them lie
    /// behind the end of their file.
    pub(super) fn move_specials(&self, from: &Range<u64>, to: u64) -> std::io::Result<()> {
        let (placements, behind) = {
            let regions = self.regions();
            (regions.twins.within(from), regions.behind.within(from))
        };
        for Placement { range, .. } in placements {
            let at = to + (range.start - from.start);
            self.alias(range, at)?;
        }
        for range in behind {
            let at = to + (range.start - from.start);
            self.set_behind(at..at + (range.end - range.start), true)?;
        }
        Ok(())
    }

    /// Takes back rights that the map grants inside `range` and its pages do not have: behind the end of a file,
    /// and to store where code was decoded at another address.
    pub(super) fn withhold(&self, range: &Range<u64>) -> std::io::Result<()> {
        let behind = self.regions().behind.within(range);
        for part in behind {
            self.each_perm(&part, |old| old & !(R_OK | W_OK | X_OK | PROT_W));
            self.apply_host_protection(&part, Prot(0))?;
        }
        if self.mode == MemoryMode::Protected && self.has_twins() {
            let pages = self.regions().twins.of_pages(range);
            for (page, others) in pages {
                if others.iter().any(|&other| self.perm(other) & CODE != 0) {
                    self.guard(page);
                }
            }
        }
        Ok(())
    }

    /// Why an access to a page is refused.
    pub(super) fn why_not(&self, addr: u64, access: Access) -> FaultKind {
        let regions = self.regions();
        let Some(region) = regions.find(addr) else { return FaultKind::Translation };
        let granted = match access {
            Access::Read => region.prot.0 != 0,
            Access::Write => region.prot.has(Prot::WRITE),
            Access::Fetch => region.prot.has(Prot::EXEC),
        };
        if granted && regions.behind.contains(addr) { FaultKind::External } else { FaultKind::Permission }
    }

    /// Whether a page may have more than one address.
    #[inline(always)]
    pub(super) fn has_twins(&self) -> bool {
        self.has_twins.load(Ordering::Relaxed)
    }

    /// Changes the permission bytes that a page has at its other addresses.
    pub(super) fn each_twin(&self, page: u64, mut change: impl FnMut(u8) -> u8) {
        let others = self.regions().twins.others(page);
        for other in others {
            self.each_perm(&(other..other + PAGE), &mut change);
        }
    }

    /// Notes at the other addresses of pages that they are written. Answers whether code had been decoded there,
    /// which is stale now.
    pub(super) fn mark_twins_written(&self, pages: &Range<u64>) -> bool {
        let mut decoded = false;
        let twins = self.regions().twins.of_pages(&(page_down(pages.start)..page_down(pages.end + PAGE - 1)));
        for other in twins.into_iter().flat_map(|(_, others)| others) {
            let mut code = false;
            self.each_perm(&(other..other + PAGE), |old| {
                code = old & CODE != 0;
                // Whoever drops stale code drops all of a page's.
                (old | TOUCHED | DIRTY) & !CODE
            });
            if code {
                self.push_stale(other..other + PAGE);
                decoded = true;
            }
        }
        decoded
    }

    /// Lets no store at another address of these pages, from which code was decoded, pass unnoticed.
    pub(super) fn guard_code(&self, pages: &Range<u64>) {
        let twins = self.regions().twins.of_pages(&(page_down(pages.start)..page_down(pages.end + PAGE - 1)));
        for other in twins.into_iter().flat_map(|(_, others)| others) {
            self.guard(other);
        }
    }

    fn guard(&self, page: u64) {
        let old = self.perm(page);
        self.each_perm(&(page..page + PAGE), |old| old & !W_OK);
        if self.mode == MemoryMode::Protected && old & W_OK != 0 {
            let _ = host::protect(self.at(page), index(PAGE), true, false);
        }
    }
}
