//! The mmap family and the heap.
//!
//! Placement is elfuse's: executable mappings from 256 MiB up, others from 8 GiB up, lowest gap first, no
//! randomisation. Flags are those of include/uapi/asm-generic/mman{-common,}.h. Mappings of files are kept in step
//! with them by `shared`, and `advice` is madvise.

mod advice;
mod mapping;
mod shared;

pub(super) use advice::at_fork;
pub(super) use shared::{flush, refresh, save};

use self::mapping::{Kind, Mapping, id_of};

use super::{Call, Handler, SysResult};
use crate::guest::layout::{MMAP_BASE, MMAP_EXEC_BASE};
use crate::guest::regions::page_up;
use crate::guest::{PAGE, Prot, Region};
use crate::host::{self, Errno};
use std::collections::BTreeMap;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use traces::event::{Backing, SvcFlags};

pub(super) const CALLS: &[(u32, Handler)] = &[
    (214, brk),
    (215, munmap),
    (216, mremap),
    (222, mmap),
    (226, mprotect),
    (227, msync),
    (228, lock),
    (229, lock),
    (230, lock_all),
    (231, |_| Ok(0)),
    (232, mincore),
    (233, advice::madvise),
    (284, lock),
];

const MAP_SHARED: u32 = 1;
const MAP_SHARED_VALIDATE: u32 = 3;
const MAP_TYPE: u32 = 0xF;
const MAP_FIXED: u32 = 0x10;
const MAP_ANONYMOUS: u32 = 0x20;
const MAP_FIXED_NOREPLACE: u32 = 0x10_0000;
const MREMAP_MAYMOVE: u32 = 1;
const MREMAP_FIXED: u32 = 2;

/// Lowest address that a program may map (vm.mmap_min_addr).
const LOWEST: u64 = 0x8000;
/// Most bytes of a file that a mapping may take; they are read when it is made.
const LARGEST_FILE: u64 = 16 << 30;

/// What a process knows of its address space beyond the region map.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Where the program break began, and where it is.
    brk: (u64, u64),
    /// Mappings of files.
    shared: shared::Mappings,
    /// What forked processes do not get.
    advice: advice::Advice,
}

impl Memory {
    /// An address space whose program break begins at `brk`.
    pub(crate) fn new(brk: u64) -> Memory {
        Memory { brk: (brk, brk), ..Memory::default() }
    }

    /// Notes that `range` is unmapped or mapped anew.
    fn forget(&mut self, range: &Range<u64>) {
        self.shared.forget(range);
        self.advice.forget(range);
    }

    /// Whether a mapping shares the file that `stat` describes and may write it.
    pub(crate) fn shares_to_write(&self, stat: &host::Statx) -> bool {
        self.shared.has_writable(stat)
    }
}

fn brk(c: &mut Call<'_>) -> SysResult {
    let (start, end) = c.k.mm.brk;
    let wanted = c.args[0];
    let (Some(old), Some(new)) = (page_up(end), page_up(wanted)) else { return Ok(end) };
    if wanted < start || new > c.k.layout.stack_base {
        return Ok(end);
    }
    if new > old {
        if !c.door.space().regions().within(&(old..new)).is_empty() {
            return Ok(end);
        }
        if c.door.map(old..new, Prot::RW, Backing::Named("[heap]".into())).is_err() {
            return Ok(end);
        }
    } else if new < old {
        unmap(c, new..old)?;
    }
    c.k.mm.brk.1 = wanted;
    Ok(wanted)
}

/// The rights of PROT_ bits. PROT_BTI, PROT_MTE and what Linux does not know change nothing.
fn prot_of(bits: u64) -> Prot {
    Prot(u8::try_from(bits & 7).expect("three bits"))
}

/// `addr..addr + len` in whole pages, if that is inside the space.
fn pages(c: &Call<'_>, addr: u64, len: u64) -> Result<Range<u64>, Errno> {
    if !addr.is_multiple_of(PAGE) || len == 0 {
        return Err(Errno::EINVAL);
    }
    let end = page_up(len).and_then(|len| addr.checked_add(len)).ok_or(Errno::EINVAL)?;
    let range = addr..end;
    if c.door.space().is_valid_range(&range) { Ok(range) } else { Err(Errno::EINVAL) }
}

/// Where a new mapping of `len` bytes goes.
fn place(c: &Call<'_>, hint: u64, len: u64, prot: Prot) -> Result<u64, Errno> {
    let limit = c.k.layout.mmap_limit;
    let regions = c.door.space().regions();
    let hint = if hint == 0 { 0 } else { page_up(hint).unwrap_or(0).max(LOWEST) };
    if let Some(end) = hint.checked_add(len)
        && hint != 0
        && end <= limit
        && regions.within(&(hint..end)).is_empty()
    {
        return Ok(hint);
    }
    let from = if prot.has(Prot::EXEC) { MMAP_EXEC_BASE } else { MMAP_BASE };
    regions.gap(from.max(c.k.layout.stack_top)..limit, len).ok_or(Errno::ENOMEM)
}

