//! The byte strings of a trace that several processes write, in memory that they share. Used by the recorder.

use crate::host::SharedWords;
use std::sync::atomic::Ordering::SeqCst;
use traces::BlobId;
use traces::writer::StoredBlobs;

/// Strings that are remembered, at most.
const SLOTS: usize = 1 << 14;
/// Words of a slot: the id with 2 added to it, then the hash.
const WORDS: usize = 5;
/// Slots that are tried before a string is forgotten.
const TRIES: usize = 8;
/// Somebody writes the slot.
const BUSY: u64 = 1;

/// The table. Its memory is shared with processes that are forked from now on.
pub(crate) struct Stored(SharedWords);

impl Stored {
    /// An empty table.
    ///
    /// # Errors
    /// If the host has no memory.
    pub(crate) fn new() -> std::io::Result<Stored> {
        SharedWords::new(SLOTS * WORDS).map(Stored)
    }
}

fn parts(hash: &[u8; 32]) -> [u64; 4] {
    let (words, _) = hash.as_chunks::<8>();
    std::array::from_fn(|n| u64::from_le_bytes(words[n]))
}

/// The first words of the slots where a hash may be.
fn places(hash: [u64; 4]) -> impl Iterator<Item = usize> {
    let first = usize::try_from(hash[0] % SLOTS as u64).unwrap_or_default();
    (first..first + TRIES).map(|slot| slot % SLOTS * WORDS)
}

impl StoredBlobs for Stored {
    fn find(&self, hash: &[u8; 32]) -> Option<BlobId> {
        let hash = parts(hash);
        places(hash).find_map(|at| {
            // Whoever sees the id sees the hash that was written before it.
            let id = self.0.word(at).load(SeqCst).checked_sub(2)?;
            let same = (0..4).all(|n| self.0.word(at + 1 + n).load(SeqCst) == hash[n]);
            same.then_some(BlobId(id))
        })
    }

    fn add(&self, hash: &[u8; 32], id: BlobId) {
        let hash = parts(hash);
        for at in places(hash) {
            if self.0.word(at).compare_exchange(0, BUSY, SeqCst, SeqCst).is_ok() {
                for (n, part) in hash.into_iter().enumerate() {
                    self.0.word(at + 1 + n).store(part, SeqCst);
                }
                self.0.word(at).store(id.0.saturating_add(2), SeqCst);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_found_by_its_hash_alone_and_a_full_table_forgets() {
        let stored = Stored::new().unwrap();
        let hash = |first: u64, last: u8| {
            let mut hash = [last; 32];
            hash[..8].copy_from_slice(&first.to_le_bytes());
            hash
        };
        assert_eq!(stored.find(&hash(7, 1)), None);
        // These meet in the same slots, the last ones of the table, and go on at its beginning.
        let near_end = SLOTS as u64 - 3;
        for n in 0..12u8 {
            stored.add(&hash(near_end, n), BlobId(u64::from(n) << 40));
        }
        for n in 0..12u8 {
            let want = (usize::from(n) < TRIES).then_some(BlobId(u64::from(n) << 40));
            assert_eq!(stored.find(&hash(near_end, n)), want, "{n}");
        }
        assert_eq!(stored.find(&hash(near_end + SLOTS as u64, 1)), None, "the same slot, another hash");
    }
}
