//! Draws cases: words of a class, alone or in blocks, and states in which they do something worth comparing.

use crate::case::{Case, MAX_WORDS, RO, RW, RW_SIZE, data};
use crate::deviations::Deviations;
use crate::random::Random;
use crate::words::{Addressing, Row, addressing, branch_register, tame_branch};
use cpu::{Regs, decode_undefined};

/// FPCR fields: RMode, FZ, DN, FZ16, AHP.
const MODES: [u32; 16] = [
    0,
    0,
    0,
    0,
    1 << 22,
    2 << 22,
    3 << 22,
    1 << 24,
    1 << 25,
    1 << 19,
    1 << 26,
    0x0308_0000,
    0x01C8_0000,
    0x0248_0000,
    0x0588_0000,
    0x07C8_0000,
];

/// Lanes of 8, 16, 32 and 64 bits at the ends of their integer and FP formats.
const EDGES: [[u64; 16]; 4] = [
    [0, 1, 2, 0x7F, 0x80, 0x81, 0xFF, 0xFE, 0x55, 0xAA, 0x40, 0xC0, 8, 0xF8, 0x10, 0x0F],
    [
        0, 0x8000, 0x3C00, 0xBC00, 0x7C00, 0xFC00, 0x7E01, 0x7D01, 1, 0x8400, 0x7BFF, 0x3555, 0xC900, 0x7FFF,
        0xFFFF, 0x83FF,
    ],
    [
        0,
        0x8000_0000,
        0x3F80_0000,
        0xBF80_0000,
        0x7F80_0000,
        0xFF80_0000,
        0x7FC0_0001,
        0x7FA0_0001,
        1,
        0x8080_0000,
        0x7F7F_FFFF,
        0x3EAA_AAAB,
        0xC520_1000,
        0x7FFF_FFFF,
        0xFFFF_FFFF,
        0x807F_FFFF,
    ],
    [
        0,
        1 << 63,
        0x3FF0_0000_0000_0000,
        0xBFF0_0000_0000_0000,
        0x7FF0_0000_0000_0000,
        0xFFF0_0000_0000_0000,
        0x7FF8_0000_0000_0001,
        0x7FF4_0000_0000_0001,
        1,
        0x8010_0000_0000_0000,
        0x7FEF_FFFF_FFFF_FFFF,
        0x3FD5_5555_5555_5555,
        0xC0A4_0200_0000_0000,
        0x7FFF_FFFF_FFFF_FFFF,
        u64::MAX,
        0x800F_FFFF_FFFF_FFFF,
    ],
];
/// Fraction bits of minifloat, half, single, double.
const FRACTION: [u32; 4] = [3, 10, 23, 52];

/// What the cases of a test are drawn from.
pub(crate) struct Source<'a> {
    /// Rows of the class.
    pub(crate) rows: Vec<Row>,
    /// Rows that blocks mix in.
    pub(crate) others: Vec<Row>,
    /// Words that do not go into blocks, where a known deviation would hide the rest.
    pub(crate) deviations: &'a Deviations,
}

impl Source<'_> {
    /// A case for `slot`: every other one a single instruction, else a block.
    pub(crate) fn case(&self, slot: usize, random: &mut Random) -> Case {
        let row = random.pick(&self.rows);
        let words = match random.below(16) {
            0..8 => vec![row.draw(random)],
            8 if row.class == "atomic" => exclusive_pair(random),
            8 => counted_loop(self, random),
            _ => self.block(random),
        };
        let len = words.len();
        let words: Vec<u32> =
            words.into_iter().enumerate().map(|(at, word)| tame_branch(word, at, len, random)).collect();
        let quantum = random.pick(&[u64::MAX, u64::MAX, 1, 2, 3, 5]);
        let mut case = Case { words, regs: registers(random), seed: random.next(), quantum, slot };
        set_roles(&mut case, random);
        case
    }

    fn block(&self, random: &mut Random) -> Vec<u32> {
        let len = 2 + random.below(MAX_WORDS as u64 - 1) as usize;
        let mut words: Vec<u32> = Vec::new();
        while words.len() < len {
            words.push(self.word_for_block(random, &words));
        }
        words
    }

    /// A word that executes and rarely spoils the address registers of what stands before it.
    fn word_for_block(&self, random: &mut Random, before: &[u32]) -> u32 {
        loop {
            let rows = if random.one_in(3) { &self.others } else { &self.rows };
            let row = random.pick(rows);
            let word = row.draw(random);
            let base = addressing(word).map(|found| found.base as u32);
            let spoils = base.is_some_and(|base| before.iter().any(|word| word & 31 == base));
            if !decode_undefined(word) && !self.deviations.always(word) && (!spoils || random.one_in(10)) {
                return word;
            }
        }
    }
}

