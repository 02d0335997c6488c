//! Mappings of files, kept in step with them at system calls.
//!
//! The host's own shared mappings would change guest memory behind the recorder's back. So a mapping is a copy:
//! what the guest stored is written to the file when its next call begins, and what a call changed in the file is
//! copied into memory, through the door, before the call ends. Pages behind the end of the file read as zeros up to
//! the end of its last page, and raise SIGBUS from there on.
//!
//! Where two mappings of one process share pages of a file they are the same pages of memory (`Space::alias`), so that
//! a store through one shows in the other at once. A private mapping shows what calls and stores of this process
//! change in the file, in pages that hold what the file had.
//!
//! Guest processes that share a mapping run one at a time: each waits for its turn, takes in what the others have
//! changed, and gives the turn back when it waits or its quantum ends. So atomic instructions are atomic among them,
//! and each change that a process sees is an effect in its own trace. What other programs write to the file is seen
//! at the guest's own next call that changes it.

use super::mapping::{Copy, FileId, Kind, Mapping, ZEROS, id_of, put_pages};
use crate::guest::{Ranges, Space};
use crate::host::{self, Errno, Statx};
use crate::kernel::door::Door;
use crate::kernel::{Call, Kernel, SysResult};
use std::collections::BTreeMap;
use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::Arc;

