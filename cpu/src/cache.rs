//! The block cache: predecoded straight-line runs of instructions, found by address, linked to one another,
//! and dropped when their bytes change. Used by the interpreter loop in `interp`.
//!
//! A block's index stays valid until everything is flushed. A dropped block keeps its slot with a cost that no budget covers,
//! so whoever still links to it takes the slow road and looks again.

use crate::decode::{Insn, decode};
use crate::mem::{MemError, Memory};
use core::hash::{BuildHasherDefault, Hasher};
use core::ops::Range;
use std::collections::HashMap;

/// The block that does not exist: initial value of every link.
pub(crate) const NOWHERE: u32 = 0;
/// The block of one instruction that [`Cache::single`] fills anew each time.
const SINGLE: u32 = 1;
/// A cost that no budget covers.
pub(crate) const NEVER: u64 = u64::MAX;
/// "Not counted" in [`Block::counter`].
pub(crate) const UNCOUNTED: u32 = u32::MAX;

/// Instructions a block holds at most. Blocks also end at 4 KiB page ends and before counted addresses.
const MAX_BLOCK: u64 = 64;
/// Predecoded instructions kept before all is flushed: 16 MiB.
const MAX_INSNS: usize = 1 << 20;
const PAGE: u64 = 4096;
const JUMPS: usize = 4096;

/// A predecoded run of instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// Address of the first instruction.
    pub(crate) pc: u64,
    /// What the budget must hold for the fast road: its length, or [`NEVER`].
    pub(crate) cost: u64,
    /// First instruction in [`Cache::insns`].
    pub(crate) start: u32,
    /// Instructions; 0 if dropped.
    pub(crate) len: u32,
    /// Where the branch at its end, and the way past it, lead.
    pub(crate) next: [u32; 2],
    /// Index into the execution counts, or [`UNCOUNTED`].
    pub(crate) counter: u32,
}

const DROPPED: Block = Block { pc: 0, cost: NEVER, start: 0, len: 0, next: [NOWHERE; 2], counter: UNCOUNTED };

/// Hashes word-aligned addresses by one multiplication.
#[derive(Default)]
pub(crate) struct PcHasher(u64);

impl Hasher for PcHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u64(&mut self, n: u64) {
        let mixed = (self.0 ^ n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ mixed >> 32;
    }
}

type Map<V> = HashMap<u64, V, BuildHasherDefault<PcHasher>>;

/// All blocks of one address space.
pub(crate) struct Cache {
    pub(crate) insns: Vec<Insn>,
    pub(crate) blocks: Vec<Block>,
    by_pc: Map<u32>,
    /// Live and dropped blocks that start in a page.
    by_page: Map<Vec<u32>>,
    jumps: Vec<(u64, u32)>,
    counted: Vec<u64>,
    /// Whether YIELD and its like leave the loop.
    hints: bool,
    /// How often everything was dropped: block indices of another generation mean nothing.
    pub(crate) generation: u64,
}

impl Cache {
    pub(crate) fn new() -> Self {
        Cache {
            insns: vec![Insn::Nop],
            blocks: vec![DROPPED; 2],
            by_pc: Map::default(),
            by_page: Map::default(),
            jumps: vec![(u64::MAX, NOWHERE); JUMPS],
            counted: Vec::new(),
            hints: false,
            generation: 0,
        }
    }

    /// The block at `pc` if it went through here lately, else [`NOWHERE`].
    #[inline(always)]
    pub(crate) fn jump(&self, pc: u64) -> u32 {
        let (at, block) = self.jumps[(pc >> 2) as usize & (JUMPS - 1)];
        if at == pc { block } else { NOWHERE }
    }

    /// The block at `pc`, built if there is none. Building may flush everything else.
    pub(crate) fn find<M: Memory>(&mut self, pc: u64, mem: &M) -> Result<u32, MemError> {
        let block = match self.by_pc.get(&pc) {
            Some(&block) => block,
            None => self.build(pc, mem)?,
        };
        self.jumps[(pc >> 2) as usize & (JUMPS - 1)] = (pc, block);
        Ok(block)
    }

