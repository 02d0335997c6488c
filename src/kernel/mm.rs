//! The mmap family and the heap.
//!
//! Placement is elfuse's: executable mappings from 256 MiB up, others from 8 GiB up, lowest gap first, no
//! randomisation. Flags are those of include/uapi/asm-generic/mman{-common,}.h.

use super::{Call, Handler, Kernel, SysResult};
use crate::guest::layout::{MMAP_BASE, MMAP_EXEC_BASE};
use crate::guest::regions::page_up;
use crate::guest::{PAGE, Prot};
use crate::host::{self, Errno};
use std::ops::Range;
use std::os::fd::AsFd;
use traces::event::Backing;

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
    (231, lock_all),
    (232, mincore),
    (233, madvise),
    (283, membarrier),
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

/// The program break.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Heap {
    /// Where it began.
    pub(crate) start: u64,
    /// Where it is.
    pub(crate) end: u64,
}

fn brk(c: &mut Call<'_>) -> SysResult {
    let Heap { start, end } = c.k.mm;
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
        c.door.unmap(new..old)?;
    }
    c.k.mm.end = wanted;
    Ok(wanted)
}

fn prot_of(bits: u64) -> Result<Prot, Errno> {
    // PROT_BTI and PROT_MTE are accepted and change nothing here; GROWSDOWN and GROWSUP are not supported.
    if bits & !(7 | 0x10 | 0x20) != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(Prot(u8::try_from(bits & 7).expect("three bits")))
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
    let hint = page_up(hint).unwrap_or(0);
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
    let prot = prot_of(prot)?;
    if len == 0 || !offset.is_multiple_of(PAGE) {
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
    if flags & MAP_ANONYMOUS != 0 {
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
    let path = String::from_utf8_lossy(&file.path).into_owned();
    let backing = Backing::File { path, offset, shared };
    let contents = file_contents(c.k, fd, offset, range.end - range.start)?;
    let file = c.k.fds.host(fd)?;
    let aligned = (range.start | offset).is_multiple_of(host::page_size());
    if shared && aligned {
        return c.door.map_shared_file(range, prot, (file, offset), backing, &contents);
    }
    let at = range.start;
    c.door.map(range, prot, backing)?;
    c.door.fill_chunks(at, &contents)
}

/// What the file has at `offset`, at most `len` bytes.
fn file_contents(k: &Kernel, fd: i32, offset: u64, len: u64) -> Result<Vec<u8>, Errno> {
    let file = k.fds.host(fd)?;
    let stat = host::fstat(file)?;
    let kind = u32::from(stat.stx_mode) & 0o170_000;
    if kind != 0o100_000 {
        return Err(if kind == 0o040_000 || kind == 0o010_000 { Errno::EACCES } else { Errno::ENODEV });
    }
    let there = stat.stx_size.saturating_sub(offset).min(len);
    let mut bytes = vec![0; usize::try_from(there).map_err(|_| Errno::ENOMEM)?];
    let mut done = 0;
    while done < bytes.len() {
        let at = i64::try_from(offset + done as u64).map_err(|_| Errno::EOVERFLOW)?;
        match host::pread(file, &mut bytes[done..], at) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(bytes)
}

fn munmap(c: &mut Call<'_>) -> SysResult {
    let range = pages(c, c.args[0], c.args[1])?;
    c.door.unmap(range)?;
    Ok(0)
}

fn mprotect(c: &mut Call<'_>) -> SysResult {
    let prot = prot_of(c.args[2])?;
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
    if flags & MREMAP_FIXED != 0 {
        let target = pages(c, new_addr, new_len)?;
        if target.start < old.end && old.start < target.end {
            return Err(Errno::EINVAL);
        }
        return move_mapping(c, old, new_addr, new_len, region.prot, &region.backing);
    }
    if new_len <= old_len {
        if new_len < old_len {
            c.door.unmap(addr + new_len..old.end)?;
        }
        return Ok(addr);
    }
    let growth = old.end..addr.checked_add(new_len).ok_or(Errno::ENOMEM)?;
    let free = growth.end <= c.k.layout.mmap_limit && c.door.space().regions().within(&growth).is_empty();
    if free {
        grow(c, growth, region.prot, &region.backing, old_len)?;
        return Ok(addr);
    }
    if flags & MREMAP_MAYMOVE == 0 {
        return Err(Errno::ENOMEM);
    }
    let at = place(c, 0, new_len, region.prot)?;
    move_mapping(c, old, at, new_len, region.prot, &region.backing)
}

fn move_mapping(
    c: &mut Call<'_>,
    old: Range<u64>,
    to: u64,
    new_len: u64,
    prot: Prot,
    backing: &Backing,
) -> SysResult {
    let old_len = old.end - old.start;
    let kept = old_len.min(new_len);
    if kept < old_len {
        c.door.unmap(old.start + kept..old.end)?;
    }
    c.door.relocate(old.start..old.start + kept, to)?;
    if new_len > old_len {
        grow(c, to + old_len..to + new_len, prot, backing, old_len)?;
    }
    Ok(to)
}

/// Maps the pages by which a mapping grows. A file mapping would need its file, which may be closed by now.
fn grow(
    c: &mut Call<'_>,
    range: Range<u64>,
    prot: Prot,
    backing: &Backing,
    _old_len: u64,
) -> Result<(), Errno> {
    if matches!(backing, Backing::File { .. }) {
        return Err(Errno::EINVAL);
    }
    c.door.map(range, prot, backing.clone())
}

fn msync(c: &mut Call<'_>) -> SysResult {
    let range = pages(c, c.args[0], c.args[1].max(1))?;
    // Shared file pages are the host's own pages; there is nothing to copy back.
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

fn lock_all(_: &mut Call<'_>) -> SysResult {
    Ok(0)
}

fn mincore(c: &mut Call<'_>) -> SysResult {
    let range = pages(c, c.args[0], c.args[1])?;
    if !c.door.space().regions().covers(&range) {
        return Err(Errno::ENOMEM);
    }
    let count = usize::try_from((range.end - range.start) / PAGE).map_err(|_| Errno::ENOMEM)?;
    let vector = c.args[2];
    c.door.write(vector, &vec![1; count])?;
    Ok(0)
}

fn madvise(c: &mut Call<'_>) -> SysResult {
    const DONTNEED: i32 = 4;
    const FREE: i32 = 8;
    if c.args[1] == 0 {
        return Ok(0);
    }
    let range = pages(c, c.args[0], c.args[1])?;
    if !c.door.space().regions().covers(&range) {
        return Err(Errno::ENOMEM);
    }
    match c.int(2) {
        DONTNEED => {
            let parts = c.door.space().regions().within(&range);
            for part in parts {
                if !matches!(part.backing, Backing::File { .. }) {
                    c.door.zero_pages(part.start..part.end)?;
                }
            }
            Ok(0)
        }
        // Keeping the pages is one of the outcomes that MADV_FREE allows, and the deterministic one.
        0..=3 | FREE | 10..=25 => Ok(0),
        _ => Err(Errno::EINVAL),
    }
}

fn membarrier(c: &mut Call<'_>) -> SysResult {
    const QUERY: i32 = 0;
    const GLOBAL: u64 = 1;
    match c.int(0) {
        QUERY => Ok(GLOBAL),
        1 => Ok(0),
        _ => Err(Errno::EINVAL),
    }
}
