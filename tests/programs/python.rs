//! Python's own test suites as guests: which of their methods pass under `record` and which under qemu-aarch64,
//! compared with what `python.txt` says, and two replays of each trace. For `programs`, which registers them.
//!
//! `python::SUITE` records; `python_qemu::SUITE` runs the reference again, which takes much longer.

use super::{LIMIT, words};
use crate::expect;
use crate::support::command::{Ran, elfuse, run_group};
use crate::support::guest::{replay_digest_within, user};
use crate::support::need::{Need, Suite};
use crate::support::{Outcome, root};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LIST: &str = "tests/programs/python.txt";
const PYTHON: &str = "/usr/bin/python3.13";
/// How long a suite may take.
const SUITE_LIMIT: Duration = LIMIT.saturating_mul(4);

/// What became of a method.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Verdict {
    Passed,
    Skipped,
    Failed,
    /// It has not come to an end.
    Hangs,
    /// One or the other, by the load of the machine.
    Varies,
}

impl Verdict {
    fn named(word: &str) -> Option<Verdict> {
        match word {
            "passed" => Some(Verdict::Passed),
            "skipped" => Some(Verdict::Skipped),
            "failed" => Some(Verdict::Failed),
            "hangs" => Some(Verdict::Hangs),
            "varies" => Some(Verdict::Varies),
            _ => None,
        }
    }
}

/// Who runs a suite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Qemu,
    Record,
}

/// What is known of a suite on one side.
#[derive(Clone, Default, Debug)]
struct Known {
    /// How many methods pass, are skipped and fail, besides those that are listed.
    counts: [usize; 3],
    /// The methods in which the two sides differ.
    listed: BTreeMap<String, Verdict>,
}

/// A suite of the list.
#[derive(Clone, Default, Debug)]
struct Tests {
    name: String,
    /// Whether the counts of qemu are known.
    refers: bool,
    qemu: Known,
    record: Known,
}

impl Tests {
    fn known(&self, side: Side) -> &Known {
        match side {
            Side::Qemu => &self.qemu,
            Side::Record => &self.record,
        }
    }
}

/// Lists the tests of this module; `folder` has the programs.
pub(super) fn register(suite: &mut Suite, folder: &Path) {
    let listed = read().unwrap_or_else(|why| panic!("{LIST}: {why}"));
    for tests in listed {
        let (again, there) = (tests.clone(), folder.to_path_buf());
        suite.test(format!("python::{}", tests.name), &[], move || recorded(&again, &there));
        if tests.refers {
            let there = folder.to_path_buf();
            let name = format!("python_qemu::{}", tests.name);
            suite.test(name, &[Need::Qemu], move || referred(&tests, &there));
        }
    }
}

fn read() -> Result<Vec<Tests>, String> {
    let text = std::fs::read_to_string(root().join(LIST)).map_err(|error| error.to_string())?;
    let mut all: Vec<Tests> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let parsed = match (line.strip_prefix("  "), all.last_mut()) {
            (Some(line), Some(tests)) => add_method(tests, line),
            (Some(_), None) => None,
            (None, _) => suite_of(line).map(|tests| all.push(tests)),
        };
        parsed.ok_or_else(|| format!("`{line}` is neither a suite nor a method"))?;
    }
    Ok(all)
}

/// `NAME | qemu PASSED SKIPPED FAILED | record PASSED SKIPPED FAILED`, or `qemu -` where it takes hours.
fn suite_of(line: &str) -> Option<Tests> {
    let [name, qemu, record] = line.split(" | ").map(str::trim).collect::<Vec<_>>()[..] else { return None };
    let counts = |field: &str, side: &str| -> Option<Known> {
        let numbers: Vec<usize> =
            words(field.strip_prefix(side)?).iter().map(|n| n.parse().ok()).collect::<Option<_>>()?;
        Some(Known { counts: numbers.try_into().ok()?, listed: BTreeMap::new() })
    };
    let refers = qemu != "qemu -";
    let qemu = if refers { counts(qemu, "qemu ")? } else { Known::default() };
    Some(Tests { name: name.to_owned(), refers, qemu, record: counts(record, "record ")? })
}

/// `METHOD | qemu VERDICT | record VERDICT | REASON`.
fn add_method(tests: &mut Tests, line: &str) -> Option<()> {
    let [method, qemu, record, _reason] = line.split(" | ").map(str::trim).collect::<Vec<_>>()[..] else {
        return None;
    };
    let qemu = Verdict::named(qemu.strip_prefix("qemu ")?)?;
    let record = Verdict::named(record.strip_prefix("record ")?)?;
    tests.qemu.listed.insert(method.to_owned(), qemu);
    tests.record.listed.insert(method.to_owned(), record);
    Some(())
}

/// The command line that runs a suite, without the methods that would hang.
fn command(tests: &Tests, side: Side) -> Vec<String> {
    let mut all = words(&format!("{PYTHON} -m test -v {}", tests.name));
    for (method, _) in tests.known(side).listed.iter().filter(|(_, verdict)| **verdict == Verdict::Hangs) {
        all.extend(["--ignore".to_owned(), format!("*.{method}")]);
    }
    all
}

