//! Decoded blocks that were used last, up to a number of bytes.

use crate::columns::{Hot, Slot};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What a block was decoded to.
#[derive(Clone, Debug)]
pub(crate) enum Decoded {
    Events(Arc<Vec<Slot>>),
    Hot(Arc<Hot>),
    /// Both sections of a blob block.
    Blobs(Arc<Sections>),
}

/// The hot and the cold section of a block, decompressed.
pub(crate) type Sections = (Vec<u8>, Vec<u8>);

/// Which decoding of which block: its file offset, and whether only the hot columns.
pub(crate) type Key = (u64, bool);

#[derive(Debug)]
struct Entry {
    value: Decoded,
    bytes: usize,
    used: u64,
}

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<Key, Entry>,
    bytes: usize,
    clock: u64,
}

/// A bounded cache; least recently used goes first.
#[derive(Debug)]
pub(crate) struct Cache {
    inner: Mutex<Inner>,
    limit: usize,
}

impl Cache {
    pub(crate) fn new(limit: usize) -> Self {
        Cache { inner: Mutex::default(), limit }
    }

    pub(crate) fn get(&self, key: Key) -> Option<Decoded> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let now = inner.clock;
        let entry = inner.entries.get_mut(&key)?;
        entry.used = now;
        Some(entry.value.clone())
    }

    /// Keeps a value of about `bytes` bytes. One that is larger than the limit stays until the next comes.
    pub(crate) fn put(&self, key: Key, value: Decoded, bytes: usize) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let used = inner.clock;
        if let Some(old) = inner.entries.insert(key, Entry { value, bytes, used }) {
            inner.bytes -= old.bytes;
        }
        inner.bytes += bytes;
        // There are some hundred entries at most, and one goes for each that comes: a linear search will do.
        while inner.bytes > self.limit && inner.entries.len() > 1 {
            let oldest = inner.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key);
            let Some(gone) = oldest.and_then(|key| inner.entries.remove(&key)) else { return };
            inner.bytes -= gone.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_first() {
        let cache = Cache::new(10);
        let value = || Decoded::Hot(Arc::default());
        cache.put((1, false), value(), 4);
        cache.put((2, false), value(), 4);
        assert!(cache.get((1, false)).is_some());
        cache.put((3, false), value(), 4);
        assert!(cache.get((1, false)).is_some());
        assert!(cache.get((2, false)).is_none());
        assert!(cache.get((3, false)).is_some());
    }

    #[test]
    fn a_value_beyond_the_limit_replaces_all_others() {
        let cache = Cache::new(10);
        cache.put((1, false), Decoded::Hot(Arc::default()), 4);
        cache.put((2, false), Decoded::Hot(Arc::default()), 40);
        assert!(cache.get((1, false)).is_none());
        assert!(cache.get((2, false)).is_some());
    }
}
