//! Which events a filter or search selects, filled in piece by piece while a worker scans.
//!
//! A bitmap in chunks of 4,096 events with a running count per chunk, so that "the n-th selected event" and
//! "how many are selected before this one" cost a binary search, at any length. Chunks that are not scanned
//! yet count as empty.

use traces::EventIndex;

/// Events in a chunk.
pub(crate) const CHUNK: u64 = 4096;
const WORDS: usize = 64;

/// What is known about 4,096 events.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Chunk {
    /// Not scanned.
    #[default]
    Unknown,
    /// None is selected.
    Empty,
    /// A bit for each, lowest first.
    Bits(Box<[u64; WORDS]>),
}

impl Chunk {
    /// An empty bitmap to be filled by [`Chunk::set`].
    pub(crate) fn new() -> Self {
        Chunk::Empty
    }

    /// Selects the event at an offset below [`CHUNK`].
    pub(crate) fn set(&mut self, offset: u64) {
        if !matches!(self, Chunk::Bits(_)) {
            *self = Chunk::Bits(Box::new([0; WORDS]));
        }
        if let Chunk::Bits(words) = self
            && let Some(word) = usize::try_from(offset / 64).ok().and_then(|w| words.get_mut(w))
        {
            *word |= 1 << (offset % 64);
        }
    }

    fn has(&self, offset: u64) -> bool {
        match self {
            Chunk::Bits(words) => usize::try_from(offset / 64)
                .ok()
                .and_then(|w| words.get(w))
                .is_some_and(|word| word >> (offset % 64) & 1 == 1),
            Chunk::Unknown | Chunk::Empty => false,
        }
    }

    /// How many are selected below an offset.
    fn rank(&self, offset: u64) -> u64 {
        let Chunk::Bits(words) = self else { return 0 };
        let mut sum = 0;
        for (i, word) in (0u64..).zip(words.iter()) {
            let below = offset.saturating_sub(i * 64);
            let mask = if below >= 64 { u64::MAX } else { (1 << below) - 1 };
            sum += u64::from((word & mask).count_ones());
        }
        sum
    }

    /// The offset of the n-th selected event.
    fn nth(&self, mut n: u64) -> Option<u64> {
        let Chunk::Bits(words) = self else { return None };
        for (i, word) in (0u64..).zip(words.iter()) {
            let ones = u64::from(word.count_ones());
            if n >= ones {
                n -= ones;
                continue;
            }
            let mut word = *word;
            for _ in 0..n {
                word &= word - 1;
            }
            return Some(i * 64 + u64::from(word.trailing_zeros()));
        }
        None
    }
}

/// A selection of the events of a trace.
#[derive(Clone, Debug, Default)]
pub(crate) struct MatchSet {
    len: u64,
    chunks: Vec<Chunk>,
    /// `before[i]`: how many are selected in the chunks before `i`; one longer than `chunks`.
    before: Vec<u64>,
    scanned: u64,
}

impl MatchSet {
    /// Nothing scanned yet of a trace of `len` events.
    pub(crate) fn new(len: u64) -> Self {
        let chunks = usize::try_from(len.div_ceil(CHUNK)).unwrap_or(0);
        MatchSet { len, chunks: vec![Chunk::Unknown; chunks], before: vec![0; chunks + 1], scanned: 0 }
    }

    /// Takes scanned chunks over; numbers outside the trace are ignored.
    pub(crate) fn publish(&mut self, chunks: Vec<(usize, Chunk)>) {
        let mut first = usize::MAX;
        for (i, chunk) in chunks {
            let size = self.chunk_len(i);
            if let Some(slot) = self.chunks.get_mut(i) {
                if *slot == Chunk::Unknown && chunk != Chunk::Unknown {
                    self.scanned += size;
                }
                *slot = chunk;
                first = first.min(i);
            }
        }
        for i in first.min(self.chunks.len())..self.chunks.len() {
            self.before[i + 1] = self.before[i] + self.chunks[i].rank(CHUNK);
        }
    }

    fn chunk_len(&self, i: usize) -> u64 {
        self.len.saturating_sub(i as u64 * CHUNK).min(CHUNK)
    }

    /// How many events were looked at.
    pub(crate) fn scanned(&self) -> u64 {
        self.scanned
    }

    /// Whether all events were looked at.
    pub(crate) fn complete(&self) -> bool {
        self.scanned == self.len
    }

