//! Sets of instruction words as lists of bit patterns, and what they say about 65,536 words at a time.

use crate::words::parse;

/// Words with the same upper half.
pub(crate) const PAGE: usize = 1 << 16;

/// A bit for each word of a page.
pub(crate) type Page = Vec<u64>;

/// One bit pattern: a word belongs to it if its fixed bits have these values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pattern {
    /// The bits that are fixed.
    pub(crate) fixed: u32,
    /// Their values.
    pub(crate) value: u32,
}

impl Pattern {
    /// From 32 digits 0, 1 and x.
    ///
    /// # Panics
    /// If it is anything else.
    pub(crate) fn new(digits: &str) -> Self {
        let (fixed, value) = parse(digits);
        Pattern { fixed, value }
    }

    /// Whether it has words in the page.
    pub(crate) fn meets(self, page: u32) -> bool {
        (page << 16 ^ self.value) & self.fixed >> 16 << 16 == 0
    }

    /// Sets the bits of its words in a page that it meets.
    fn paint(self, bits: &mut Page) {
        // The last six bits of a word choose the bit of a u64, the ten before them the u64.
        let inside = (0..64u32)
            .filter(|low| (low ^ self.value) & self.fixed & 63 == 0)
            .fold(0u64, |all, low| all | 1 << low);
        let free = !self.fixed >> 6 & 0x3FF;
        let mut part = 0;
        loop {
            bits[(self.value >> 6 & 0x3FF | part) as usize] |= inside;
            part = part.wrapping_sub(free) & free;
            if part == 0 {
                break;
            }
        }
    }
}

/// The words of a page that belong to any of `patterns`.
pub(crate) fn page_of<'a>(patterns: impl Iterator<Item = &'a Pattern>, page: u32) -> Page {
    let mut bits = vec![0; PAGE / 64];
    for pattern in patterns.filter(|pattern| pattern.meets(page)) {
        pattern.paint(&mut bits);
    }
    bits
}

/// Whether the page has the word.
pub(crate) fn contains(page: &Page, word: u32) -> bool {
    page[(word as usize % PAGE) / 64] >> (word % 64) & 1 == 1
}
