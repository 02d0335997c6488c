//! Sets of page ranges that remember nothing else.
//!
//! Used by `guest::regions` for what is true of some pages only, and by the kernel for what madvise was told.

use std::collections::BTreeMap;
use std::ops::Range;

/// Disjoint ranges, none of which touches the next.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ranges {
    ends: BTreeMap<u64, u64>,
}

impl Ranges {
    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The ranges in address order.
    pub fn iter(&self) -> impl Iterator<Item = Range<u64>> {
        self.ends.iter().map(|(&start, &end)| start..end)
    }

    /// Whether an address is in the set.
    #[must_use]
    pub fn contains(&self, addr: u64) -> bool {
        self.ends.range(..=addr).next_back().is_some_and(|(_, &end)| addr < end)
    }

    /// What of `range` is in the set, in address order.
    #[must_use]
    pub fn within(&self, range: &Range<u64>) -> Vec<Range<u64>> {
        let first = self.ends.range(..=range.start).next_back().map_or(range.start, |(&start, _)| start);
        self.ends
            .range(first..range.end.max(first))
            .map(|(&start, &end)| start.max(range.start)..end.min(range.end))
            .filter(|part| part.start < part.end)
            .collect()
    }

    /// What of `range` is not in the set, in address order.
    #[must_use]
    pub fn missing(&self, range: &Range<u64>) -> Vec<Range<u64>> {
        let mut rest = Ranges::default();
        rest.insert(range.clone());
        self.within(range).iter().for_each(|part| rest.remove(part));
        rest.iter().collect()
    }

    /// Adds `range`.
    pub fn insert(&mut self, range: Range<u64>) {
        if range.start >= range.end {
            return;
        }
        let (mut start, mut end) = (range.start, range.end);
        while let Some((&at, &until)) = self.ends.range(..=end).next_back()
            && until >= start
        {
            self.ends.remove(&at);
            (start, end) = (start.min(at), end.max(until));
        }
        self.ends.insert(start, end);
    }

    /// Takes `range` out.
    pub fn remove(&mut self, range: &Range<u64>) {
        while let Some((&start, &end)) = self.ends.range(..range.end).next_back()
            && end > range.start
            && range.start < range.end
        {
            self.ends.remove(&start);
            if start < range.start {
                self.ends.insert(start, range.start);
            }
            if range.end < end {
                self.ends.insert(range.end, end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(set: &Ranges) -> Vec<Range<u64>> {
        set.iter().collect()
    }

    #[test]
    fn ranges_join_and_split() {
        let mut set = Ranges::default();
        set.insert(10..20);
        set.insert(30..40);
        set.insert(5..5);
        assert_eq!(all(&set), [10..20, 30..40]);
        assert_eq!(set.within(&(15..35)), [15..20, 30..35]);
        assert_eq!(set.missing(&(0..50)), [0..10, 20..30, 40..50]);
        set.insert(20..30);
        assert_eq!(all(&set), std::iter::once(10..40).collect::<Vec<_>>());
        set.remove(&(15..16));
        set.remove(&(39..90));
        set.remove(&(0..10));
        set.remove(&(20..20));
        assert_eq!(all(&set), [10..15, 16..39]);
        assert!(set.contains(14) && !set.contains(15) && set.contains(16) && !set.contains(39));
        set.insert(0..100);
        assert_eq!(all(&set), std::iter::once(0..100).collect::<Vec<_>>());
        set.remove(&(0..u64::MAX));
        assert!(set.is_empty());
    }
}
