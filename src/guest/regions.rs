//! The map of a guest address space: which pages are mapped, with which rights, backed by what.
//!
//! Pure bookkeeping, used by `guest::memory` (which keeps it in step with the pages), by the mmap family and
//! by `/proc/self/maps`.

use super::ranges::Ranges;
use super::twins::Twins;
use std::collections::BTreeMap;
use std::ops::Range;
use traces::event::Backing;

/// Size of a guest page in bytes.
pub const PAGE: u64 = 4096;

/// Rights of a mapping, Linux's PROT_ bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Prot(pub u8);

impl Prot {
    /// PROT_READ.
    pub const READ: u8 = 1;
    /// PROT_WRITE.
    pub const WRITE: u8 = 2;
    /// PROT_EXEC.
    pub const EXEC: u8 = 4;
    /// Read and write.
    pub const RW: Prot = Prot(3);
    /// Read and execute.
    pub const RX: Prot = Prot(5);

    /// Whether all of `bits` are granted.
    #[must_use]
    pub fn has(self, bits: u8) -> bool {
        self.0 & bits == bits
    }
}

/// A run of pages with the same rights and backing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// First address; a multiple of [`PAGE`].
    pub start: u64,
    /// First address behind; a multiple of [`PAGE`].
    pub end: u64,
    /// Rights.
    pub prot: Prot,
    /// What it is, for people and for `/proc/self/maps`.
    pub backing: Backing,
}

impl Region {
    fn clipped(&self, range: &Range<u64>) -> Region {
        let start = self.start.max(range.start);
        let backing = match &self.backing {
            Backing::File { path, offset, shared } => {
                let offset = offset.wrapping_add(start - self.start); // a trace may claim any offset
                Backing::File { path: path.clone(), offset, shared: *shared }
            }
            other => other.clone(),
        };
        Region { start, end: self.end.min(range.end), prot: self.prot, backing }
    }

    fn continues(&self, next: &Region) -> bool {
        if self.end != next.start || self.prot != next.prot {
            return false;
        }
        match (&self.backing, &next.backing) {
            (
                Backing::File { path: a, offset: from, shared: s },
                Backing::File { path: b, offset: to, shared: t },
            ) => a == b && s == t && from.wrapping_add(self.end - self.start) == *to,
            (a, b) => a == b,
        }
    }
}

/// All regions, disjoint, by start address.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Regions {
    by_start: BTreeMap<u64, Region>,
    /// Pages that are seen at more than one address.
    pub(super) twins: Twins,
    /// Pages that lie wholly behind the end of their file.
    pub(super) behind: Ranges,
}

impl Regions {
    /// The regions in address order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Region> {
        self.by_start.values()
    }

    /// The region that contains `addr`.
    #[must_use]
    pub fn find(&self, addr: u64) -> Option<&Region> {
        self.by_start.range(..=addr).next_back().map(|(_, r)| r).filter(|r| addr < r.end)
    }

    /// The parts of regions that lie inside `range`, in address order.
    #[must_use]
    pub fn within(&self, range: &Range<u64>) -> Vec<Region> {
        let first = self.find(range.start).map_or(range.start, |r| r.start);
        self.by_start
            .range(first..range.end.max(first))
            .map(|(_, r)| r)
            .filter(|r| r.end > range.start && r.start < range.end)
            .map(|r| r.clipped(range))
            .collect()
    }

    /// Pages that are seen at more than one address.
    #[must_use]
    pub fn twins(&self) -> &Twins {
        &self.twins
    }

    /// Pages that lie wholly behind the end of their file, where nothing can be accessed.
    #[must_use]
    pub fn behind(&self) -> &Ranges {
        &self.behind
    }

    /// Whether every page of `range` is mapped.
    #[must_use]
    pub fn covers(&self, range: &Range<u64>) -> bool {
        let mut at = range.start;
        while at < range.end {
            match self.find(at) {
                Some(region) => at = region.end,
                None => return false,
            }
        }
        true
    }

    /// Takes `range` out, splitting what straddles its ends.
    pub fn remove(&mut self, range: &Range<u64>) {
        if range.is_empty() {
            return;
        }
        self.twins.remove(range);
        self.behind.remove(range);
        self.cut(range);
    }

    fn cut(&mut self, range: &Range<u64>) {
        for part in self.within(range) {
            let Some(whole) = self.find(part.start).cloned() else { continue };
            self.by_start.remove(&whole.start);
            if whole.start < part.start {
                let left = whole.clipped(&(whole.start..part.start));
                self.by_start.insert(left.start, left);
            }
            if part.end < whole.end {
                let right = whole.clipped(&(part.end..whole.end));
                self.by_start.insert(right.start, right);
            }
        }
    }

    /// Puts a region in, replacing what was there, and joins it with equal neighbours.
    pub fn insert(&mut self, region: Region) {
        if region.start >= region.end {
            return;
        }
        self.remove(&(region.start..region.end));
        self.put(region);
    }

    fn put(&mut self, region: Region) {
        self.cut(&(region.start..region.end));
        let mut region = region;
        if let Some((&start, left)) = self.by_start.range(..region.start).next_back()
            && left.continues(&region)
        {
            region = Region { start, end: region.end, ..left.clone() };
        }
        if let Some(right) = self.by_start.get(&region.end)
            && region.continues(right)
        {
            let (start, end) = (region.end, right.end);
            self.by_start.remove(&start);
            region.end = end;
        }
        self.by_start.insert(region.start, region);
    }

    /// Changes the rights of what is mapped inside `range`.
    pub fn protect(&mut self, range: &Range<u64>, prot: Prot) {
        for part in self.within(range) {
            self.put(Region { prot, ..part });
        }
    }

    /// The lowest gap of `len` bytes inside `area`, a multiple of [`PAGE`].
    #[must_use]
    pub fn gap(&self, area: Range<u64>, len: u64) -> Option<u64> {
        let mut at = area.start;
        for region in self.within(&area) {
            if region.start.checked_sub(at)? >= len {
                return Some(at);
            }
            at = region.end;
        }
        (area.end.checked_sub(at)? >= len).then_some(at)
    }
}