/// The method that a line of unittest's begins with, as `CLASS.METHOD`.
fn method_of(suite: &str, line: &str) -> Option<String> {
    let (name, rest) = line.trim_start().split_once(" (")?;
    let (id, _) = rest.split_once(')')?;
    if !id.starts_with("test.") || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    let id = id.strip_prefix(&format!("test.{suite}.")).unwrap_or(id);
    // What belongs to a class, like setUpClass, is called by the name of the class alone.
    Some(if id.ends_with(&format!(".{name}")) { id.to_owned() } else { format!("{id}.{name}") })
}

/// What the end of a line says of the method that runs.
fn verdict_of(line: &str) -> Option<Verdict> {
    match line.trim_end() {
        line if line.ends_with("ok") || line.ends_with("expected failure") => Some(Verdict::Passed),
        line if line.contains("skipped '") || line.contains("skipped \"") => Some(Verdict::Skipped),
        line if ["FAIL", "ERROR", "unexpected success"].iter().any(|end| line.ends_with(end)) => {
            Some(Verdict::Failed)
        }
        _ => None,
    }
}

/// Reads what `-m test -v` prints. The verdict may stand lines below the method, behind what the method printed, and
/// a method with parts has one for each that was skipped or failed.
fn verdicts(suite: &str, text: &str) -> BTreeMap<String, Verdict> {
    let mut all: BTreeMap<String, Verdict> = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        let closing = ["ERROR: ", "FAIL: "].iter().find_map(|mark| line.strip_prefix(mark));
        if let Some(method) = closing.and_then(|rest| method_of(suite, rest)) {
            all.insert(method, Verdict::Failed);
            current = None;
            continue;
        }
        if let Some(method) = method_of(suite, line) {
            all.entry(method.clone()).or_insert(Verdict::Hangs);
            current = Some(method);
        }
        if let (Some(method), Some(verdict)) = (&current, verdict_of(line)) {
            all.insert(method.clone(), verdict);
            current = None;
        }
    }
    all
}

/// Compares what a suite printed with what is known of it.
fn compare(tests: &Tests, side: Side, ran: &Ran) -> Outcome {
    let mut found = verdicts(&tests.name, &ran.out_text());
    let known = tests.known(side);
    let mut wrong = String::new();
    for (method, &expected) in &known.listed {
        let got = found.remove(method).unwrap_or(Verdict::Hangs);
        if expected != Verdict::Varies && got != expected {
            // Writing to a String cannot fail.
            let _ = writeln!(wrong, "{method}: wanted {expected:?} and got {got:?}");
        }
    }
    let count = |wanted: Verdict| found.values().filter(|&&verdict| verdict == wanted).count();
    let counts = [Verdict::Passed, Verdict::Skipped, Verdict::Failed].map(count);
    if counts != known.counts || count(Verdict::Hangs) != 0 {
        let bad = |verdict: &Verdict| matches!(verdict, Verdict::Failed | Verdict::Hangs);
        let bad: Vec<_> = found.iter().filter(|(_, verdict)| bad(verdict)).collect();
        let _ =
            writeln!(wrong, "passed, skipped, failed: wanted {:?} and got {counts:?}; {bad:?}", known.counts);
    }
    expect!(wrong.is_empty(), "{}:\n{wrong}\n{}", tests.name, ran.shown());
    Ok(())
}

/// Runs `command` as a user without settings, in a fresh folder which is the home of the program.
fn run_apart(command: &mut Command, scratch: &Path) -> Result<Ran, String> {
    run_group(command.current_dir(scratch), SUITE_LIMIT)
}

fn scratch() -> Result<(tempfile::TempDir, PathBuf), String> {
    let held = tempfile::tempdir().map_err(|error| error.to_string())?;
    let home = held.path().join("home");
    std::fs::create_dir(&home).map_err(|error| error.to_string())?;
    Ok((held, home))
}

fn recorded(tests: &Tests, folder: &Path) -> Outcome {
    let (held, home) = scratch()?;
    let trace = held.path().join("run.etrace");
    let place = home.display();
    let mut recorder = elfuse(["record", "--clear-env", "--user", &user()?, "-o"]);
    recorder.arg(&trace).arg("--sysroot").arg(folder.join("trixie"));
    for variable in ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1"] {
        recorder.args(["--env", variable]);
    }
    recorder.args(["--env", &format!("HOME={place}"), "--env", &format!("TMPDIR={place}"), "--"]);
    recorder.args(command(tests, Side::Record));
    compare(tests, Side::Record, &run_apart(&mut recorder, &home)?)?;
    let [first, second] = [(); 2].map(|()| replay_digest_within(&trace, SUITE_LIMIT));
    let (first, second) = (first?, second?);
    expect!(first == second, "two replays give {first} and {second}");
    Ok(())
}

fn referred(tests: &Tests, folder: &Path) -> Outcome {
    let (_held, home) = scratch()?;
    let mut qemu = Command::new(root().join("scripts/qemu_root.sh"));
    qemu.env("HOME", "/tmp").env("LC_ALL", "C.UTF-8").arg(folder.join("trixie"));
    qemu.args(command(tests, Side::Qemu));
    compare(tests, Side::Qemu, &run_apart(&mut qemu, &home)?)
}
