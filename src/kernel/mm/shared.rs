//! Mappings that share a file (MAP_SHARED), kept in step with it at system calls.
//!
//! The host's own shared mappings would change guest memory behind the recorder's back. So a mapping is a copy:
//! what the guest stored is written to the file when its next call begins, and what a call changed in the file is
//! copied into memory, through the door, before the call ends. Pages behind the end of the file read as zeros.
//!
//! Guest processes that share a mapping run one at a time: each waits for its turn, takes in what the others have
//! changed, and gives the turn back when it waits or its quantum ends. So atomic instructions are atomic among them,
//! and each change that a process sees is an effect in its own trace. What other programs write to the file is seen
//! at the guest's own next call that changes it.

use crate::guest::{PAGE, Space};
use crate::host::{self, Errno, Statx};
use crate::kernel::door::Door;
use crate::kernel::{Call, Kernel};
use std::collections::BTreeMap;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

type Page = [u8; 4096];

const ZEROS: Page = [0; 4096];
/// Bytes of a file that are read at a time.
const CHUNK: usize = 1 << 20;

/// Takes a page's bytes (fewer at the end of the file) and its address.
type PutPage<'a> = dyn FnMut(u64, &[u8]) -> Result<(), Errno> + 'a;

/// Which file: device and inode.
pub(in crate::kernel) type FileId = (u32, u32, u64);

fn id_of(stat: &Statx) -> FileId {
    (stat.stx_dev_major, stat.stx_dev_minor, stat.stx_ino)
}

/// A mapping of a file.
#[derive(Debug)]
pub(super) struct Mapping {
    range: Range<u64>,
    file: Arc<host::SideFile>,
    id: FileId,
    /// File offset of the first page.
    offset: u64,
    /// Whether stores may reach the file.
    writable: bool,
    /// The pages as the file has them, by file offset; those of zeros are left out. Empty if not writable.
    copy: BTreeMap<u64, Box<Page>>,
}

impl Mapping {
    /// A mapping of `file`, which `stat` describes, at `offset`.
    pub(super) fn new(
        range: Range<u64>,
        file: OwnedFd,
        stat: &Statx,
        offset: u64,
        writable: bool,
    ) -> Mapping {
        Mapping {
            range,
            file: Arc::new(host::SideFile::new(file)),
            id: id_of(stat),
            offset,
            writable,
            copy: BTreeMap::new(),
        }
    }

    /// The same with a note of what the file has, which memory has now.
    pub(super) fn with_copy(mut self, space: &Space) -> Mapping {
        if self.writable {
            for at in space.take_dirty(&self.range) {
                let page = space.page(at);
                if page[..] != ZEROS {
                    self.copy.insert(self.file_offset(at), page);
                }
            }
        }
        self
    }

    fn file_offset(&self, at: u64) -> u64 {
        self.offset + (at - self.range.start)
    }

