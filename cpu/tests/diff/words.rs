//! Draws instruction words by the encoding rows of `rows.txt`.

use crate::random::Random;

/// An encoding row: fixed bits and a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The group of the manual it belongs to; a test runs one class.
    pub(crate) class: &'static str,
    /// Within the class.
    pub(crate) name: &'static str,
    fixed: u32,
    value: u32,
}

impl Row {
    /// A random word of this row.
    pub(crate) fn draw(&self, random: &mut Random) -> u32 {
        let mut word = random.next() as u32;
        // Fields of ones and of zeros are registers 31 and 0 and the ends of immediates.
        for at in [0, 5, 10, 16] {
            match random.below(32) {
                0 | 1 => word |= 31 << at,
                2 => word &= !(31 << at),
                _ => {}
            }
        }
        word & !self.fixed | self.value
    }

    /// Whether `word` belongs to it.
    pub(crate) fn matches(&self, word: u32) -> bool {
        word & self.fixed == self.value
    }

    /// Whether the row has words only to see that they are unallocated.
    pub(crate) fn may_be_empty(&self) -> bool {
        self.name.ends_with("any")
    }
}

/// The fixed bits of a pattern of 32 digits 0, 1 and x, and their values.
///
/// # Panics
/// If it is none.
pub(crate) fn parse(pattern: &str) -> (u32, u32) {
    assert_eq!(pattern.len(), 32, "{pattern} has no 32 digits");
    pattern.bytes().fold((0, 0), |(fixed, value), digit| match digit {
        b'x' => (fixed << 1, value << 1),
        b'0' => (fixed << 1 | 1, value << 1),
        b'1' => (fixed << 1 | 1, value << 1 | 1),
        _ => panic!("{pattern}: {}", char::from(digit)),
    })
}

/// All rows.
pub(crate) fn rows() -> Vec<Row> {
    let lines = include_str!("rows.txt").lines().filter(|line| !line.is_empty() && !line.starts_with(';'));
    lines
        .map(|line| {
            let mut fields = line.split_whitespace();
            let mut next = || fields.next().expect("class, name, pattern");
            let (class, name) = (next(), next());
            let (fixed, value) = parse(next());
            Row { class, name, fixed, value }
        })
        .collect()
}

/// Where an instruction finds its address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Addressing {
    /// 31 is SP.
    pub(crate) base: usize,
    /// Added to the base, in bytes.
    pub(crate) offset: i64,
    /// Added too: register, its extension as in the option field, left shift.
    pub(crate) index: Option<(usize, u32, u32)>,
    /// Whether most implementations of it insist on alignment.
    pub(crate) atomic: bool,
}

/// How `word` addresses memory, if it does so by a general register (C4.1.94, and DC).
pub(crate) fn addressing(word: u32) -> Option<Addressing> {
    let field = |at: u32, len: u32| word >> at & ((1 << len) - 1);
    let signed = |at: u32, len: u32| i64::from((word << (32 - at - len)) as i32 >> (32 - len));
    let plain = Addressing { base: field(5, 5) as usize, offset: 0, index: None, atomic: false };
    let vector = field(26, 1) == 1;
    if field(24, 8) == 0xD5 {
        let data_cache = field(19, 5) == 1 && field(12, 4) == 7;
        return data_cache.then_some(Addressing { base: (field(0, 5) as usize).min(30), ..plain });
    }
    if field(27, 1) == 0 || field(25, 1) == 1 {
        return None;
    }
    let size = field(30, 2);
    let scale = if vector && field(23, 1) == 1 { 4 } else { size };
    Some(match (field(28, 2), field(24, 2)) {
        (0, _) if vector => plain,
        (0, _) => Addressing { atomic: true, ..plain },
        (1, 0) => return None,
        (1, _) => Addressing { offset: signed(12, 9), atomic: true, ..plain },
        (2, mode) => {
            let scale = if vector { 2 + size } else { 2 + size / 2 };
            let post = mode == 0 && field(23, 1) == 1;
            Addressing { offset: if post { 0 } else { signed(15, 7) << scale }, ..plain }
        }
        (3, 0) if field(21, 1) == 0 => {
            Addressing { offset: if field(10, 2) == 1 { 0 } else { signed(12, 9) }, ..plain }
        }
        (3, 0) if field(10, 2) == 2 => {
            let shift = if field(12, 1) == 1 { scale } else { 0 };
            Addressing { index: Some((field(16, 5) as usize, field(13, 3), shift)), ..plain }
        }
        (3, 0) => Addressing { atomic: true, ..plain },
        (3, _) => Addressing { offset: i64::from(field(10, 12)) << scale, ..plain },
        _ => return None,
    })
}

/// A word that branches by a register, which is returned.
pub(crate) fn branch_register(word: u32) -> Option<usize> {
    (word & 0xFE00_0000 == 0xD600_0000).then_some((word >> 5 & 31) as usize)
}

/// Where the offset of a direct branch stands: lowest bit and length.
fn branch_offset(word: u32) -> Option<(u32, u32)> {
    match word {
        _ if word & 0x7C00_0000 == 0x1400_0000 => Some((0, 26)),
        _ if word & 0xFF00_0010 == 0x5400_0000 || word & 0x7E00_0000 == 0x3400_0000 => Some((5, 19)),
        _ if word & 0x7E00_0000 == 0x3600_0000 => Some((5, 14)),
        _ => None,
    }
}

/// Makes a direct branch lead to a word of the case, or just behind it, most of the time.
pub(crate) fn tame_branch(word: u32, at: usize, len: usize, random: &mut Random) -> u32 {
    let Some((low, bits)) = branch_offset(word) else { return word };
    if random.one_in(16) {
        return word;
    }
    let target = if random.one_in(4) {
        random.below(len as u64 + 1)
    } else {
        at as u64 + 1 + random.below((len - at) as u64)
    };
    let mask = (1u32 << bits) - 1;
    let offset = (target as u32).wrapping_sub(at as u32) & mask;
    word & !(mask << low) | offset << low
}
