//! What guest memory held at a moment, shared page by page between the snapshots of a replay.
//!
//! Used by `replay::snapshots`. [`Tracker`] knows what the address space held when it was last looked at; the
//! dirty marks of the space say which pages have changed since, so that taking an image and going back to one
//! cost what changed, not what there is.

use crate::guest::{PAGE, Ranges, Region, Regions, Space};
use std::collections::BTreeMap;
use std::io::Result;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Pages in a chunk: what one image shares with the next at once.
const CHUNK: usize = 64;
const CHUNK_BYTES: u64 = CHUNK as u64 * PAGE;

/// How many pages a family of images holds together; each is counted once however many images share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<AtomicU64>);

impl Held {
    pub(super) fn pages(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
struct Page {
    bytes: Box<[u8; 4096]>,
    held: Held,
}

impl Page {
    fn new(bytes: Box<[u8; 4096]>, held: &Held) -> Arc<Page> {
        held.0.fetch_add(1, Ordering::Relaxed);
        Arc::new(Page { bytes, held: held.clone() })
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.held.0.fetch_sub(1, Ordering::Relaxed);
    }
}

type Chunk = [Option<Arc<Page>>; CHUNK];

/// The pages of an address space that hold something other than zeros, by address.
#[derive(Clone, Debug, Default)]
struct Pages {
    chunks: BTreeMap<u64, Arc<Chunk>>,
}

impl Pages {
    fn place(page: u64) -> (u64, usize) {
        let within = (page % CHUNK_BYTES) / PAGE;
        (page - page % CHUNK_BYTES, usize::try_from(within).expect("below the size of a chunk"))
    }

    fn get(&self, page: u64) -> Option<&Arc<Page>> {
        let (chunk, n) = Pages::place(page);
        self.chunks.get(&chunk)?[n].as_ref()
    }

    fn set(&mut self, page: u64, content: Option<Arc<Page>>) {
        let (at, n) = Pages::place(page);
        if content.is_none() && self.get(page).is_none() {
            return;
        }
        let chunk = self.chunks.entry(at).or_insert_with(|| Arc::new([const { None }; CHUNK]));
        let pages = Arc::make_mut(chunk);
        pages[n] = content;
        if pages.iter().all(Option::is_none) {
            self.chunks.remove(&at);
        }
    }

    fn iter(&self) -> impl Iterator<Item = (u64, &Arc<Page>)> {
        self.chunks.iter().flat_map(|(&at, chunk)| {
            let pages = chunk.iter().enumerate();
            pages.filter_map(move |(n, page)| Some((at + n as u64 * PAGE, page.as_ref()?)))
        })
    }
}

/// An address space at a moment.
#[derive(Clone, Debug)]
pub(super) struct Image {
    regions: Arc<Regions>,
    pages: Pages,
}

/// Follows one address space.
///
/// A page that is not touched is zero; one that is touched and clean is as in `pages`; one that is dirty can be
/// anything.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    regions: Arc<Regions>,
    pages: Pages,
    held: Held,
}

impl Tracker {
    /// Pages held by this and every image taken from it.
    pub(super) fn held(&self) -> u64 {
        self.held.pages()
    }

    /// What the space holds now.
    pub(super) fn take(&mut self, space: &Space) -> Image {
        // Pages that were unmapped, or mapped again and not written since, are zero now.
        let gone: Vec<u64> =
            self.pages.iter().map(|(page, _)| page).filter(|&page| !space.is_touched(page)).collect();
        gone.into_iter().for_each(|page| self.pages.set(page, None));
        let (pages, held) = (&mut self.pages, &self.held);
        space.for_each_touched_page(|page, dirty| {
            if dirty {
                let bytes = space.page(page);
                if pages.get(page).is_none_or(|old| old.bytes != bytes) {
                    let zero = bytes.iter().all(|&b| b == 0);
                    pages.set(page, (!zero).then(|| Page::new(bytes, held)));
                }
            }
        });
        space.mark_clean();
        let regions = space.regions();
        if *regions != *self.regions {
            self.regions = Arc::new(regions.clone());
        }
        Image { regions: Arc::clone(&self.regions), pages: self.pages.clone() }
    }