    /// Reads the file and gives each page that has something other than zeros to `put`, with its address.
    pub(super) fn read_file(&self, put: &mut PutPage<'_>) -> Result<(), Errno> {
        let mut at = self.range.start;
        let mut chunk = vec![0; CHUNK];
        while at < self.range.end {
            let want = usize::try_from(self.range.end - at).unwrap_or(usize::MAX).min(CHUNK);
            let got = self.read_at(self.file_offset(at), &mut chunk[..want])?;
            for (n, page) in chunk[..got].chunks(ZEROS.len()).enumerate() {
                if page != &ZEROS[..page.len()] {
                    put(at + n as u64 * PAGE, page)?;
                }
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

    /// Writes what the guest stored since the last time to the file. Answers whether that was anything.
    fn write_back(&mut self, space: &Space) -> bool {
        let mut size = None;
        let mut wrote = false;
        for at in space.take_dirty(&self.range) {
            let page = space.page(at);
            let offset = self.file_offset(at);
            if self.copy.get(&offset).map_or(page[..] == ZEROS, |old| old[..] == page[..]) {
                continue;
            }
            let size = *size.get_or_insert_with(|| host::fstat(self.file.as_fd()).map_or(0, |s| s.stx_size));
            let len = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX).min(page.len());
            // Linux, too, tells nobody at this point that the disk is full.
            if let Ok(at) = i64::try_from(offset) {
                let _ = host::pwrite(self.file.as_fd(), &page[..len], at);
            }
            self.copy.insert(offset, page);
            wrote = true;
        }
        wrote
    }

    /// Copies what the file has now into memory.
    fn read_back(&mut self, door: &mut Door<'_>) -> Result<(), Errno> {
        let mut fresh = BTreeMap::new();
        self.read_file(&mut |at, bytes| {
            let mut page = Box::new(ZEROS);
            page[..bytes.len()].copy_from_slice(bytes);
            fresh.insert(at, page);
            Ok(())
        })?;
        let space = door.space();
        for at in (self.range.start..self.range.end).step_by(ZEROS.len()) {
            let now = fresh.get(&at).map_or(&ZEROS, |page| page);
            if space.page(at)[..] != now[..] {
                door.fill(at, now)?;
            }
        }
        if self.writable {
            let (start, offset) = (self.range.start, self.offset);
            self.copy = fresh.into_iter().map(|(at, page)| (offset + (at - start), page)).collect();
        }
        Ok(())
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
        let upper = Mapping {
            range: at..self.range.end,
            file: Arc::clone(&self.file),
            id: self.id,
            offset,
            writable: self.writable,
            copy: self.copy.split_off(&offset),
        };
        self.range.end = at;
        (Some(self), Some(upper))
    }

    /// The part inside `range`, and those outside.
    fn carve(self, range: &Range<u64>) -> (Option<Mapping>, Vec<Mapping>) {
        let (below, rest) = self.split(range.start);
        let (inside, above) = rest.map_or((None, None), |rest| rest.split(range.end));
        (inside, below.into_iter().chain(above).collect())
    }
}

fn overlap(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The mappings of a process that share files.
#[derive(Debug, Default)]
pub(super) struct Mappings {
    all: Vec<Mapping>,
    /// Whether this process has the right to use what it shares with others.
    entered: bool,
    /// How often shared memory had changed when it was last looked at.
    seen: u64,
}

impl Mappings {
    /// Whether another process may see what is stored, or store what is seen.
    fn is_open(&self) -> bool {
        self.all.iter().any(|m| m.writable)
    }

    pub(super) fn push(&mut self, mapping: Mapping) {
        self.all.push(mapping);
    }

    /// Notes that `range` is unmapped or mapped anew.
    pub(super) fn forget(&mut self, range: &Range<u64>) {
        self.take(range);
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
        self.all.iter().any(|m| m.writable && m.id == id_of(stat))
    }

    /// Whether part of `range` shares a file that may not be written.
    pub(super) fn has_read_only(&self, range: &Range<u64>) -> bool {
        self.all.iter().any(|m| !m.writable && overlap(&m.range, range))
    }
}

/// Writes what the guest stored into shared mappings to their files, and answers which those are; to be called
/// when the process has ended.
pub(in crate::kernel) fn save(k: &mut Kernel, space: &Space) -> Vec<FileId> {
    let writable = k.mm.shared.all.iter_mut().filter(|m| m.writable);
    let changed: Vec<FileId> = writable.filter_map(|m| m.write_back(space).then_some(m.id)).collect();
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
        self.family.enter_shared();
        self.mm.shared.entered = true;
        let now = self.family.generation();
        if now != self.mm.shared.seen {
            self.mm.shared.seen = now;
            read_back(self, door, None);
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

    /// What a word is called by all processes that may change it or wait for its change; none if it is ours alone.
    pub(crate) fn shared_word(&self, at: u64) -> Option<u64> {
        if self.family.alive() < 2 {
            return None;
        }
        let mapping = self.mm.shared.all.iter().find(|m| m.writable && m.range.contains(&at))?;
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
    for id in save(k, door.space()) {
        // Other mappings of the same file see it, too.
        if k.mm.shared.all.iter().filter(|m| m.id == id).count() > 1 {
            read_back(k, door, Some(id));
        }
    }
}

/// Copies into shared mappings what the call in progress changed in their files; to be called when it ends.
pub(in crate::kernel) fn refresh(c: &mut Call<'_>) {
    const TRUNCATES: u64 = 0x200;
    if c.k.mm.shared.all.is_empty() && c.k.family.generation() == 0 {
        return;
    }
    let fd = match c.nr {
        46 | 47 | 64 | 66 | 68 | 70 | 71 | 287 => Some(c.int(0)),
        76 | 285 => Some(c.int(2)),
        45 | 437 => None,
        56 if c.args[2] & TRUNCATES != 0 => None,
        _ => return,
    };
    if c.k.family.alive() > 1 {
        note_change(c.k);
    }
    match fd {
        None => read_back(c.k, &mut c.door, None),
        Some(fd) => {
            if let Ok(stat) = c.k.fds.host(fd).and_then(host::fstat) {
                read_back(c.k, &mut c.door, Some(id_of(&stat)));
            }
        }
    }
}

fn read_back(k: &mut Kernel, door: &mut Door<'_>, id: Option<FileId>) {
    for mapping in k.mm.shared.all.iter_mut().filter(|m| id.is_none_or(|id| m.id == id)) {
        // A file that cannot be read any more leaves memory as it is.
        let _ = mapping.read_back(door);
    }
}
