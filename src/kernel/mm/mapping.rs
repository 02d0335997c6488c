//! One mapping of a file: which pages of the file stand where, and what the file has for them.
//!
//! Used by `mm::shared`. A mapping never shows the host's pages: it is a copy, and every change of it goes through
//! the door.

use crate::guest::regions::page_up;
use crate::guest::{PAGE, Space};
use crate::host::{self, Errno, Statx};
use crate::kernel::door::Door;
use std::collections::BTreeMap;
use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::Arc;

pub(super) type Page = [u8; 4096];

pub(super) const ZEROS: Page = [0; 4096];
/// Bytes of a file that are read at a time.
const CHUNK: usize = 1 << 20;

/// Which file: device and inode.
pub(in crate::kernel) type FileId = (u32, u32, u64);

pub(super) fn id_of(stat: &Statx) -> FileId {
    (stat.stx_dev_major, stat.stx_dev_minor, stat.stx_ino)
}

/// What a mapping has to do with its file.
#[derive(Debug)]
pub(super) enum Kind {
    /// MAP_SHARED: what is stored reaches the file, if that is allowed, and what the file gets is seen.
    Shared {
        /// Whether stores may reach the file.
        writable: bool,
    },
    /// MAP_PRIVATE: what the file gets is seen in pages that were not changed here.
    Private {
        /// Hashes of the pages as the file had them, by file offset; those of zeros are left out.
        hashes: BTreeMap<u64, u64>,
        /// Size of the file when it was last looked at.
        size: u64,
    },
}

/// A mapping of a file.
#[derive(Debug)]
pub(super) struct Mapping {
    pub(super) range: Range<u64>,
    pub(super) file: Arc<host::SideFile>,
    pub(super) id: FileId,
    /// File offset of the first page.
    pub(super) offset: u64,
    pub(super) kind: Kind,
}

impl Mapping {
    pub(super) fn is_shared(&self) -> bool {
        matches!(self.kind, Kind::Shared { .. })
    }

    /// Whether stores may reach the file.
    pub(super) fn is_writable(&self) -> bool {
        matches!(self.kind, Kind::Shared { writable: true })
    }

    pub(super) fn file_offset(&self, at: u64) -> u64 {
        self.offset + (at - self.range.start)
    }

    /// The part of the file that is mapped.
    pub(super) fn span(&self) -> Range<u64> {
        self.offset..self.offset + (self.range.end - self.range.start)
    }

    pub(super) fn size(&self) -> u64 {
        host::fstat(self.file.as_fd()).map_or(0, |stat| stat.stx_size)
    }