    /// How many are selected so far.
    pub(crate) fn count(&self) -> u64 {
        self.before.last().copied().unwrap_or(0)
    }

    fn split(at: u64) -> (usize, u64) {
        (usize::try_from(at / CHUNK).unwrap_or(usize::MAX), at % CHUNK)
    }

    /// Whether an event is selected.
    pub(crate) fn contains(&self, at: EventIndex) -> bool {
        let (chunk, offset) = Self::split(at.0);
        self.chunks.get(chunk).is_some_and(|c| c.has(offset))
    }

    /// Whether an event was looked at.
    pub(crate) fn knows(&self, at: EventIndex) -> bool {
        let (chunk, _) = Self::split(at.0);
        self.chunks.get(chunk).is_some_and(|c| *c != Chunk::Unknown)
    }

    /// How many are selected before an event.
    pub(crate) fn rank(&self, at: EventIndex) -> u64 {
        let (chunk, offset) = Self::split(at.0);
        match self.chunks.get(chunk) {
            Some(c) => self.before[chunk] + c.rank(offset),
            None => self.count(),
        }
    }

    /// The n-th selected event, from 0.
    pub(crate) fn nth(&self, n: u64) -> Option<EventIndex> {
        if n >= self.count() {
            return None;
        }
        let chunk = self.before.partition_point(|&sum| sum <= n).checked_sub(1)?;
        let offset = self.chunks.get(chunk)?.nth(n - self.before[chunk])?;
        Some(EventIndex(chunk as u64 * CHUNK + offset))
    }

    /// The selected event nearest to `at`, the later one if two are as near.
    pub(crate) fn nearest(&self, at: EventIndex) -> Option<EventIndex> {
        let rank = self.rank(at);
        let after = self.nth(rank);
        let before = rank.checked_sub(1).and_then(|r| self.nth(r));
        match (before, after) {
            (Some(b), Some(a)) => Some(if at.0 - b.0 < a.0 - at.0 { b } else { a }),
            (one, other) => one.or(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_of(len: u64, selected: &[u64]) -> MatchSet {
        let mut set = MatchSet::new(len);
        let chunks = usize::try_from(len.div_ceil(CHUNK)).unwrap();
        let mut parts = vec![Chunk::new(); chunks];
        for &s in selected {
            parts[usize::try_from(s / CHUNK).unwrap()].set(s % CHUNK);
        }
        // Out of order, as a scan outward from the cursor publishes.
        let mut parts: Vec<_> = parts.into_iter().enumerate().collect();
        parts.reverse();
        for part in parts {
            set.publish(vec![part]);
        }
        set
    }

    #[test]
    fn agrees_with_a_sorted_list() {
        let selected: Vec<u64> = (0..20_000).filter(|n| n % 7 == 0 || n % 4096 == 4095).collect();
        let set = set_of(20_001, &selected);
        assert!(set.complete());
        assert_eq!(set.count(), selected.len() as u64);
        for (rank, &at) in (0u64..).zip(&selected) {
            assert_eq!(set.nth(rank), Some(EventIndex(at)));
            assert_eq!(set.rank(EventIndex(at)), rank);
            assert!(set.contains(EventIndex(at)));
            assert!(!set.contains(EventIndex(at + 1)) || selected.contains(&(at + 1)));
        }
        assert_eq!(set.nth(set.count()), None);
        assert_eq!(set.rank(EventIndex(u64::MAX)), set.count());
    }

    #[test]
    fn nearest_of_both_sides() {
        let set = set_of(10_000, &[5, 9000]);
        for (at, expect) in [(0, 5), (5, 5), (6, 5), (8999, 9000), (9999, 9000)] {
            assert_eq!(set.nearest(EventIndex(at)), Some(EventIndex(expect)), "{at}");
        }
        assert_eq!(set_of(10, &[]).nearest(EventIndex(3)), None);
        assert_eq!(MatchSet::new(0).nearest(EventIndex(0)), None);
    }

    #[test]
    fn unscanned_chunks_are_empty_and_counted() {
        let mut set = MatchSet::new(CHUNK * 2 + 1);
        let mut chunk = Chunk::new();
        chunk.set(0);
        set.publish(vec![(2, chunk), (99, Chunk::Empty)]);
        assert_eq!((set.scanned(), set.count(), set.complete()), (1, 1, false));
        assert!(set.knows(EventIndex(CHUNK * 2)) && !set.knows(EventIndex(0)));
    }
}