fn mmap(c: &mut Call<'_>) -> SysResult {
    let [addr, len, prot, _, _, offset] = c.args;
    let (flags, fd) = (c.uint(3), c.int(4));
    let prot = prot_of(prot);
    if !offset.is_multiple_of(PAGE) {
        return Err(Errno::EINVAL);
    }
    let anonymous = flags & MAP_ANONYMOUS != 0;
    if !anonymous {
        c.k.fds.get(fd)?;
    }
    if len == 0 {
        return Err(Errno::EINVAL);
    }
    let len = page_up(len).ok_or(Errno::ENOMEM)?;
    let shared = match flags & MAP_TYPE {
        MAP_SHARED | MAP_SHARED_VALIDATE => true,
        2 => false,
        _ => return Err(Errno::EINVAL),
    };
    let at = if flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) != 0 {
        let range = pages(c, addr, len)
            .map_err(|_| if addr.is_multiple_of(PAGE) { Errno::ENOMEM } else { Errno::EINVAL })?;
        if addr < LOWEST {
            return Err(Errno::EPERM);
        }
        let taken = !c.door.space().regions().within(&range).is_empty();
        if taken && flags & MAP_FIXED_NOREPLACE != 0 {
            return Err(Errno::EEXIST);
        }
        addr
    } else {
        if len > c.k.layout.mmap_limit {
            return Err(Errno::ENOMEM);
        }
        place(c, addr, len, prot)?
    };
    let range = at..at + len;
    if anonymous && shared {
        share_memory(c, range, prot)?;
    } else if anonymous {
        c.k.mm.forget(&range);
        c.door.map(range, prot, Backing::Anonymous)?;
    } else {
        map_file(c, range, prot, (fd, offset), shared)?;
    }
    Ok(at)
}

fn map_file(
    c: &mut Call<'_>,
    range: Range<u64>,
    prot: Prot,
    (fd, offset): (i32, u64),
    shared: bool,
) -> Result<(), Errno> {
    let file = c.k.fds.get(fd)?;
    let access = host::open_flags(file.host.as_fd())? & 3;
    if access == 1 || (shared && prot.has(Prot::WRITE) && access != 2) {
        return Err(Errno::EACCES);
    }
    let stat = host::fstat(file.host.as_fd())?;
    match u32::from(stat.stx_mode) & 0o170_000 {
        0o100_000 => {}
        0o020_000 if (stat.stx_rdev_major, stat.stx_rdev_minor) == DEV_ZERO => {
            c.k.mm.forget(&range);
            return c.door.map(range, prot, Backing::Anonymous);
        }
        _ => return Err(Errno::ENODEV),
    }
    let sealed = shared && is_sealed(file.host.as_fd());
    if sealed && prot.has(Prot::WRITE) {
        return Err(Errno::EPERM);
    }
    let there = stat.stx_size.saturating_sub(offset).min(range.end - range.start);
    if there > LARGEST_FILE || i64::try_from(offset.saturating_add(there)).is_err() {
        return Err(if there > LARGEST_FILE { Errno::ENOMEM } else { Errno::EOVERFLOW });
    }
    let path = String::from_utf8_lossy(&file.path).into_owned();
    let backing = Backing::File { path, offset, shared };
    let writable = access == 2 && !sealed;
    let known = c.k.mm.shared.file(&stat, shared && writable);
    let file = known.map_or_else(|| host::duplicate(file.host.as_fd()).map(side), Ok)?;
    let kind = if shared {
        Kind::Shared { writable }
    } else {
        Kind::Private { hashes: BTreeMap::new(), size: stat.stx_size }
    };
    show(c, Mapping { range, file, id: id_of(&stat), offset, kind }, prot, backing)
}

/// Maps what a mapping is to show.
fn show(c: &mut Call<'_>, mapping: Mapping, prot: Prot, backing: Backing) -> Result<(), Errno> {
    let range = mapping.range.clone();
    c.k.mm.forget(&range);
    c.door.map(range.clone(), prot, backing)?;
    let outcome = c.k.mm.shared.add(&mut c.door, mapping);
    if outcome.is_err() {
        c.door.unmap(range)?;
    }
    outcome
}

/// Whether a file is sealed against writes by mappings that share it (F_SEAL_WRITE, F_SEAL_FUTURE_WRITE).
fn is_sealed(file: BorrowedFd<'_>) -> bool {
    const GET_SEALS: i32 = 1034;
    host::fcntl(file, GET_SEALS, 0).is_ok_and(|seals| seals & 0x18 != 0)
}

