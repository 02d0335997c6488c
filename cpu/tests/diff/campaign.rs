//! Runs batches of cases on both sides, compares, reduces what differs, and counts what was covered.

use crate::Outcome;
use crate::case::{BRK, CODE, Case, End, Field, MAX_CASES, RW, differences};
use crate::deviations::Deviations;
use crate::ours::Ours;
use crate::random::Random;
use crate::reference::{Answer, Reference};
use crate::states::Source;
use crate::words::{Row, rows};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// What is left of a case, in which fields it differs, and whether that is known.
type Reduced = (Case, Vec<Field>, bool);

const NOP: u32 = 0xD503_201F;
/// How often a long run tells how far it is.
const PROGRESS: Duration = Duration::from_secs(60);
/// Differences that a report shows at most.
const SHOWN: usize = 20;

/// The classes in the order of `rows.txt`.
pub(crate) fn classes() -> Vec<&'static str> {
    let mut found = Vec::new();
    for row in rows() {
        if !found.contains(&row.class) {
            found.push(row.class);
        }
    }
    found
}

/// Fixed seeds of one class; also fails if a row is not met by an instruction that executes.
pub(crate) fn corpus(class: &'static str, cases: usize) -> Outcome {
    let mut campaign = Campaign::new(class)?;
    while campaign.tally.cases < cases {
        let seed = campaign.tally.batches;
        campaign.batch(seed, MAX_CASES.min(cases))?;
    }
    eprintln!("{class}: {}", campaign.tally);
    let missed = campaign.missed();
    expect(missed.is_empty(), || format!("no case executes these rows: {missed:?}"))?;
    expect(campaign.tally.differences == 0, || campaign.report())
}

fn expect(holds: bool, why: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(why()) }
}

/// New seeds, all classes in turn, for so many minutes.
pub(crate) fn fuzz(minutes: &str) -> Outcome {
    let minutes: f64 = minutes.parse().map_err(|_| format!("FUZZ_CPU_MINUTES={minutes} is no number"))?;
    let end = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
    let first = match std::env::var("FUZZ_CPU_SEED") {
        Ok(seed) => seed.parse().map_err(|_| format!("FUZZ_CPU_SEED={seed} is no number"))?,
        Err(_) => {
            std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_err(|error| error.to_string())?
                .as_secs()
                << 20
        }
    };
    let mut campaigns = classes().into_iter().map(Campaign::new).collect::<Result<Vec<_>, _>>()?;
    let (mut seed, mut told) = (first, Instant::now());
    'time: loop {
        // A run that is cut off has then told which seeds it covered.
        if told.elapsed() > PROGRESS {
            let differences: usize = campaigns.iter().map(|campaign| campaign.tally.differences).sum();
            let before = seed - 1;
            eprintln!("{} cases, seeds {first} to {before}: {differences} differences", total(&campaigns));
            told = Instant::now();
        }
        for campaign in &mut campaigns {
            campaign.batch(seed, MAX_CASES)?;
            if Instant::now() > end {
                break 'time;
            }
        }
        seed += 1;
    }
    let mut text = String::new();
    for campaign in &campaigns {
        writeln!(text, "{:<10} {}", campaign.class, campaign.tally).map_err(|error| error.to_string())?;
    }
    eprintln!("{text}{} cases, seeds {first} to {seed}", total(&campaigns));
    let found: Vec<String> =
        campaigns.iter().filter(|found| found.tally.differences > 0).map(Campaign::report).collect();
    expect(found.is_empty(), || found.join("\n"))
}

fn total(campaigns: &[Campaign]) -> usize {
    campaigns.iter().map(|campaign| campaign.tally.cases).sum()
}

/// What was counted.
#[derive(Default)]
pub(crate) struct Tally {
    batches: u64,
    cases: usize,
    blocks: usize,
    executed: usize,
    faulted: usize,
    explained: usize,
    differences: usize,
    kinds: BTreeMap<String, usize>,
    hit: BTreeSet<&'static str>,
    reports: Vec<String>,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:>8} cases, {:>7} of them blocks, {:>8} ran to the end, {:>6} faulted, {:>4} kinds of instruction; {} known deviations, {} differences",
            self.cases,
            self.blocks,
            self.executed,
            self.faulted,
            self.kinds.len(),
            self.explained,
            self.differences
        )
    }
}

/// The work on one class.
struct Campaign {
    class: &'static str,
    ours: Ours,
    reference: Reference,
    deviations: Deviations,
    rows: Vec<Row>,
    others: Vec<Row>,
    tally: Tally,
}