fn overlap(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The mappings of a process that show files.
#[derive(Debug, Default)]
pub(super) struct Mappings {
    all: Vec<Mapping>,
    /// What the files of writable shared mappings have, as far as these go.
    copies: BTreeMap<FileId, Copy>,
    /// Whether this process has the right to use what it shares with others.
    entered: bool,
    /// How often shared memory had changed when it was last looked at.
    seen: u64,
}

impl Mappings {
    /// Whether another process may see what is stored, or store what is seen.
    fn is_open(&self) -> bool {
        self.all.iter().any(Mapping::is_writable)
    }

    fn any_shared(&self) -> bool {
        self.all.iter().any(Mapping::is_shared)
    }

    /// The file that `stat` describes as another mapping has it open: each that is closed would take the record
    /// locks of this process along.
    pub(super) fn file(&self, stat: &Statx, writable: bool) -> Option<Arc<host::SideFile>> {
        let fits = |m: &&Mapping| m.id == id_of(stat) && (m.is_writable() || !writable);
        self.all.iter().find(fits).map(|m| Arc::clone(&m.file))
    }

    /// What a mapping that ends at `end` would show behind that, as a mapping of no pages yet.
    pub(super) fn continuation(&self, end: u64) -> Option<Mapping> {
        let last = self.all.iter().find(|m| m.range.start < end && end <= m.range.end)?;
        let kind = match last.kind {
            Kind::Shared { writable } => Kind::Shared { writable },
            Kind::Private { size, .. } => Kind::Private { hashes: BTreeMap::new(), size },
        };
        let (file, offset) = (Arc::clone(&last.file), last.file_offset(end));
        Some(Mapping { range: end..end, file, id: last.id, offset, kind })
    }

    /// Keeps a mapping of a file that is all zeros.
    pub(super) fn push(&mut self, mapping: Mapping) {
        self.all.push(mapping);
    }

    /// Keeps a mapping whose pages have just been mapped, and shows the file there.
    pub(super) fn add(&mut self, door: &mut Door<'_>, mut mapping: Mapping) -> Result<(), Errno> {
        if !mapping.is_shared() {
            let all = mapping.range.clone();
            mapping.follow(door, Some(&all))?;
        } else if self.alias(door, &mapping)? {
            self.read_back(door, &mut mapping)?;
        } else {
            self.read_first(door, &mut mapping)?;
        }
        self.all.push(mapping);
        Ok(())
    }

    /// Lets a mapping have the pages of memory that others of its file have. Answers whether there are any.
    fn alias(&self, door: &mut Door<'_>, mapping: &Mapping) -> Result<bool, Errno> {
        let mut found = false;
        let mut missing = Ranges::default();
        missing.insert(mapping.span());
        for other in self.all.iter().filter(|m| m.is_shared() && m.id == mapping.id) {
            for part in missing.within(&other.span()) {
                let from = other.range.start + (part.start - other.offset);
                let to = mapping.range.start + (part.start - mapping.offset);
                door.alias(from..from + (part.end - part.start), to)?;
                found = true;
            }
            missing.remove(&other.span());
        }
        Ok(found)
    }

    /// Copies what the file has into pages that are zero.
    fn read_first(&mut self, door: &mut Door<'_>, mapping: &mut Mapping) -> Result<(), Errno> {
        let mut copy = BTreeMap::new();
        let keep = mapping.is_writable();
        let size = mapping.size();
        mapping.each_page(|at, page| {
            if *page != ZEROS {
                let offset = mapping.file_offset(at);
                let len = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
                door.fill(at, &page[..len.min(page.len())])?;
                if keep {
                    copy.insert(offset, Box::new(*page));
                }
            }
            Ok(())
        })?;
        if keep {
            self.copies.entry(mapping.id).or_default().replace(&mapping.span(), copy);
            let _ = door.space().take_dirty(&mapping.range);
        }
        mapping.mark_end(door, size)
    }

    /// Copies what the file has now into memory.
    fn read_back(&mut self, door: &mut Door<'_>, mapping: &mut Mapping) -> Result<(), Errno> {
        let mut fresh = BTreeMap::new();
        mapping.each_page(|at, page| {
            if *page != ZEROS {
                fresh.insert(at, Box::new(*page));
            }
            Ok(())
        })?;
        put_pages(door, &mapping.range, &fresh)?;
        if mapping.is_writable() {
            let pages = fresh.into_iter().map(|(at, page)| (mapping.file_offset(at), page)).collect();
            self.copies.entry(mapping.id).or_default().replace(&mapping.span(), pages);
        }
        let size = mapping.size();
        mapping.mark_end(door, size)
    }

    /// Lets mappings that `wanted` picks show what their files have now.
    fn refresh(&mut self, door: &mut Door<'_>, wanted: impl Fn(&Mapping) -> bool) {
        let mut all = std::mem::take(&mut self.all);
        for mapping in all.iter_mut().filter(|m| wanted(m)) {
            // A file that cannot be read any more leaves memory as it is.
            let _ =
                if mapping.is_shared() { self.read_back(door, mapping) } else { mapping.follow(door, None) };
        }
        self.all = all;
    }

    /// Throws away what was stored into private mappings inside `range` (MADV_DONTNEED): the file shows again.
    pub(super) fn read_again(&mut self, door: &mut Door<'_>, range: &Range<u64>) -> Result<(), Errno> {
        let inside = self.all.iter_mut().filter(|m| !m.is_shared() && overlap(&m.range, range));
        for mapping in inside {
            mapping.follow(door, Some(range))?;
        }
        Ok(())
    }

    /// Writes what the guest stored since the last time to the files, and answers which were changed.
    fn write_back(&mut self, space: &Space) -> Vec<FileId> {
        let mut changed = Vec::new();
        for mapping in self.all.iter().filter(|m| m.is_writable()) {
            let mut size = None;
            let copy = self.copies.entry(mapping.id).or_default();
            for at in space.take_dirty(&mapping.range) {
                let page = space.page(at);
                let offset = mapping.file_offset(at);
                if copy.has(offset, &page) {
                    continue;
                }
                let size = *size.get_or_insert_with(|| mapping.size());
                let len = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX).min(page.len());
                // Linux, too, tells nobody at this point that the disk is full.
                if let Ok(at) = i64::try_from(offset) {
                    let _ = host::pwrite(mapping.file.as_fd(), &page[..len], at);
                }
                copy.insert(offset, page);
                if !changed.contains(&mapping.id) {
                    changed.push(mapping.id);
                }
            }
        }
        changed
    }

    /// Notes that `range` is unmapped or mapped anew.
    pub(super) fn forget(&mut self, range: &Range<u64>) {
        if !self.take(range).is_empty() {
            let Mappings { all, copies, .. } = self;
            copies.retain(|id, _| all.iter().any(|m| m.is_writable() && m.id == *id));
        }
    }

    /// Notes that `from` has moved.
    pub(super) fn relocate(&mut self, from: &Range<u64>, to: u64) {
        for part in self.take(from) {
            let start = to + (part.range.start - from.start);
            let end = to + (part.range.end - from.start);
            self.all.push(Mapping { range: start..end, ..part });
        }
    }

    /// Takes out what lies inside `range`.
    fn take(&mut self, range: &Range<u64>) -> Vec<Mapping> {
        let mut taken = Vec::new();
        if self.all.iter().any(|m| overlap(&m.range, range)) {
            for mapping in std::mem::take(&mut self.all) {
                let (inside, outside) = mapping.carve(range);
                taken.extend(inside);
                self.all.extend(outside);
            }
        }
        taken
    }

    /// Whether the file that `stat` describes is shared and may be written.
    pub(super) fn has_writable(&self, stat: &Statx) -> bool {
        self.all.iter().any(|m| m.is_writable() && m.id == id_of(stat))
    }

    /// Whether the word at `at` has another address.
    fn has_twin(&self, at: u64) -> bool {
        let Some(here) = self.all.iter().find(|m| m.is_writable() && m.range.contains(&at)) else {
            return false;
        };
        let offset = here.file_offset(at);
        let same = |m: &Mapping| m.is_shared() && m.id == here.id && m.span().contains(&offset);
        self.all.iter().filter(|m| same(m)).count() > 1
    }

    /// Whether part of `range` shares a file that may not be written.
    pub(super) fn has_read_only(&self, range: &Range<u64>) -> bool {
        self.all.iter().any(|m| m.is_shared() && !m.is_writable() && overlap(&m.range, range))
    }
}

