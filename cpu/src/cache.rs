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
/// A length that makes the cost of a block one that no budget covers.
const NEVER: i32 = -1;
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
    /// Its length if the fast road may take it, else [`NEVER`].
    fast_len: i32,
    /// First instruction in [`Cache::insns`].
    pub(crate) start: u32,
    /// Instructions; 0 if dropped.
    pub(crate) len: u32,
    /// Where the branch at its end, and the way past it, lead.
    pub(crate) next: [u32; 2],
    /// Index into the execution counts, or [`UNCOUNTED`].
    pub(crate) counter: u32,
}

const _: () = assert!(size_of::<Block>() == 32);

impl Block {
    /// What the budget must hold for the fast road.
    #[inline(always)]
    pub(crate) fn cost(&self) -> u64 {
        // Sign extension turns NEVER into the largest number, which a budget never reaches.
        i64::from(self.fast_len) as u64
    }
}

const DROPPED: Block =
    Block { pc: 0, fast_len: NEVER, start: 0, len: 0, next: [NOWHERE; 2], counter: UNCOUNTED };

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

/// The blocks of a page, sorted by where they start: the number of the word in the page above [`ID_BITS`] bits for the
/// index of the block. Four bytes a block, where a hash table from addresses takes seventeen and its empty buckets.
type Starts = Vec<u32>;

/// Bits for the index of a block; there are at most as many blocks as instructions.
const ID_BITS: u32 = 22;
const _: () = assert!(MAX_INSNS + MAX_BLOCK as usize + 2 < 1 << ID_BITS && PAGE / 4 <= 1 << (32 - ID_BITS));

/// Where the block at `pc` stands among those of its page, or would stand.
fn position(starts: &Starts, pc: u64) -> Result<usize, usize> {
    let word = (pc % PAGE / 4) as u32;
    starts.binary_search_by_key(&word, |start| start >> ID_BITS)
}

/// Appends without the spare half that a growing vector has.
fn push<T>(to: &mut Vec<T>, item: T) {
    if to.len() == to.capacity() {
        to.reserve_exact(to.len() / 8 + 64);
    }
    to.push(item);
}

type Map<V> = HashMap<u64, V, BuildHasherDefault<PcHasher>>;

/// All blocks of one address space.
pub(crate) struct Cache {
    pub(crate) insns: Vec<Insn>,
    pub(crate) blocks: Vec<Block>,
    /// The live blocks that start in a page.
    by_page: Map<Starts>,
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
        let starts = self.by_page.get(&(pc / PAGE));
        let known = starts.and_then(|starts| Some(starts[position(starts, pc).ok()?] & ((1 << ID_BITS) - 1)));
        let block = match known {
            Some(block) => block,
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
            Block { pc, fast_len: NEVER, start: 0, len: 1, next: [NOWHERE; 2], counter };
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
            push(&mut self.insns, insn);
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
        let fast_len = if counter == UNCOUNTED { len as i32 } else { NEVER };
        let id = self.blocks.len() as u32;
        let block = Block { pc, fast_len, start: start as u32, len: len as u32, next: [NOWHERE; 2], counter };
        push(&mut self.blocks, block);
        let starts = self.by_page.entry(pc / PAGE).or_default();
        if let Err(at) = position(starts, pc) {
            starts.insert(at, ((pc % PAGE / 4) as u32) << ID_BITS | id);
        }
        Ok(id)
    }

    /// Predecoded instructions, and the bytes that they, their blocks and the ways to find these take. The table of
    /// recent jumps, 64 KiB whatever was decoded, is not among them.
    pub(crate) fn footprint(&self) -> (usize, usize) {
        /// Bytes of a hash table: seven of eight buckets are used at most, each with a control byte.
        fn table<V>(map: &Map<V>) -> usize {
            map.capacity() * 8 / 7 * (size_of::<(u64, V)>() + 1)
        }
        let lists: usize = self.by_page.values().map(|starts| starts.capacity() * size_of::<u32>()).sum();
        let bytes = self.insns.capacity() * size_of::<Insn>()
            + self.blocks.capacity() * size_of::<Block>()
            + table(&self.by_page)
            + lists;
        (self.insns.len(), bytes)
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
        let Some(starts) = self.by_page.get_mut(&page) else { return };
        starts.retain(|&start| {
            let block = &mut self.blocks[(start & ((1 << ID_BITS) - 1)) as usize];
            let end = block.pc + u64::from(block.len) * 4;
            if block.pc >= range.end || end <= range.start {
                return true;
            }
            *block = DROPPED;
            false
        });
        if starts.is_empty() {
            self.by_page.remove(&page);
        }
    }

    /// Drops everything; indices of blocks lose their meaning.
    pub(crate) fn clear(&mut self) {
        self.generation += 1;
        self.insns.truncate(1);
        self.blocks.truncate(2);
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
