//! Goes through words, compares the three decoders, and words the findings.

use crate::Outcome;
use crate::patterns::{PAGE, Page, Pattern, contains, page_of};
use crate::random::Random;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;
use yaxpeax_arch::{Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::{InstDecoder, Instruction};

/// Words with the same upper half that the slice takes of each upper half.
const SAMPLES: u32 = 1024;
/// Words that it takes of each pattern, and each of these with one bit flipped.
const MEMBERS: usize = 24;
/// Findings of a kind that a report shows.
const SHOWN: usize = 40;

/// How two decoders may disagree about a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    /// LLVM takes it for an instruction; it is undefined here.
    Undefined,
    /// It executes here; LLVM refuses it.
    Executes,
    /// It executes here; the viewer's disassembler has no text for it.
    NoText,
}

/// A line of `differences.txt`.
struct Difference {
    pattern: Pattern,
    kind: Kind,
    line: &'static str,
}

/// What is expected.
struct Expected {
    defined: Vec<Pattern>,
    /// How many words `defined` has.
    count: u64,
    differences: Vec<Difference>,
}

impl Expected {
    fn new() -> Self {
        let lines =
            |text: &'static str| text.lines().filter(|line| !line.is_empty() && !line.starts_with(';'));
        let mut expected = Expected { defined: Vec::new(), count: 0, differences: Vec::new() };
        for line in lines(include_str!("reference.txt")) {
            match line.strip_prefix("= ") {
                Some(count) => expected.count = count.parse().expect("a count"),
                None => expected.defined.push(Pattern::new(line)),
            }
        }
        expected.differences = lines(include_str!("differences.txt")).map(parse_difference).collect();
        expected
    }

    fn allowed(&self, kind: Kind, page: u32) -> Page {
        page_of(self.differences.iter().filter(|known| known.kind == kind).map(|known| &known.pattern), page)
    }
}

fn parse_difference(line: &'static str) -> Difference {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let [pattern, kind, reason] = fields[..] else { panic!("three fields: {line}") };
    assert!(reason.len() > 10, "a reason: {line}");
    let kind = match kind {
        "undefined" => Kind::Undefined,
        "executes" => Kind::Executes,
        "no text" => Kind::NoText,
        _ => panic!("{kind} is no kind of difference: {line}"),
    };
    Difference { pattern: Pattern::new(pattern), kind, line }
}

/// What was counted.
#[derive(Default)]
struct Tally {
    words: u64,
    executes: u64,
    reference: u64,
    allowed: BTreeMap<Kind, u64>,
    /// Whether the differences, by number, explained anything.
    used: Vec<bool>,
    found: BTreeMap<Kind, Vec<u32>>,
    findings: u64,
}

impl Tally {
    fn new(expected: &Expected) -> Self {
        Tally { used: vec![false; expected.differences.len()], ..Tally::default() }
    }

    fn add(&mut self, other: Tally) {
        self.words += other.words;
        self.executes += other.executes;
        self.reference += other.reference;
        self.findings += other.findings;
        for (kind, count) in other.allowed {
            *self.allowed.entry(kind).or_default() += count;
        }
        for (used, more) in self.used.iter_mut().zip(other.used) {
            *used |= more;
        }
        for (kind, words) in other.found {
            self.found.entry(kind).or_default().extend(words);
        }
    }

    fn verdict(mut self, expected: &Expected) -> Outcome {
        let mut text = String::new();
        for (kind, words) in &mut self.found {
            words.sort_unstable();
            // Spread over the whole range rather than its beginning.
            for &word in words.iter().step_by(words.len().div_ceil(SHOWN)) {
                let shown = disassemble(&InstDecoder::default(), word);
                let shown = shown.map_or_else(|error| format!("({error})"), |insn| insn.to_string());
                writeln!(text, "  {word:08x} {word:032b} {kind:?}: {}; {shown}", cpu::decode_name(word))
                    .map_err(|error| error.to_string())?;
            }
        }
        for (known, used) in expected.differences.iter().zip(&self.used) {
            if !used {
                writeln!(text, "  explains nothing: {}", known.line).map_err(|error| error.to_string())?;
            }
        }
        if text.is_empty() {
            Ok(())
        } else {
            Err(format!("{} words differ, some of them:\n{text}", self.findings))
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} words: {} execute here, {} do for LLVM, allowed differences {:?}, others {}",
            self.words, self.executes, self.reference, self.allowed, self.findings
        )
    }
}

/// All that is expected of the words of a page.
struct Judge<'a> {
    expected: &'a Expected,
    page: u32,
    defined: Page,
    allowed: [(Kind, Page); 3],
    decoder: InstDecoder,
}

