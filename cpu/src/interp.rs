//! The interpreter: runs guest instructions out of the block cache until something needs the caller.
//!
//! One `Core` serves all threads of a process, one at a time; the thread is the [`State`] that is passed in.

use crate::cache::{Block, Cache, NOWHERE, UNCOUNTED};
use crate::exec::run_block::{Flow, run_block};
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

/// The link that leads here and is to be set once the target is known: block index, which of its two, generation.
type Link = Option<(u32, usize, u64)>;

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
        let mut pc = st.pc;
        let mut cur = NOWHERE;
        let mut link: Link = None;
        let exit = loop {
            let mut block = self.cache.blocks[cur as usize];
            if block.cost > left {
                (cur, block) = match self.arrive(link, pc, cur, left, mem) {
                    Ok(found) => found,
                    Err(exit) => break exit,
                };
            }
            let start = block.start as usize;
            let insns = &self.cache.insns[start..start + block.len as usize];
            let (retired, flow) = run_block(insns, block.pc, goal.wrapping_sub(left), st, mem, &view);
            left -= retired as u64;
            match flow {
                Flow::Taken(target) => {
                    pc = target;
                    link = Some((cur, 0, self.cache.generation));
                    cur = self.cache.blocks[cur as usize].next[0];
                }
                Flow::Past => {
                    pc = block.pc.wrapping_add(retired as u64 * 4);
                    link = Some((cur, 1, self.cache.generation));
                    cur = self.cache.blocks[cur as usize].next[1];
                }
                Flow::Indirect(target) => {
                    pc = target;
                    link = None;
                    cur = self.cache.jump(pc);
                }
                Flow::Written(range) => {
                    pc = block.pc.wrapping_add(retired as u64 * 4);
                    self.cache.invalidate(range.clone());
                    self.cache.note_again(&range, mem);
                    link = None;
                    cur = NOWHERE;
                }
                Flow::Leave(exit) => {
                    pc = block.pc.wrapping_add(retired as u64 * 4);
                    if retired == 0 && block.counter != UNCOUNTED {
                        self.counts[block.counter as usize] -= 1;
                    }
                    break exit;
                }
            }
        };
        st.pc = pc;
        st.icount = goal.wrapping_sub(left);
        exit
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
    /// Returns it cut to what `left` covers.
    #[inline(never)]
    fn arrive<M: Memory>(
        &mut self,
        link: Link,
        pc: u64,
        mut cur: u32,
        left: u64,
        mem: &M,
    ) -> Result<(u32, Block), Exit> {
        if left == 0 {
            return Err(Exit::Budget);
        }
        if pc & 3 != 0 {
            return Err(Exit::PcAlignment);
        }
        if self.cache.blocks[cur as usize].len == 0 {
            cur = match self.cache.find(pc, mem) {
                Ok(found) => found,
                Err(MemError::Fault(fault)) => return Err(Exit::Fault(fault)),
                // A fetch writes nothing; there is no sensible answer to a memory that says so but to try again.
                Err(MemError::CodeWritten) => return Err(Exit::Budget),
            };
            if let Some((from, way, generation)) = link
                && generation == self.cache.generation
            {
                self.cache.blocks[from as usize].next[way] = cur;
            }
        }
        let mut block = self.cache.blocks[cur as usize];
        if let Some(count) = self.counts.get_mut(block.counter as usize) {
            *count += 1;
        }
        block.len = block.len.min(u32::try_from(left).unwrap_or(u32::MAX));
        Ok((cur, block))
    }
}