    /// Reads the file and gives each page of it that is mapped to `put`, with its address. What a page has behind the
    /// end of the file is zero.
    pub(super) fn each_page(
        &self,
        mut put: impl FnMut(u64, &Page) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let mut at = self.range.start;
        let mut chunk = vec![0; CHUNK];
        while at < self.range.end {
            let want = usize::try_from(self.range.end - at).unwrap_or(usize::MAX).min(CHUNK);
            let got = self.read_at(self.file_offset(at), &mut chunk[..want])?;
            chunk[got..].fill(0);
            let pages = chunk[..got.next_multiple_of(ZEROS.len())].as_chunks().0;
            for (page, at) in pages.iter().zip((at..).step_by(ZEROS.len())) {
                put(at, page)?;
            }
            if got < want {
                break;
            }
            at += want as u64;
        }
        Ok(())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        let mut done = 0;
        while done < buf.len() {
            let Ok(at) = i64::try_from(offset + done as u64) else { break };
            match host::pread(self.file.as_fd(), &mut buf[done..], at) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(done)
    }

    /// Lets pages that lie wholly behind the end of the file, which has `size` bytes, refuse accesses, and all
    /// others not.
    pub(super) fn mark_end(&mut self, door: &mut Door<'_>, size: u64) -> Result<(), Errno> {
        let there = page_up(size.saturating_sub(self.offset)).unwrap_or(u64::MAX);
        let end = self.range.start + there.min(self.range.end - self.range.start);
        let (back, gone) = {
            let regions = door.space().regions();
            (
                regions.behind().within(&(self.range.start..end)),
                regions.behind().missing(&(end..self.range.end)),
            )
        };
        for range in back {
            door.set_behind(range, false)?;
        }
        for range in gone {
            if let Kind::Private { hashes, .. } = &mut self.kind {
                // A file that is cut takes the copies of its pages along.
                door.zero_pages(range.clone())?;
                hashes.retain(|&offset, _| offset < size);
            }
            door.set_behind(range, true)?;
        }
        Ok(())
    }

    /// For a private mapping: copies the file's pages into memory where they are not what was noted of them and
    /// memory is, or everywhere in `forced`.
    pub(super) fn follow(&mut self, door: &mut Door<'_>, forced: Option<&Range<u64>>) -> Result<(), Errno> {
        let now = self.size();
        self.mark_end(door, now)?;
        let noted = match &mut self.kind {
            Kind::Shared { .. } => return Ok(()),
            Kind::Private { hashes, size } => {
                *size = now;
                std::mem::take(hashes)
            }
        };
        let mut hashes = noted.clone();
        let outcome = self.each_page(|at, page| {
            let (offset, fresh) = (self.file_offset(at), hash(page));
            let must = forced.is_some_and(|range| range.contains(&at));
            let old = noted.get(&offset).copied();
            if !must && fresh == old {
                return Ok(());
            }
            let has = door.space().is_touched(at).then(|| door.space().page(at));
            let has = has.as_deref().unwrap_or(&ZEROS);
            if !must && hash(has) != old {
                return Ok(());
            }
            if has != page {
                door.fill(at, page)?;
            }
            match fresh {
                Some(hash) => hashes.insert(offset, hash),
                None => hashes.remove(&offset),
            };
            Ok(())
        });
        if let Kind::Private { hashes: kept, .. } = &mut self.kind {
            *kept = hashes;
        }
        outcome
    }

    /// The parts below `at` and from it on.
    fn split(mut self, at: u64) -> (Option<Mapping>, Option<Mapping>) {
        if at <= self.range.start {
            return (None, Some(self));
        }
        if at >= self.range.end {
            return (Some(self), None);
        }
        let offset = self.file_offset(at);
        let kind = match &mut self.kind {
            Kind::Shared { writable } => Kind::Shared { writable: *writable },
            Kind::Private { hashes, size } => {
                Kind::Private { hashes: hashes.split_off(&offset), size: *size }
            }
        };
        let (range, file) = (at..self.range.end, Arc::clone(&self.file));
        let upper = Mapping { range, file, id: self.id, offset, kind };
        self.range.end = at;
        (Some(self), Some(upper))
    }

    /// The part inside `range`, and those outside.
    pub(super) fn carve(self, range: &Range<u64>) -> (Option<Mapping>, Vec<Mapping>) {
        let (below, rest) = self.split(range.start);
        let (inside, above) = rest.map_or((None, None), |rest| rest.split(range.end));
        (inside, below.into_iter().chain(above).collect())
    }
}

/// What is noted of a page; nothing if it is zero. One chance in 2^64 that a change is taken for none.
pub(super) fn hash(page: &Page) -> Option<u64> {
    if *page == ZEROS {
        return None;
    }
    let words = page.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
    Some(words.fold(0xCBF2_9CE4_8422_2325, |hash: u64, word| {
        (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
    }))
}

/// What a file has, by offset, as far as writable mappings share it; pages of zeros are left out.
#[derive(Debug, Default)]
pub(super) struct Copy {
    pages: BTreeMap<u64, Box<Page>>,
}

impl Copy {
    /// Whether `page` is what the file has at `offset`.
    pub(super) fn has(&self, offset: u64, page: &Page) -> bool {
        self.pages.get(&offset).map_or(*page == ZEROS, |old| **old == *page)
    }

    pub(super) fn insert(&mut self, offset: u64, page: Box<Page>) {
        self.pages.insert(offset, page);
    }

    /// Replaces what is known of `span`.
    pub(super) fn replace(&mut self, span: &Range<u64>, pages: BTreeMap<u64, Box<Page>>) {
        let mut above = self.pages.split_off(&span.start);
        let mut above = above.split_off(&span.end);
        self.pages.extend(pages);
        self.pages.append(&mut above);
    }
}

/// Copies `pages`, by address, into `range` of memory, and zeros where there is none, wherever it has something else.
pub(super) fn put_pages(
    door: &mut Door<'_>,
    range: &Range<u64>,
    pages: &BTreeMap<u64, Box<Page>>,
) -> Result<(), Errno> {
    let space: &Space = door.space();
    for at in (range.start..range.end).step_by(ZEROS.len()) {
        let now = pages.get(&at);
        if now.is_none() && !space.is_touched(at) {
            continue;
        }
        let now = now.map_or(&ZEROS, |page| page);
        if space.page(at)[..] != now[..] {
            door.fill(at, now)?;
        }
    }
    Ok(())
}

const _: () = assert!(ZEROS.len() as u64 == PAGE);