impl<'a> Judge<'a> {
    fn new(expected: &'a Expected, page: u32) -> Self {
        let allowed =
            [Kind::Undefined, Kind::Executes, Kind::NoText].map(|kind| (kind, expected.allowed(kind, page)));
        let defined = page_of(expected.defined.iter(), page);
        Judge { expected, page, defined, allowed, decoder: InstDecoder::default() }
    }

    fn judge(&self, word: u32, tally: &mut Tally) {
        let executes = !cpu::decode_undefined(word);
        let reference = contains(&self.defined, word);
        tally.words += 1;
        tally.executes += u64::from(executes);
        tally.reference += u64::from(reference);
        match (executes, reference) {
            (true, false) => self.differs(word, Kind::Executes, tally),
            (false, true) => self.differs(word, Kind::Undefined, tally),
            _ => {}
        }
        if executes && disassemble(&self.decoder, word).is_err() {
            self.differs(word, Kind::NoText, tally);
        }
    }

    #[cold]
    fn differs(&self, word: u32, kind: Kind, tally: &mut Tally) {
        let allowed = self.allowed.iter().find(|(other, _)| *other == kind);
        if allowed.is_some_and(|(_, page)| contains(page, word)) {
            *tally.allowed.entry(kind).or_default() += 1;
            for (known, used) in self.expected.differences.iter().zip(&mut tally.used) {
                let pattern = known.pattern;
                *used |= known.kind == kind && (word ^ pattern.value) & pattern.fixed == 0;
            }
            return;
        }
        tally.findings += 1;
        let words = tally.found.entry(kind).or_default();
        // Of one page a few suffice.
        if words.last().is_none_or(|last| last >> 16 != self.page) || words.len() < SHOWN {
            words.push(word);
        }
    }
}

fn disassemble(decoder: &InstDecoder, word: u32) -> Result<Instruction, String> {
    decoder.decode(&mut U8Reader::new(&word.to_le_bytes())).map_err(|error| error.to_string())
}

/// A fixed slice: some words of each page, and words in and next to each pattern.
pub(crate) fn slice() -> Outcome {
    let expected = Expected::new();
    let mut tally = Tally::new(&expected);
    let mut random = Random::new(0);
    let mut extra: Vec<u32> = Vec::new();
    let patterns = expected.differences.iter().map(|known| &known.pattern).chain(&expected.defined);
    for pattern in patterns {
        for _ in 0..MEMBERS {
            let word = random.next() as u32 & !pattern.fixed | pattern.value;
            extra.push(word);
            extra.extend((0..32).map(|bit| word ^ 1 << bit));
        }
    }
    extra.sort_unstable();
    extra.dedup();
    let mut extra = extra.into_iter().peekable();
    for page in 0..PAGE as u32 {
        let judge = Judge::new(&expected, page);
        let first = random.next() as u32;
        for i in 0..SAMPLES {
            // An odd step meets all combinations of low bits and spreads over the high ones.
            let low = first.wrapping_add(i.wrapping_mul(0x9E79)) & 0xFFFF;
            judge.judge(page << 16 | low, &mut tally);
        }
        while let Some(word) = extra.next_if(|word| word >> 16 == page) {
            judge.judge(word, &mut tally);
        }
    }
    eprintln!("{tally}");
    tally.verdict(&expected)
}

/// All words, on all cores.
pub(crate) fn all() -> Outcome {
    let expected = Expected::new();
    let (begin, next) = (Instant::now(), AtomicU32::new(0));
    let work = || {
        let mut tally = Tally::new(&expected);
        loop {
            let page = next.fetch_add(1, Ordering::Relaxed);
            if page >= PAGE as u32 {
                return tally;
            }
            let judge = Judge::new(&expected, page);
            for low in 0..PAGE as u32 {
                judge.judge(page << 16 | low, &mut tally);
            }
            if page % 4096 == 4095 {
                eprintln!("{:3} % after {:.0} s", (page + 1) / 656, begin.elapsed().as_secs_f64());
            }
        }
    };
    let mut total = Tally::new(&expected);
    std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            total.add(thread.join().map_err(|_| "the decoder panicked".to_owned())?);
        }
        Ok::<(), String>(())
    })?;
    eprintln!("{total}; {:.0} s", begin.elapsed().as_secs_f64());
    if total.reference != expected.count {
        return Err(format!("reference.txt has {} words and not {}", total.reference, expected.count));
    }
    total.verdict(&expected)
}