/// Anonymous memory that forked processes share: a file of its own.
fn share_memory(c: &mut Call<'_>, range: Range<u64>, prot: Prot) -> Result<(), Errno> {
    let file = host::memfd(c"shared memory", 0)?;
    let len = i64::try_from(range.end - range.start).map_err(|_| Errno::ENOMEM)?;
    host::truncate(file.as_fd(), len)?;
    let stat = host::fstat(file.as_fd())?;
    let backing = Backing::File { path: "/dev/zero (deleted)".into(), offset: 0, shared: true };
    c.k.mm.forget(&range);
    c.door.map(range.clone(), prot, backing)?;
    let kind = Kind::Shared { writable: true };
    c.k.mm.shared.push(Mapping { range, file: side(file), id: id_of(&stat), offset: 0, kind });
    Ok(())
}

/// Where a file is to be shared.
pub(super) struct Place {
    /// The address, 0 for any.
    pub(super) at: u64,
    /// Whether it takes the place of what is mapped there.
    pub(super) replaces: bool,
    /// Whole pages.
    pub(super) len: u64,
    pub(super) prot: Prot,
}

/// Shares a file from its start on, as shmat does. Answers where.
pub(super) fn share(c: &mut Call<'_>, place: &Place, file: std::os::fd::OwnedFd, path: String) -> SysResult {
    let &Place { at: wanted, replaces, len, prot } = place;
    let at = if wanted == 0 { self::place(c, 0, len, prot)? } else { wanted };
    let range = pages(c, at, len)?;
    if at < LOWEST || (!replaces && !c.door.space().regions().within(&range).is_empty()) {
        return Err(Errno::EINVAL);
    }
    let stat = host::fstat(file.as_fd())?;
    let kind = Kind::Shared { writable: prot.has(Prot::WRITE) };
    let mapping = Mapping { range, file: side(file), id: id_of(&stat), offset: 0, kind };
    show(c, mapping, prot, Backing::File { path, offset: 0, shared: true })?;
    Ok(at)
}

/// A descriptor of ours for a mapping.
fn side(file: std::os::fd::OwnedFd) -> Arc<host::SideFile> {
    Arc::new(host::SideFile::new(file))
}

/// Device number of /dev/zero, whose mappings are anonymous.
const DEV_ZERO: (u32, u32) = (1, 5);

/// Unmaps pages and forgets what they shared.
pub(super) fn unmap(c: &mut Call<'_>, range: Range<u64>) -> Result<(), Errno> {
    c.k.mm.forget(&range);
    c.door.unmap(range)
}

fn munmap(c: &mut Call<'_>) -> SysResult {
    let range = pages(c, c.args[0], c.args[1])?;
    unmap(c, range.clone())?;
    super::ipc::let_go(c.k, &range);
    Ok(0)
}

fn mprotect(c: &mut Call<'_>) -> SysResult {
    const GROWS: u64 = 0x0300_0000;
    let prot = prot_of(c.args[2]);
    if c.args[2] & GROWS != 0 {
        return Err(Errno::EINVAL);
    }
    if !c.args[0].is_multiple_of(PAGE) {
        return Err(Errno::EINVAL);
    }
    if c.args[1] == 0 {
        return Ok(0);
    }
    let range = pages(c, c.args[0], c.args[1]).map_err(|_| Errno::ENOMEM)?;
    if !c.door.space().regions().covers(&range) {
        return Err(Errno::ENOMEM);
    }
    if prot.has(Prot::WRITE) && c.k.mm.shared.has_read_only(&range) {
        return Err(Errno::EACCES);
    }
    c.door.protect(range, prot)?;
    Ok(0)
}

fn mremap(c: &mut Call<'_>) -> SysResult {
    let [addr, old_len, new_len, _, new_addr, _] = c.args;
    let flags = c.uint(3);
    if flags & !3 != 0 || (flags & MREMAP_FIXED != 0 && flags & MREMAP_MAYMOVE == 0) || new_len == 0 {
        return Err(Errno::EINVAL);
    }
    let old = pages(c, addr, old_len)?;
    let new_len = page_up(new_len).ok_or(Errno::ENOMEM)?;
    let region = c.door.space().regions().find(addr).cloned().ok_or(Errno::EFAULT)?;
    if old.end > region.end {
        return Err(Errno::EFAULT);
    }
    let old_len = old.end - old.start;
    let more = More::of(c, &region, old.end);
    if new_len > old_len && more.is_none() {
        // What the program was started from: its file is not at hand.
        c.flags.0 |= SvcFlags::REFUSED;
        return Err(Errno::ENOMEM);
    }
    if flags & MREMAP_FIXED != 0 {
        let target = pages(c, new_addr, new_len)?;
        if target.start < LOWEST {
            return Err(Errno::EPERM);
        }
        if target.start < old.end && old.start < target.end {
            return Err(Errno::EINVAL);
        }
        return move_mapping(c, old, new_addr, new_len, more);
    }
    if new_len <= old_len {
        if new_len < old_len {
            unmap(c, addr + new_len..old.end)?;
        }
        return Ok(addr);
    }
    let growth = old.end..addr.checked_add(new_len).ok_or(Errno::ENOMEM)?;
    let free = growth.end <= c.k.layout.mmap_limit && c.door.space().regions().within(&growth).is_empty();
    if free {
        if let Some(more) = more {
            more.map(c, growth)?;
        }
        return Ok(addr);
    }
    if flags & MREMAP_MAYMOVE == 0 {
        return Err(Errno::ENOMEM);
    }
    let at = place(c, 0, new_len, region.prot)?;
    move_mapping(c, old, at, new_len, more)
}