/// `addr` rounded down to a page.
#[must_use]
pub fn page_down(addr: u64) -> u64 {
    addr & !(PAGE - 1)
}

/// `addr` rounded up to a page; none if that overflows.
#[must_use]
pub fn page_up(addr: u64) -> Option<u64> {
    addr.checked_add(PAGE - 1).map(page_down)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anon(start: u64, end: u64, prot: u8) -> Region {
        Region { start, end, prot: Prot(prot), backing: Backing::Anonymous }
    }

    fn shape(regions: &Regions) -> Vec<(u64, u64, u8)> {
        regions.iter().map(|r| (r.start, r.end, r.prot.0)).collect()
    }

    #[test]
    fn neighbours_join_and_holes_split() {
        let mut map = Regions::default();
        map.insert(anon(0x1000, 0x3000, 3));
        map.insert(anon(0x3000, 0x6000, 3));
        assert_eq!(shape(&map), [(0x1000, 0x6000, 3)]);
        map.remove(&(0x2000..0x3000));
        assert_eq!(shape(&map), [(0x1000, 0x2000, 3), (0x3000, 0x6000, 3)]);
        map.protect(&(0x4000..0x5000), Prot(1));
        assert_eq!(
            shape(&map),
            [(0x1000, 0x2000, 3), (0x3000, 0x4000, 3), (0x4000, 0x5000, 1), (0x5000, 0x6000, 3)]
        );
        map.protect(&(0x3000..0x6000), Prot(3));
        assert_eq!(shape(&map), [(0x1000, 0x2000, 3), (0x3000, 0x6000, 3)]);
    }

    #[test]
    fn gaps_are_found_lowest_first() {
        let mut map = Regions::default();
        map.insert(anon(0x2000, 0x3000, 3));
        map.insert(anon(0x5000, 0x6000, 3));
        assert_eq!(map.gap(0x1000..0x10000, 0x1000), Some(0x1000));
        assert_eq!(map.gap(0x1000..0x10000, 0x2000), Some(0x3000));
        assert_eq!(map.gap(0x1000..0x10000, 0x3000), Some(0x6000));
        assert_eq!(map.gap(0x1000..0x7000, 0x3000), None);
    }

    #[test]
    fn a_file_region_keeps_its_offsets_when_split() {
        let mut map = Regions::default();
        let backing = Backing::File { path: "/x".into(), offset: 0x1000, shared: false };
        map.insert(Region { start: 0x10000, end: 0x14000, prot: Prot(1), backing });
        map.remove(&(0x11000..0x12000));
        let offsets: Vec<u64> = map
            .iter()
            .map(|r| if let Backing::File { offset, .. } = r.backing { offset } else { u64::MAX })
            .collect();
        assert_eq!(offsets, [0x1000, 0x3000]);
        assert!(map.covers(&(0x12000..0x14000)));
        assert!(!map.covers(&(0x10000..0x14000)));
    }
}
