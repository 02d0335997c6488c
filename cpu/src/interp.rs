//! The interpreter: runs guest instructions out of the block cache until something needs the caller.
//!
//! One `Core` serves all threads of a process, one at a time; the thread is the [`State`] that is passed in.

use crate::cache::{Cache, NOWHERE};
use crate::exec::run_block::{Flow, branch_target, run_block};
use crate::exec::view::View;
use crate::mem::{MemError, Memory};
use crate::state::{Exit, State};
use core::ops::Range;

/// What has been decoded of one address space, and the loop that executes it.
pub struct Core {
    cache: Cache,
    counts: Vec<u64>,
    stale: Vec<Range<u64>>,
}

impl Default for Core {
    fn default() -> Self {
        Self::new()
    }
}

/// "Came by no link": see [`Core::arrive`].
const NO_LINK: u32 = u32::MAX;

impl Core {
    /// A CPU that has decoded nothing.
    #[must_use]
    pub fn new() -> Self {
        Core { cache: Cache::new(), counts: Vec::new(), stale: Vec::new() }
    }

    /// Forgets what was decoded from `addresses`.
    pub fn invalidate(&mut self, addresses: Range<u64>) {
        self.cache.invalidate(addresses);
    }

    /// Forgets everything decoded.
    pub fn invalidate_all(&mut self) {
        self.cache.clear();
    }

    /// Counts from now on, from zero, how often the instruction at each of `addresses` retires.
    ///
    /// The numbers depend on what the guest executes alone, not on budgets or on what was decoded before.
    pub fn set_counted(&mut self, addresses: &[u64]) {
        self.cache.set_counted(addresses);
        self.counts = vec![0; addresses.len()];
    }

    /// The counts, in the order of the addresses given to [`Core::set_counted`].
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many instructions are predecoded and how many bytes they take with all that belongs to them.
    #[must_use]
    pub fn footprint(&self) -> (usize, usize) {
        self.cache.footprint()
    }

    /// Whether YIELD, WFE and WFI end an excursion with [`Exit::Hint`]; initially they do not.
    pub fn set_hints(&mut self, hints: bool) {
        self.cache.set_hints(hints);
    }

    /// Executes up to `budget` instructions of the thread `st`, fewer if something needs the caller.
    ///
    /// `st.icount` advances by the instructions retired, exactly, whatever the exit.
    pub fn run<M: Memory>(&mut self, st: &mut State, mem: &M, budget: u64) -> Exit {
        self.drop_stale(mem);
        // The cost of a dropped block must stay out of reach.
        let budget = budget.min(u64::MAX - 1);
        let goal = st.icount.wrapping_add(budget);
        let view = View::new(mem);
        let mut left = budget;
        let mut pc = branch_target(st.pc);
        let mut cur = self.cache.jump(pc);
        let mut link = NO_LINK;
        let exit = loop {
            let block = &self.cache.blocks[cur as usize];
            let (mut here, mut start, mut len) = (block.pc, block.start, block.len);
            if block.cost() > left {
                (cur, len) = match self.arrive(link, pc, cur, left, mem) {
                    Ok(found) => found,
                    Err(exit) => break exit,
                };
                let block = &self.cache.blocks[cur as usize];
                (here, start) = (block.pc, block.start);
            }
            let insns = &self.cache.insns[start as usize..start as usize + len as usize];
            let (retired, flow) = run_block(insns, here, goal.wrapping_sub(left), st, mem, &view);
            left -= retired as u64;
            match flow {
                Flow::Taken(target) => {
                    pc = target;
                    link = cur << 1;
                    cur = self.cache.blocks[cur as usize].next[0];
                    continue;
                }
                Flow::Indirect(target) => {
                    pc = target;
                    link = NO_LINK;
                    cur = self.cache.jump(pc);
                    continue;
                }
                _ => pc = here.wrapping_add(retired as u64 * 4),
            }
            match flow {
                Flow::Written(range) => {
                    self.drop_written(range, mem);
                    link = NO_LINK;
                    cur = self.cache.jump(pc);
                }
                Flow::Leave(exit) => {
                    if retired == 0 {
                        self.uncount(cur);
                    }
                    if matches!(exit, Exit::Svc { .. }) {
                        // The exception return that follows opens the monitor.
                        st.clear_exclusive();
                    }
                    break exit;
                }
                _ if retired < self.cache.blocks[cur as usize].len as usize => {
                    // Cut short by the budget: this is not where the block's link leads.
                    link = NO_LINK;
                    cur = NOWHERE;
                }
                _ => {
                    link = cur << 1 | 1;
                    cur = self.cache.blocks[cur as usize].next[1];
                }
            }
        };
        st.pc = pc;
        st.icount = goal.wrapping_sub(left);
        exit
    }

    /// Forgets what the CPU itself has changed: the bytes written may have been decoded at another address, too.
    #[cold]
    #[inline(never)]
    fn drop_written<M: Memory>(&mut self, range: Range<u64>, mem: &M) {
        self.cache.invalidate(range);
        self.drop_stale(mem);
    }

    /// Forgets what others than the CPU have changed, page by page because `mem` forgets its marks so.
    fn drop_stale<M: Memory>(&mut self, mem: &M) {
        mem.take_stale_code(&mut self.stale);
        for range in self.stale.drain(..) {
            let end = range.end.checked_next_multiple_of(4096).unwrap_or(u64::MAX);
            self.cache.invalidate(range.start & !4095..end);
        }
    }

    /// The slow road to a block, taken if it is not linked yet, was dropped, is counted, or exceeds the budget.
    /// Returns it and how many of its instructions `left` covers. `link` is twice the index of the block that led
    /// here, plus which of its two links it was, or [`NO_LINK`].
    #[inline(never)]
    fn arrive<M: Memory>(
        &mut self,
        link: u32,
        pc: u64,
        cur: u32,
        left: u64,
        mem: &M,
    ) -> Result<(u32, u32), Exit> {
        if left == 0 {
            return Err(Exit::Budget);
        }
        if pc & 3 != 0 {
            return Err(Exit::PcAlignment);
        }
        let generation = self.cache.generation;
        let found = if left == 1 {
            self.cache.single(pc, mem)
        } else if self.cache.blocks[cur as usize].len == 0 {
            self.cache.find(pc, mem)
        } else {
            Ok(cur)
        };
        let cur = match found {
            Ok(found) => found,
            Err(MemError::Fault(fault)) => return Err(Exit::Fault(fault)),
            // A fetch writes nothing; a memory that says so is asked again next time.
            Err(MemError::CodeWritten) => return Err(Exit::Budget),
        };
        if left > 1 && link != NO_LINK && generation == self.cache.generation {
            self.cache.blocks[(link >> 1) as usize].next[(link & 1) as usize] = cur;
        }
        let block = &self.cache.blocks[cur as usize];
        if let Some(count) = self.counts.get_mut(block.counter as usize) {
            *count += 1;
        }
        let Ok(left) = u32::try_from(left) else { return Ok((cur, block.len)) };
        if left >= block.len {
            return Ok((cur, block.len));
        }
        // Two instructions in one operation cannot be cut apart: the budget's last one goes alone.
        let last = self.cache.insns[(block.start + left - 1) as usize];
        Ok((cur, if last.is_fused() { left - 1 } else { left }))
    }

    /// Takes back the count of a block whose first instruction did not retire.
    #[cold]
    fn uncount(&mut self, block: u32) {
        if let Some(count) = self.counts.get_mut(self.cache.blocks[block as usize].counter as usize) {
            *count -= 1;
        }
    }
}