/// `SUBS Xn, Xn, #1; B.NE` back to it, with a word of the class in between where that leaves the loop finite.
fn counted_loop(source: &Source<'_>, random: &mut Random) -> Vec<u32> {
    let n = random.below(31) as u32;
    let mut words = vec![source.word_for_block(random, &[]); random.below(2) as usize];
    // Counted in 32 bits and by CBNZ as well.
    let wide = (random.below(2) as u32) << 31;
    words.push(0x7100_0400 | wide | n << 5 | n);
    let back = (words.len() as u32).wrapping_neg();
    words.push(if random.one_in(2) {
        0x5400_0001 | (back & 0x7FFFF) << 5
    } else {
        0x3500_0000 | wide | (back & 0x7FFFF) << 5 | n
    });
    words.push(source.word_for_block(random, &[]));
    words
}

/// Load-exclusive, perhaps something in between, store-exclusive to the same place.
fn exclusive_pair(random: &mut Random) -> Vec<u32> {
    let (base, pair) = (random.below(31) as u32, (random.below(2) as u32) << 21);
    let reg = |random: &mut Random| loop {
        let n = random.below(32) as u32;
        if n != base {
            return n;
        }
    };
    let size = (random.below(4) as u32 | pair >> 20) << 30;
    let ordered = (random.below(2) as u32) << 15;
    let (t, t2, s) = (reg(random), reg(random), reg(random));
    let second = if pair == 0 { 31 } else { t2 };
    let mut words = vec![0x085F_0000 | size | pair | ordered | second << 10 | base << 5 | t];
    match random.below(4) {
        // STR XZR or STRB Wt to the same place, CLREX.
        0 => words.push(0xF900_0000 | base << 5 | 31),
        1 => words.push(0x3900_0000 | base << 5 | reg(random)),
        2 if random.one_in(3) => words.push(0xD503_3F5F),
        _ => {}
    }
    let size = if random.one_in(16) { size ^ 1 << 30 } else { size };
    words.push(0x0800_0000 | size | pair | ordered | s << 16 | second << 10 | base << 5 | reg(random));
    words
}

fn registers(random: &mut Random) -> Regs {
    let mut regs = Regs {
        sp: (RW + 64 + random.below(RW_SIZE - 128)) & !15,
        nzcv: (random.next() as u32) << 28,
        fpcr: random.pick(&MODES),
        fpsr: if random.one_in(2) { 0 } else { random.next() as u32 & 0x0800_009F },
        tpidr_el0: random.next(),
        ..Regs::default()
    };
    for x in &mut regs.x {
        *x = integer(random);
    }
    let kind = random.below(12);
    for v in &mut regs.v {
        let kind = if random.one_in(4) { random.below(12) } else { kind };
        *v = u128::from(lanes(kind, random)) << 64 | u128::from(lanes(kind, random));
    }
    regs
}

fn integer(random: &mut Random) -> u64 {
    let bits = random.next();
    match random.below(10) {
        0 => random.pick(&EDGES[3]),
        1 => random.pick(&[
            0,
            1,
            u64::MAX,
            i64::MAX as u64,
            1 << 63,
            0x7FFF_FFFF,
            0x8000_0000,
            0xFFFF_FFFF,
            1 << 32,
        ]),
        2 => bits & 0xFF,
        3 => bits as i8 as u64,
        4 => bits as i32 as u64,
        5 => u64::MAX << (bits & 63),
        6 => 1 << (bits & 63),
        _ => bits,
    }
}

