//! Which ranges of an address space show the same pages.
//!
//! Pure bookkeeping, kept with the region map by `guest::memory`. Pages that are to be seen at several addresses
//! belong to an *object*; a placement says where a part of it is seen. The table is always true of the space that it
//! belongs to, so that two equal tables mean the same sharing.

use super::regions::PAGE;
use std::collections::BTreeMap;
use std::ops::Range;

/// A part of an object at an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placement {
    /// Where it is seen.
    pub range: Range<u64>,
    /// Which object; numbers mean something in one table only.
    pub object: u64,
    /// Offset of the first page in it.
    pub offset: u64,
}

impl Placement {
    fn clipped(&self, range: &Range<u64>) -> Placement {
        let start = self.range.start.max(range.start);
        let offset = self.offset + (start - self.range.start);
        Placement { range: start..self.range.end.min(range.end), object: self.object, offset }
    }
}

/// All placements, disjoint, by address.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Twins {
    by_start: BTreeMap<u64, Placement>,
}

impl Twins {
    /// Whether no page belongs to an object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_start.is_empty()
    }

    /// The placements in address order.
    pub fn iter(&self) -> impl Iterator<Item = &Placement> {
        self.by_start.values()
    }

    /// A number that no object has.
    #[must_use]
    pub fn fresh(&self) -> u64 {
        self.iter().map(|p| p.object + 1).max().unwrap_or(0)
    }

    /// The objects and their sizes: where the last placement of each ends.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<u64, u64> {
        let mut sizes = BTreeMap::new();
        for p in self.iter() {
            let size = sizes.entry(p.object).or_insert(0);
            *size = (p.offset + (p.range.end - p.range.start)).max(*size);
        }
        sizes
    }

    /// Adds a placement, replacing what was there.
    pub fn place(&mut self, placement: Placement) {
        self.remove(&placement.range);
        self.by_start.insert(placement.range.start, placement);
    }

    /// The parts of placements inside `range`, in address order.
    #[must_use]
    pub fn within(&self, range: &Range<u64>) -> Vec<Placement> {
        let first = self.by_start.range(..=range.start).next_back().map_or(range.start, |(&start, _)| start);
        let overlapping = self.by_start.range(first..range.end.max(first)).map(|(_, p)| p.clipped(range));
        overlapping.filter(|p| p.range.start < p.range.end).collect()
    }

    /// Forgets what is seen inside `range`.
    pub fn remove(&mut self, range: &Range<u64>) {
        for part in self.within(range) {
            let whole = self.by_start.range(..=part.range.start).next_back().map(|(_, p)| p.clone());
            let Some(whole) = whole else { continue };
            self.by_start.remove(&whole.range.start);
            for rest in [whole.range.start..part.range.start, part.range.end..whole.range.end] {
                if rest.start < rest.end {
                    self.by_start.insert(rest.start, whole.clipped(&rest));
                }
            }
        }
    }

    /// The other addresses of the page at `page`.
    #[must_use]
    pub fn others(&self, page: u64) -> Vec<u64> {
        let found = self.by_start.range(..=page).next_back().map(|(_, p)| p);
        let Some(here) = found.filter(|p| page < p.range.end) else { return Vec::new() };
        let offset = here.offset + (page - here.range.start);
        let same = self.iter().filter(|p| p.object == here.object && p.offset <= offset);
        same.map(|p| (p.range.start + (offset - p.offset), p.range.end))
            .filter(|&(at, end)| at < end && at != page)
            .map(|(at, _)| at)
            .collect()
    }

    /// The pages of `range` that have other addresses, each with those.
    #[must_use]
    pub fn of_pages(&self, range: &Range<u64>) -> Vec<(u64, Vec<u64>)> {
        let mut found = Vec::new();
        for part in self.within(range) {
            let mut page = part.range.start;
            while page < part.range.end {
                found.push((page, self.others(page)));
                page += PAGE;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(range: Range<u64>, object: u64, offset: u64) -> Placement {
        Placement { range, object, offset }
    }

    #[test]
    fn pages_know_their_other_addresses() {
        let mut twins = Twins::default();
        assert_eq!(twins.fresh(), 0);
        twins.place(at(0x1_0000..0x1_3000, 0, 0));
        twins.place(at(0x5_0000..0x5_2000, 0, 0x1000));
        twins.place(at(0x9_0000..0x9_1000, 1, 0x1000));
        assert_eq!(twins.fresh(), 2);
        assert_eq!(twins.others(0x1_0000), [0u64; 0]);
        assert_eq!(twins.others(0x1_2000), [0x5_1000]);
        assert_eq!(twins.others(0x5_0000), [0x1_1000]);
        assert_eq!(twins.others(0x9_0000), [0u64; 0]);
        assert_eq!(twins.others(0x1_3000), [0u64; 0]);
        assert_eq!(twins.objects(), BTreeMap::from([(0, 0x3000), (1, 0x2000)]));
    }

    #[test]
    fn what_is_replaced_is_cut_out() {
        let mut twins = Twins::default();
        twins.place(at(0x1_0000..0x1_3000, 0, 0x4000));
        twins.place(at(0x5_0000..0x5_3000, 0, 0x4000));
        twins.remove(&(0x1_1000..0x1_2000));
        let parts: Vec<Placement> = twins.within(&(0x1_0000..0x2_0000));
        assert_eq!(parts, [at(0x1_0000..0x1_1000, 0, 0x4000), at(0x1_2000..0x1_3000, 0, 0x6000)]);
        assert_eq!(twins.others(0x5_1000), [0u64; 0]);
        assert_eq!(twins.others(0x5_2000), [0x1_2000]);
        twins.remove(&(0..u64::MAX));
        assert!(twins.is_empty());
    }
}