/// What a mapping that grows shows in its new pages.
struct More {
    prot: Prot,
    backing: Backing,
    /// Of a file.
    file: Option<Mapping>,
}

impl More {
    /// Behind `end`, where or before which `region` ends; none if that cannot be told.
    fn of(c: &Call<'_>, region: &Region, end: u64) -> Option<More> {
        let Backing::File { path, offset, shared } = &region.backing else {
            return Some(More { prot: region.prot, backing: region.backing.clone(), file: None });
        };
        let offset = offset.checked_add(end - region.start)?;
        let backing = Backing::File { path: path.clone(), offset, shared: *shared };
        Some(More { prot: region.prot, backing, file: Some(c.k.mm.shared.continuation(end)?) })
    }

    fn map(self, c: &mut Call<'_>, range: Range<u64>) -> Result<(), Errno> {
        let More { prot, backing, file } = self;
        match file {
            None => c.door.map(range, prot, backing),
            Some(_) if range.end - range.start > LARGEST_FILE => Err(Errno::ENOMEM),
            Some(file) => show(c, Mapping { range, ..file }, prot, backing),
        }
    }
}

fn move_mapping(c: &mut Call<'_>, old: Range<u64>, to: u64, new_len: u64, more: Option<More>) -> SysResult {
    let old_len = old.end - old.start;
    let kept = old_len.min(new_len);
    if kept < old_len {
        unmap(c, old.start + kept..old.end)?;
    }
    // The target may be larger than what moves in; all of it is replaced.
    let target = to..to + new_len;
    if !c.door.space().regions().within(&target).is_empty() {
        unmap(c, target)?;
    }
    c.door.relocate(old.start..old.start + kept, to)?;
    c.k.mm.shared.relocate(&(old.start..old.start + kept), to);
    c.k.mm.advice.relocate(&(old.start..old.start + kept), to);
    if let Some(more) = more
        && new_len > old_len
    {
        more.map(c, to + old_len..to + new_len)?;
    }
    Ok(to)
}

fn msync(c: &mut Call<'_>) -> SysResult {
    const ASYNC: i32 = 1;
    const SYNC: i32 = 4;
    let flags = c.int(2);
    let both = ASYNC | SYNC;
    if flags & !(both | 2) != 0 || flags & both == both || !c.args[0].is_multiple_of(PAGE) {
        return Err(Errno::EINVAL);
    }
    if c.args[1] == 0 {
        return Ok(0);
    }
    let range = pages(c, c.args[0], c.args[1]).map_err(|_| Errno::ENOMEM)?;
    // Shared pages were written back when the call began, as at each call.
    if c.door.space().regions().covers(&range) { Ok(0) } else { Err(Errno::ENOMEM) }
}

fn lock(c: &mut Call<'_>) -> SysResult {
    if c.args[1] == 0 {
        return Ok(0);
    }
    let start = c.args[0] & !(PAGE - 1);
    let len = c.args[1].checked_add(c.args[0] - start).ok_or(Errno::EINVAL)?;
    let range = pages(c, start, len)?;
    if c.door.space().regions().covers(&range) { Ok(0) } else { Err(Errno::ENOMEM) }
}

/// mlockall: every page of a guest is resident as far as it can tell.
fn lock_all(c: &mut Call<'_>) -> SysResult {
    const ONFAULT: i32 = 4;
    let flags = c.int(0);
    if flags == 0 || flags == ONFAULT || flags & !7 != 0 { Err(Errno::EINVAL) } else { Ok(0) }
}

fn mincore(c: &mut Call<'_>) -> SysResult {
    let range = pages(c, c.args[0], c.args[1])?;
    if !c.door.space().regions().covers(&range) {
        return Err(Errno::ENOMEM);
    }
    let count = usize::try_from((range.end - range.start) / PAGE).map_err(|_| Errno::ENOMEM)?;
    let vector = c.args[2];
    c.door.require_writable(vector, count as u64)?;
    c.door.write(vector, &vec![1; count])?;
    Ok(0)
}