impl Campaign {
    fn new(class: &'static str) -> Result<Self, String> {
        // `max` clears 512 bytes by DC ZVA; a model that has our block size lacks most extensions.
        let zva = class == "zva";
        let model = if zva { "neoverse-n1" } else { "max,sve=off,sme=off,pauth=off" };
        let reference = Reference::new(class, model)?;
        let all = rows();
        let rows = all.iter().copied().filter(|row| row.class == class).collect();
        let others = all
            .into_iter()
            .filter(|row| row.class != "zva" && !row.may_be_empty() && (!zva || row.class == "dp_imm"))
            .collect();
        let (ours, deviations) = (Ours::new(), Deviations::new(model));
        Ok(Campaign { class, ours, reference, deviations, rows, others, tally: Tally::default() })
    }

    fn batch(&mut self, seed: u64, size: usize) -> Outcome {
        let name = self.class.bytes().fold(0u64, |sum, byte| sum.wrapping_mul(257).wrapping_add(byte.into()));
        let mut random = Random::new(seed ^ name.wrapping_mul(0x2545_F491_4F6C_DD1D));
        let source =
            Source { rows: self.rows.clone(), others: self.others.clone(), deviations: &self.deviations };
        let drawn: Vec<Case> = (0..size).map(|slot| source.case(slot, &mut random)).collect();
        let (code, cases, ends) = self.run_ours(drawn);
        let answers = self.reference.run(&code, &cases, false)?;
        for ((case, ours), answer) in cases.iter().zip(&ends).zip(&answers) {
            self.count(case, ours);
            self.judge(&code, case, ours, answer, seed)?;
        }
        self.tally.batches += 1;
        Ok(())
    }

    /// The code of the cases, those of them that the reference may run, and their ends here.
    fn run_ours(&mut self, cases: Vec<Case>) -> (Vec<u32>, Vec<Case>, Vec<End>) {
        let code = self.ours.load(&cases);
        let (cases, ends) =
            cases.into_iter().filter_map(|case| self.ours.run(&case).map(|end| (case, end))).unzip();
        (code, cases, ends)
    }

    fn count(&mut self, case: &Case, end: &End) {
        let tally = &mut self.tally;
        tally.cases += 1;
        tally.blocks += usize::from(case.words.len() > 1);
        tally.executed += usize::from(end.signal.number == 5);
        tally.faulted += usize::from(matches!(end.signal.number, 7 | 11));
        let executes = end.signal.number != 4 || case.words.len() > 1;
        for &word in &case.words {
            let kind = cpu::decode_name(word);
            if executes && !kind.starts_with("Undefined") {
                *tally.kinds.entry(kind).or_default() += 1;
                tally.hit.extend(self.rows.iter().filter(|row| row.matches(word)).map(|row| row.name));
            }
        }
    }