    /// Makes the space what it was when `image` was taken.
    ///
    /// # Errors
    /// If the host refuses memory; the space is then good for nothing but another attempt.
    pub(super) fn put(&mut self, space: &Space, image: &Image) -> Result<()> {
        put_regions(space, &image.regions)?;
        let mut stale = Vec::new();
        let mut clean = Pages::default();
        space.for_each_touched_page(|page, dirty| {
            let (want, have) = (image.pages.get(page), self.pages.get(page));
            let known = !dirty && want.map(Arc::as_ptr) == have.map(Arc::as_ptr);
            if known {
                clean.set(page, want.cloned());
            } else {
                stale.push(page);
            }
        });
        for page in stale {
            let want = image.pages.get(page);
            let bytes = want.map_or(&[0; 4096], |page| &*page.bytes);
            space.write_forced(page, bytes)?;
            clean.set(page, want.cloned());
        }
        for (page, content) in image.pages.iter().filter(|(page, _)| clean.get(*page).is_none()) {
            space.write_forced(page, &content.bytes[..])?;
        }
        space.mark_clean();
        self.regions = Arc::clone(&image.regions);
        self.pages = image.pages.clone();
        Ok(())
    }
}

/// Maps and unmaps until the map is `wanted`; what is mapped alike before and after keeps its pages, unless they have
/// twins.
fn put_regions(space: &Space, wanted: &Regions) -> Result<()> {
    let now = space.regions().clone();
    if now == *wanted {
        return Ok(());
    }
    let mut kept = Ranges::default();
    for region in wanted.iter() {
        for part in now.within(&(region.start..region.end)) {
            if wanted.within(&(part.start..part.end)) == [part.clone()] {
                kept.insert(part.start..part.end);
            }
        }
    }
    for twin in now.twins().iter().chain(wanted.twins().iter()) {
        kept.remove(&twin.range);
    }
    let kept: Vec<Range<u64>> = kept.iter().collect();
    for range in without(now.iter(), &kept) {
        space.unmap(range)?;
    }
    for range in without(wanted.iter(), &kept) {
        for Region { start, end, prot, backing } in wanted.within(&range) {
            space.map(start..end, prot, backing)?;
        }
    }
    space.take_specials(wanted)
}

/// The parts of regions that no range of `kept` covers; both in address order.
fn without<'a>(regions: impl Iterator<Item = &'a Region>, kept: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut parts = Vec::new();
    for region in regions {
        let mut at = region.start;
        let first = kept.partition_point(|k| k.end <= region.start);
        for keep in kept[first..].iter().take_while(|k| k.start < region.end) {
            if at < keep.start {
                parts.push(at..keep.start);
            }
            at = keep.end;
        }
        if at < region.end {
            parts.push(at..region.end);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::{MemoryMode, Prot};
    use traces::event::Backing;

    const A: u64 = 0x1_0000;
    const B: u64 = 0x5_0000;

    #[test]
    fn twins_and_the_ends_of_files_come_back() {
        let space = Space::with_size(1 << 36, MemoryMode::Checked).unwrap();
        space.map(A..A + 0x2000, Prot::RW, Backing::Anonymous).unwrap();
        space.map(B..B + 0x2000, Prot::RW, Backing::Anonymous).unwrap();
        space.write_forced(A, &[1]).unwrap();
        space.alias(A..A + 0x2000, B).unwrap();
        let mut tracker = Tracker::default();
        let both = tracker.take(&space);
        space.write_forced(B, &[2]).unwrap();
        space.write_forced(B + 0x1000, &[2]).unwrap();
        let later = tracker.take(&space);
        space.set_behind(B..B + 0x2000, true).unwrap();
        space.unmap(A..A + 0x1000).unwrap();
        let alone = tracker.take(&space);
        let firsts = || [A, B, A + 0x1000, B + 0x1000].map(|at| space.page(at)[0]);
        for (image, bytes) in [
            (&both, [1, 1, 0, 0]),
            (&later, [2, 2, 2, 2]),
            (&alone, [0, 2, 2, 2]),
            (&later, [2, 2, 2, 2]),
            (&both, [1, 1, 0, 0]),
            (&alone, [0, 2, 2, 2]),
            (&both, [1, 1, 0, 0]),
        ] {
            tracker.put(&space, image).unwrap();
            assert_eq!((firsts(), &*space.regions()), (bytes, &*image.regions));
            space.write_forced(B + 0x1000, &[9]).unwrap();
            assert_eq!(space.page(A + 0x1000)[0], 9);
        }
    }
}