    /// The instruction at `pc` as a block of its own, good until the next call: for the last one of a budget,
    /// so that preemption does not multiply blocks and parts what was fused.
    pub(crate) fn single<M: Memory>(&mut self, pc: u64, mem: &M) -> Result<u32, MemError> {
        self.insns[0] = self.decode(mem.fetch(pc)?);
        let counter = self.counter(pc);
        self.blocks[SINGLE as usize] =
            Block { pc, cost: NEVER, start: 0, len: 1, next: [NOWHERE; 2], counter };
        Ok(SINGLE)
    }

    fn decode(&self, word: u32) -> Insn {
        match decode(word) {
            Insn::Hint if !self.hints => Insn::Nop,
            insn => insn,
        }
    }

    fn counter(&self, pc: u64) -> u32 {
        self.counted.iter().position(|&counted| counted == pc).map_or(UNCOUNTED, |i| i as u32)
    }

    fn build<M: Memory>(&mut self, pc: u64, mem: &M) -> Result<u32, MemError> {
        if self.insns.len() >= MAX_INSNS {
            self.clear();
        }
        let start = self.insns.len();
        let page_end = (pc | (PAGE - 1)).wrapping_add(1);
        let mut at = pc;
        loop {
            let word = match mem.fetch(at) {
                Ok(word) => word,
                Err(error) if at == pc => return Err(error),
                Err(_) => break,
            };
            let insn = self.decode(word);
            if let Some(last) = self.insns[start..].last_mut()
                && let Some(fused) = last.fuse(&insn)
            {
                *last = fused;
            }
            self.insns.push(insn);
            at = at.wrapping_add(4);
            if insn.ends_block()
                || at == page_end
                || at.wrapping_sub(pc) >= MAX_BLOCK * 4
                || self.counted.contains(&at)
            {
                break;
            }
        }
        let len = self.insns.len() - start;
        mem.note_code(pc, len as u64 * 4);
        let counter = self.counter(pc);
        let cost = if counter == UNCOUNTED { len as u64 } else { NEVER };
        let id = self.blocks.len() as u32;
        self.blocks.push(Block {
            pc,
            cost,
            start: start as u32,
            len: len as u32,
            next: [NOWHERE; 2],
            counter,
        });
        self.by_pc.insert(pc, id);
        self.by_page.entry(pc / PAGE).or_default().push(id);
        Ok(id)
    }

    /// Drops the blocks that contain a byte of `range`.
    pub(crate) fn invalidate(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let (first, last) = (range.start / PAGE, (range.end - 1) / PAGE);
        if last - first > self.by_page.len() as u64 {
            let pages: Vec<u64> =
                self.by_page.keys().copied().filter(|page| (first..=last).contains(page)).collect();
            for page in pages {
                self.invalidate_in_page(page, &range);
            }
        } else {
            for page in first..=last {
                self.invalidate_in_page(page, &range);
            }
        }
    }

    fn invalidate_in_page(&mut self, page: u64, range: &Range<u64>) {
        let Some(ids) = self.by_page.get_mut(&page) else { return };
        ids.retain(|&id| {
            let block = &mut self.blocks[id as usize];
            let end = block.pc + u64::from(block.len) * 4;
            if block.pc >= range.end || end <= range.start {
                return true;
            }
            self.by_pc.remove(&block.pc);
            *block = DROPPED;
            false
        });
        if ids.is_empty() {
            self.by_page.remove(&page);
        }
    }

    /// Drops everything; indices of blocks lose their meaning.
    pub(crate) fn clear(&mut self) {
        self.generation += 1;
        self.insns.truncate(1);
        self.blocks.truncate(2);
        self.by_pc.clear();
        self.by_page.clear();
        self.jumps.fill((u64::MAX, NOWHERE));
    }

    /// The addresses at which executions are counted, each of which starts a block from now on.
    pub(crate) fn set_counted(&mut self, addresses: &[u64]) {
        self.counted = addresses.to_vec();
        self.clear();
    }

    pub(crate) fn set_hints(&mut self, hints: bool) {
        if self.hints != hints {
            self.hints = hints;
            self.clear();
        }
    }
}