/// Writes what the guest stored into shared mappings to their files, and answers which those are; to be called
/// when the process has ended.
pub(in crate::kernel) fn save(k: &mut Kernel, space: &Space) -> Vec<FileId> {
    let changed = k.mm.shared.write_back(space);
    if !changed.is_empty() {
        note_change(k);
    }
    changed
}

/// Tells other processes that shared memory has changed; we know already, if nobody else has changed it.
fn note_change(k: &mut Kernel) {
    let now = k.family.bump_generation();
    if now == k.mm.shared.seen + 1 {
        k.mm.shared.seen = now;
    }
}

impl Kernel {
    /// To be called before guest code runs: waits for the right to use shared memory, and takes in what others
    /// have changed there. Costs nothing where nothing is shared.
    pub(crate) fn enter_shared(&mut self, door: &mut Door<'_>) {
        if self.mm.shared.entered || !self.mm.shared.is_open() {
            return;
        }
        let news = self.family.generation() != self.mm.shared.seen;
        if self.family.alive() < 2 && !news {
            return;
        }
        self.family.enter_shared(&|| crate::kernel::procfs::answer(self));
        self.mm.shared.entered = true;
        let now = self.family.generation();
        if now != self.mm.shared.seen {
            self.mm.shared.seen = now;
            let shared = self.mm.shared.all.iter().filter(|m| m.is_shared()).map(|m| m.id);
            let shared: Vec<FileId> = shared.collect();
            self.mm.shared.refresh(door, |m| shared.contains(&m.id));
        }
    }

    /// To be called before this process waits, and from time to time: lets others see what it changed in shared
    /// memory, and change it.
    pub(crate) fn leave_shared(&mut self, space: &Space) {
        if std::mem::take(&mut self.mm.shared.entered) {
            save(self, space);
            self.family.leave_shared();
        }
    }

    /// What a word is called by all processes that may change it or wait for its change; none if it is ours alone and
    /// has one address.
    pub(crate) fn shared_word(&self, at: u64) -> Option<u64> {
        if self.family.alive() < 2 && !self.mm.shared.has_twin(at) {
            return None;
        }
        let mapping = self.mm.shared.all.iter().find(|m| m.is_writable() && m.range.contains(&at))?;
        let (major, minor, inode) = mapping.id;
        let parts = [u64::from(major) << 32 | u64::from(minor), inode, mapping.file_offset(at)];
        // One chance in 2^64 that two words are taken for one, and then threads wake for nothing.
        Some(parts.into_iter().fold(0xCBF2_9CE4_8422_2325, |hash: u64, part| {
            (hash ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
        }))
    }

    /// In a forked child: the right to use shared memory is its parent's.
    pub(in crate::kernel) fn forget_entered(&mut self) {
        self.mm.shared.entered = false;
    }
}

/// Writes what the guest stored into shared mappings to their files; to be called when a call begins. Costs nothing
/// if there is no such mapping.
pub(in crate::kernel) fn flush(k: &mut Kernel, door: &mut Door<'_>) {
    if k.mm.shared.is_open() {
        let changed = save(k, door.space());
        if !changed.is_empty() {
            k.mm.shared.refresh(door, |m| !m.is_shared() && changed.contains(&m.id));
        }
    }
}

/// Copies into mappings what the call in progress changed in their files; to be called when it ends.
pub(in crate::kernel) fn refresh(c: &mut Call<'_>, result: SysResult) {
    const TRUNCATES: u64 = 0x200;
    if c.k.mm.shared.all.is_empty() && c.k.family.generation() == 0 {
        return;
    }
    let opened = || result.ok().and_then(|fd| i32::try_from(fd).ok());
    let fd = match c.nr {
        46 | 47 | 64 | 66 | 68 | 70 | 71 | 287 => Some(c.int(0)),
        76 | 285 => Some(c.int(2)),
        45 => None,
        56 if c.args[2] & TRUNCATES != 0 => opened(),
        437 => opened(),
        _ => return,
    };
    if result.is_err() && fd.is_none() || fd.is_some_and(|fd| c.k.fds.get(fd).is_ok_and(|file| file.waits)) {
        return;
    }
    let shares = c.k.mm.shared.any_shared() || c.k.family.generation() != 0;
    if shares && c.k.family.alive() > 1 {
        note_change(c.k);
    }
    match fd {
        None => c.k.mm.shared.refresh(&mut c.door, |m| match m.kind {
            Kind::Shared { .. } => true,
            Kind::Private { size, .. } => m.size() != size,
        }),
        Some(fd) => {
            if let Ok(stat) = c.k.fds.host(fd).and_then(host::fstat) {
                c.k.mm.shared.refresh(&mut c.door, |m| m.id == id_of(&stat));
            }
        }
    }
}