    fn missed(&self) -> Vec<&'static str> {
        let rows = self.rows.iter().filter(|row| !row.may_be_empty());
        rows.map(|row| row.name).filter(|name| !self.tally.hit.contains(name)).collect()
    }

    fn judge(&mut self, code: &[u32], case: &Case, ours: &End, answer: &Answer, seed: u64) -> Outcome {
        let fields = match answer {
            Answer::End(theirs, _) => {
                let fields = differences(ours, theirs);
                if fields.is_empty() {
                    return Ok(());
                }
                if self.explained(code, case, (ours, theirs), &fields) {
                    self.tally.explained += 1;
                    return Ok(());
                }
                fields
            }
            Answer::Died(_) if case.words.iter().any(|&word| self.deviations.explain_death(word)) => {
                self.tally.explained += 1;
                return Ok(());
            }
            Answer::Died(why) => vec![("reference".to_owned(), why.clone())],
        };
        if self.tally.reports.len() >= SHOWN {
            self.tally.differences += 1;
            return Ok(());
        }
        let (case, fields, explained) = self.reduce(case, fields)?;
        if explained {
            self.tally.explained += 1;
            return Ok(());
        }
        self.tally.differences += 1;
        if self.tally.reports.len() < SHOWN {
            let report = self.describe(&case, &fields, seed)?;
            self.tally.reports.push(report);
        }
        Ok(())
    }

    /// Whether what differs is known of the only instruction, or else of one of those where the two sides ended, or,
    /// if they ended elsewhere, of any.
    fn explained(&self, code: &[u32], case: &Case, (ours, theirs): (&End, &End), fields: &[Field]) -> bool {
        let inside = |pc: u64| {
            let at = usize::try_from(pc.wrapping_sub(CODE) / 4).unwrap_or(usize::MAX);
            code.get(at).copied().filter(|&word| word != BRK)
        };
        let left: Vec<u32> = case.words.iter().copied().filter(|&word| word != NOP).collect();
        let mut suspects: Vec<u32> = [ours.regs.pc, theirs.regs.pc].into_iter().filter_map(inside).collect();
        if left.len() == 1 || suspects.is_empty() {
            suspects.extend(left);
        }
        suspects.iter().any(|&word| self.deviations.explain(word, &case.words, (ours, theirs), fields))
    }

    /// Replaces instructions by NOP as long as something still differs. Returns what is left, the fields, and
    /// whether the one instruction that is left is known.
    fn reduce(&mut self, case: &Case, fields: Vec<Field>) -> Result<Reduced, String> {
        let (mut case, mut fields) = (case.clone(), fields);
        loop {
            let candidates: Vec<Case> = (0..case.words.len())
                .filter(|&at| case.words[at] != NOP && case.words.len() > 1)
                .map(|at| {
                    let mut fewer = case.clone();
                    fewer.words[at] = NOP;
                    fewer
                })
                .collect();
            let mut smaller = None;
            // One by one: they share a slot, because addresses depend on it.
            for candidate in candidates {
                let (code, cases, ends) = self.run_ours(vec![candidate]);
                let answers = self.reference.run(&code, &cases, false)?;
                let (Some(fewer), Some(ours), Some(answer)) = (cases.first(), ends.first(), answers.first())
                else {
                    continue;
                };
                let found = match answer {
                    Answer::End(theirs, _) => differences(ours, theirs),
                    Answer::Died(why) => vec![("reference".to_owned(), why.clone())],
                };
                if found.is_empty() {
                    continue;
                }
                if let Answer::End(theirs, _) = answer
                    && self.explained(&code, fewer, (ours, theirs), &found)
                {
                    return Ok((fewer.clone(), found, true));
                }
                smaller = Some((fewer.clone(), found));
                break;
            }
            match smaller {
                Some(found) => (case, fields) = found,
                None => return Ok((case, fields, false)),
            }
        }
    }

    /// What is left of a case in words: instructions, inputs, fields that differ.
    fn describe(&mut self, case: &Case, fields: &[Field], seed: u64) -> Result<String, String> {
        let mut text = String::new();
        let mut line = |words: std::fmt::Arguments<'_>| {
            text.write_fmt(words).map_err(|error| error.to_string())?;
            text.push('\n');
            Ok::<(), String>(())
        };
        line(format_args!(
            "DIFF class {} seed {seed} slot {} quantum {}",
            self.class, case.slot, case.quantum
        ))?;
        for (at, &word) in case.words.iter().enumerate().filter(|&(_, &word)| word != NOP) {
            let shown = disassemble(word);
            line(format_args!("  +{:02x} {word:08x} {shown} ; {}", at * 4, cpu::decode_name(word)))?;
            let regs = &case.regs;
            let used: BTreeSet<usize> = [0, 5, 10, 16].map(|low| (word >> low & 31) as usize).into();
            for n in used {
                let x = if n == 31 { regs.sp } else { regs.x[n] };
                line(format_args!("      {n}: x {x:016x} v {:032x}", regs.v[n]))?;
            }
            line(format_args!(
                "      nzcv {:x} fpcr {:08x} fpsr {:08x}",
                regs.nzcv >> 28,
                regs.fpcr,
                regs.fpsr
            ))?;
        }
        for (name, values) in fields {
            line(format_args!("    {name}: {values}"))?;
        }
        self.describe_memory(case, &mut text)?;
        Ok(text)
    }

    /// The words of memory in which the two sides differ.
    fn describe_memory(&mut self, case: &Case, text: &mut String) -> Outcome {
        let (code, cases, _) = self.run_ours(vec![case.clone()]);
        let answers = self.reference.run(&code, &cases, true)?;
        if let Some(Answer::End(_, theirs)) = answers.first() {
            for (at, (a, b)) in self.ours.data().iter().zip(theirs).enumerate().filter(|(_, (a, b))| a != b) {
                writeln!(text, "    [{:x}]: ours {a:x}, reference {b:x}", RW + 8 * at as u64)
                    .map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    fn report(&self) -> String {
        format!(
            "{} differences in {}, some of them:\n{}",
            self.tally.differences,
            self.class,
            self.tally.reports.join("\n")
        )
    }
}

fn disassemble(word: u32) -> String {
    use yaxpeax_arch::{Decoder, U8Reader};
    let decoder = yaxpeax_arm::armv8::a64::InstDecoder::default();
    let bytes = word.to_le_bytes();
    match decoder.decode(&mut U8Reader::new(&bytes)) {
        Ok(instruction) => instruction.to_string(),
        Err(error) => format!("({error})"),
    }
}
