//! madvise: what a program says of its pages, as far as it has consequences.

use super::pages;
use crate::guest::{PAGE, Ranges};
use crate::host::Errno;
use crate::kernel::{Call, SysResult, ipc};
use std::ops::Range;
use traces::event::Backing;

const DONTNEED: i32 = 4;
const FREE: i32 = 8;
const DONTFORK: i32 = 10;
const DOFORK: i32 = 11;
const WIPEONFORK: i32 = 18;
const KEEPONFORK: i32 = 19;
const LAST: i32 = 25;

/// What forked processes do not get.
#[derive(Debug, Default)]
pub(super) struct Advice {
    /// Pages that they do not have at all.
    left_out: Ranges,
    /// Pages that are zero for them.
    wiped: Ranges,
}

impl Advice {
    /// Notes that `range` is unmapped or mapped anew.
    pub(super) fn forget(&mut self, range: &Range<u64>) {
        self.left_out.remove(range);
        self.wiped.remove(range);
    }

    /// Notes that `from` has moved.
    pub(super) fn relocate(&mut self, from: &Range<u64>, to: u64) {
        for set in [&mut self.left_out, &mut self.wiped] {
            let moved = set.within(from);
            set.remove(from);
            for part in moved {
                set.insert(to + (part.start - from.start)..to + (part.end - from.start));
            }
        }
    }
}

pub(super) fn madvise(c: &mut Call<'_>) -> SysResult {
    let advice = c.int(2);
    if !matches!(advice, 0..=DONTNEED | FREE | DONTFORK..=LAST) {
        return Err(Errno::EINVAL);
    }
    if c.args[1] == 0 {
        return if c.args[0].is_multiple_of(PAGE) { Ok(0) } else { Err(Errno::EINVAL) };
    }
    let range = pages(c, c.args[0], c.args[1])?;
    let parts = c.door.space().regions().within(&range);
    for part in parts {
        advise(c, advice, part.start..part.end, matches!(part.backing, Backing::File { .. }))?;
    }
    // What is mapped has been served; Linux tells of the holes then.
    if c.door.space().regions().covers(&range) { Ok(0) } else { Err(Errno::ENOMEM) }
}

/// One run of pages. What is not listed are hints; keeping the pages is one of the outcomes that MADV_FREE allows, and
/// the deterministic one.
fn advise(c: &mut Call<'_>, advice: i32, part: Range<u64>, is_file: bool) -> Result<(), Errno> {
    let mm = &mut c.k.mm;
    match advice {
        DONTNEED if is_file => mm.shared.read_again(&mut c.door, &part)?,
        DONTNEED => c.door.zero_pages(part)?,
        DONTFORK => mm.advice.left_out.insert(part),
        DOFORK => mm.advice.left_out.remove(&part),
        WIPEONFORK if is_file => return Err(Errno::EINVAL),
        WIPEONFORK => mm.advice.wiped.insert(part),
        KEEPONFORK => mm.advice.wiped.remove(&part),
        _ => {}
    }
    Ok(())
}

/// In a process that was forked off with a memory of its own: takes from it what it is not to have.
pub(in crate::kernel) fn at_fork(c: &mut Call<'_>) {
    // What the host refuses here, memory for page tables at most, would end the process in Linux, too.
    let wiped: Vec<Range<u64>> = c.k.mm.advice.wiped.iter().collect();
    for range in wiped {
        let _ = c.door.zero_pages(range);
    }
    let left_out: Vec<Range<u64>> = c.k.mm.advice.left_out.iter().collect();
    for range in left_out {
        let _ = super::unmap(c, range.clone());
        ipc::let_go(c.k, &range);
    }
}
