//! The known deviations of the reference, from `deviations.txt`. Nothing else may differ.

use crate::case::{End, Field};
use crate::words::parse;

/// Under which circumstances a deviation shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum When {
    /// Whenever the instruction executes.
    Always,
    /// The reference executes what is undefined here.
    Executes,
    /// It refuses what executes here.
    Refuses,
    /// It dies.
    Dies,
    /// Both sides fault there.
    Fault,
    /// It goes on where a fault is due.
    Passes,
    /// The exclusives of the block differ in size.
    Sizes,
    /// A branch led to what is not aligned.
    Target,
    /// It insists on alignment.
    Align,
}

struct Deviation {
    fixed: u32,
    value: u32,
    when: When,
    fields: Vec<&'static str>,
}

/// All of them.
pub(crate) struct Deviations(Vec<Deviation>);

impl Deviations {
    /// Those of a CPU model of the reference: a heading in brackets says for which one the lines below it are.
    ///
    /// # Panics
    /// If a line is malformed.
    pub(crate) fn new(model: &str) -> Self {
        let name = model.split(',').next().unwrap_or_default();
        let mut here = false;
        let mut rows = Vec::new();
        for line in include_str!("deviations.txt").lines() {
            if let Some(heading) = line.strip_prefix('[') {
                here = heading.trim_end_matches(']') == name;
            } else if here && !line.is_empty() && !line.starts_with(';') {
                rows.push(parse_line(line));
            }
        }
        Deviations(rows)
    }

    /// Whether the word is better left out of blocks.
    pub(crate) fn always(&self, word: u32) -> bool {
        let constant = [When::Always, When::Executes, When::Refuses, When::Dies];
        // A cache operation that passes may turn a block that ends here into an endless one there.
        let cache = word >> 24 == 0xD5;
        self.0.iter().any(|row| {
            row.matches(word) && (constant.contains(&row.when) || cache && row.when == When::Passes)
        })
    }

    /// Whether the reference may die of it, or go on for ever where a fault is due.
    pub(crate) fn explain_death(&self, word: u32) -> bool {
        self.0.iter().any(|row| row.matches(word) && matches!(row.when, When::Dies | When::Passes))
    }

    /// Whether `fields` may differ so after `word`, the last instruction or the only one among `words`.
    pub(crate) fn explain(
        &self,
        word: u32,
        words: &[u32],
        (ours, theirs): (&End, &End),
        fields: &[Field],
    ) -> bool {
        self.0.iter().any(|row| {
            row.matches(word)
                && row.when.holds(words, ours, theirs)
                && fields.iter().all(|(name, _)| row.fields.iter().any(|&known| covers(known, name)))
        })
    }
}

impl Deviation {
    fn matches(&self, word: u32) -> bool {
        word & self.fixed == self.value
    }
}

impl When {
    fn holds(self, words: &[u32], ours: &End, theirs: &End) -> bool {
        let (a, b) = (ours.signal.number, theirs.signal.number);
        match self {
            When::Always => true,
            When::Executes => a == 4 && b != 4,
            When::Refuses => a != 4 && b == 4,
            When::Dies => false,
            When::Fault => matches!(a, 7 | 11) && matches!(b, 7 | 11),
            When::Passes => {
                matches!(a, 7 | 11) && (ours.signal, ours.regs.pc) != (theirs.signal, theirs.regs.pc)
            }
            When::Align => {
                (ours.signal, ours.regs.pc) != (theirs.signal, theirs.regs.pc)
                    && b == 7
                    && theirs.signal.code == 1
            }
            When::Target => a == 7 && b == 11 && ours.signal.address == ours.regs.pc << 8 >> 8,
            When::Sizes => {
                // Bits 31:30 and 21 of load- and store-exclusives.
                let sizes: std::collections::BTreeSet<u32> = words
                    .iter()
                    .filter(|&word| word & 0x3F80_0000 == 0x0800_0000)
                    .map(|word| word & 0xC020_0000)
                    .collect();
                sizes.len() > 1
            }
        }
    }
}

/// A field by its name; `x`, `v` for any of their kind, `any` for all.
fn covers(known: &str, name: &str) -> bool {
    let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
    known == "any" || known == name || known == kind
}

fn parse_line(line: &'static str) -> Deviation {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let [pattern, when, which, reason] = fields[..] else { panic!("four fields: {line}") };
    assert!(reason.len() > 10, "a reason: {line}");
    let (fixed, value) = parse(pattern);
    let when = match when {
        "always" => When::Always,
        "executes" => When::Executes,
        "refuses" => When::Refuses,
        "fault" => When::Fault,
        "align" => When::Align,
        "dies" => When::Dies,
        "passes" => When::Passes,
        "sizes" => When::Sizes,
        "target" => When::Target,
        _ => panic!("{when} is no circumstance: {line}"),
    };
    Deviation { fixed, value, when, fields: which.split_whitespace().collect() }
}