/// 64 bits: lanes from [`EDGES`] (kinds 0 to 3), lanes near one in their FP format (4 to 7), or random bits.
fn lanes(kind: u64, random: &mut Random) -> u64 {
    if kind >= 8 {
        return random.next();
    }
    let size = (kind & 3) as usize;
    let bits = 8 << size;
    let mask = u64::MAX >> (64 - bits);
    (0..64).step_by(bits).fold(0, |all, at| {
        let lane = if kind >= 4 {
            let near = EDGES[size][2]
                .wrapping_add((random.below(16) << FRACTION[size]).wrapping_sub(8 << FRACTION[size]));
            near ^ random.next() & ((1 << FRACTION[size]) - 1) ^ random.below(2) << (bits - 1)
        } else if random.one_in(4) {
            random.next()
        } else {
            random.pick(&EDGES[size])
        };
        all | (lane & mask) << at
    })
}

/// Gives the registers that address something a value that leads there. What comes first matters most.
fn set_roles(case: &mut Case, random: &mut Random) {
    let pc = case.pc();
    let words = case.words.clone();
    for &word in words.iter().rev() {
        if let Some(n) = branch_register(word).filter(|&n| n < 31) {
            let target = pc + 4 * random.below(words.len() as u64 + 1);
            case.regs.x[n] = match random.below(16) {
                0 => target + random.below(4),
                1 => target | random.next() << 56,
                2 => random.below(1 << 40),
                _ => target,
            };
        }
        if word & 0x7FFF_FC00 == 0x7100_0400 && word >> 5 & 31 == word & 31 && words.len() > 1 {
            // The counter of a loop.
            case.regs.x[(word & 31) as usize % 31] = 1 + random.below(40);
        }
        if let Some(found) = addressing(word) {
            point(case, word, found, random);
        }
    }
}

fn point(case: &mut Case, word: u32, found: Addressing, random: &mut Random) {
    let mut target = match random.below(20) {
        0 => RO + random.below(4096),
        1 => RW - 64 + random.below(128),
        2 => RO - 64 + random.below(128),
        3 => RO + 4096 - 64 + random.below(128),
        4 => RW + 4096 - 64 + random.below(128),
        _ => RW + 64 + random.below(RW_SIZE - 256),
    };
    if random.one_in(2) || found.atomic && !random.one_in(8) {
        target &= !15;
        // Aligned to less than 16 is aligned enough for most.
        target += (random.below(2) << (word >> 30)) & 15;
    }
    let mut base = target.wrapping_sub(found.offset as u64);
    if let Some((index, option, shift)) = found.index {
        let value = random.below(128).wrapping_sub(if option & 4 == 0 { 0 } else { 64 });
        let upper = if option & 1 == 0 { random.next() << 32 } else { value >> 32 << 32 };
        if index < 31 {
            case.regs.x[index] = value & 0xFFFF_FFFF | upper;
            base = base.wrapping_sub(value << shift);
        }
    }
    if random.one_in(10) {
        base ^= random.next() << 56;
    }
    if found.base < 31 {
        case.regs.x[found.base] = base;
    } else {
        case.regs.sp = base;
    }
    if found.atomic && random.one_in(2) {
        expect_memory(case, word, target);
    }
}

/// Lets a comparison with memory succeed.
fn expect_memory(case: &mut Case, word: u32, target: u64) {
    let Some(offset) = target.checked_sub(RW).filter(|&offset| offset + 16 <= RW_SIZE) else { return };
    let bytes: Vec<u8> =
        data(case.seed, RW_SIZE).skip(offset as usize / 8).take(3).flat_map(u64::to_le_bytes).collect();
    let at = offset as usize % 8;
    let read = |from: usize| u64::from_le_bytes(bytes[from..from + 8].try_into().expect("8 bytes"));
    let s = (word >> 16 & 31) as usize;
    let base = (word >> 5 & 31) as usize;
    let casp32 = word & 0xFFA0_7C00 == 0x0820_7C00;
    let (first, second) = if casp32 { (read(at), read(at) >> 32) } else { (read(at), read(at + 8)) };
    if s < 31 && s != base {
        case.regs.x[s] = first;
    }
    if s < 30 && s + 1 != base && word & 0xBFA0_7C00 == 0x0820_7C00 {
        case.regs.x[s + 1] = second;
    }
}
