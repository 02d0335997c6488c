//! The programs of `tests/guests/linux`, which check for themselves that Linux behaves as it should: under
//! qemu-aarch64, under `record`, and in two replays; some also under `--chaos`.
//!
//! `CORPUS_ALL=1` (`make corpus`) puts every program under chaos; `CORPUS_LOAD=N` keeps N threads busy meanwhile.

use crate::expect;
use crate::support::command::{Ran, elfuse, run, run_group, target_dir};
use crate::support::guest::{SEEDS, qemu, replay_digest, user};
use crate::support::load;
use crate::support::need::{Need, Suite};
use crate::support::{Outcome, root};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a program may take under each of the three.
const LIMIT: Duration = Duration::from_secs(60);
/// How long one may take that is expected to fail: some hang.
const GAP_LIMIT: Duration = Duration::from_secs(15);
/// Programs that fail under `record`: `AREA/NAME | REASON` a line.
const GAPS: &str = "tests/guests/linux/known_gaps.txt";
/// The programs whose course depends most on who runs when.
const CHAOS: &[&str] = &[
    "exec/signals",
    "exec/thread",
    "futex/interrupted",
    "futex/pi",
    "futex/requeue",
    "futex/shared",
    "futex/wake_order",
    "pipe/atomic_writes",
    "pipe/pipeline",
    "process/exit_with_threads",
    "process/fork_threads",
    "process/groups_sessions",
    "process/vfork_memory",
    "process/wait_group",
    "restart/mixed_flags",
    "signal/altstack",
    "signal/directed",
    "signal/nested",
    "signal/ping_pong",
    "signal/preempt_regs",
    "thread/barrier",
    "thread/clock",
    "thread/cond",
    "thread/exclusives",
    "thread/exec_from",
    "thread/fork_from",
    "thread/kill_thread",
    "thread/robust",
    "thread/rwlock",
    "thread/spin",
    "thread/vfork",
    "timer/clock_in_handler",
];

/// A program of the corpus, with what the first lines of its source say.
#[derive(Clone, Debug)]
struct Program {
    /// `AREA/NAME`.
    name: String,
    source: PathBuf,
    /// `// cflags:`, for the compiler.
    cflags: Vec<String>,
    /// `// args:`, for the program.
    args: Vec<String>,
    /// `// qemu: no, REASON`: qemu-aarch64 does something else than Linux.
    without_qemu: bool,
}

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    let all = std::env::var_os("CORPUS_ALL").is_some();
    let programs = programs().unwrap_or_else(|why| panic!("the corpus cannot be listed: {why}"));
    let gaps = gaps().unwrap_or_else(|why| panic!("{GAPS}: {why}"));
    let names: Vec<String> = programs.iter().map(|program| program.name.clone()).collect();
    let listed: Vec<String> = gaps.keys().cloned().chain(CHAOS.iter().map(|&name| name.to_owned())).collect();
    suite.plain("linux::lists_name_programs", move || {
        let unknown: Vec<&String> = listed.iter().filter(|name| !names.contains(name)).collect();
        expect!(unknown.is_empty(), "no such programs: {unknown:?}");
        Ok(())
    });
    for program in programs {
        let label = program.name.replace('/', "::");
        let gap = gaps.get(&program.name).cloned();
        let mut needs = vec![Need::CrossCompiler];
        if !program.without_qemu {
            needs.push(Need::Qemu);
        }
        if gap.is_none() && (all || CHAOS.contains(&program.name.as_str())) {
            let program = program.clone();
            suite.test(format!("linux_chaos::{label}"), &[Need::CrossCompiler], move || shaken(&program));
        }
        suite.test(format!("linux::{label}"), &needs, move || match gap {
            Some(reason) => still_fails(&program, &reason),
            None => behaves(&program),
        });
    }
    load::start();
}

fn text_of(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(told)? {
        paths.push(entry.map_err(told)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn programs() -> Result<Vec<Program>, String> {
    let mut found = Vec::new();
    for area in entries(&root().join("tests/guests/linux"))?.into_iter().filter(|path| path.is_dir()) {
        let sources = entries(&area)?.into_iter().filter(|path| path.extension().is_some_and(|e| e == "c"));
        for source in sources {
            let text = text_of(&source)?;
            let head: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("// ")).collect();
            let words = |key: &str| -> Vec<String> {
                let lines = head.iter().filter_map(|line| line.strip_prefix(key));
                lines.flat_map(str::split_whitespace).map(str::to_owned).collect()
            };
            let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            found.push(Program {
                name: format!("{}/{}", name(&area), name(&source)),
                cflags: words("cflags:"),
                args: words("args:"),
                without_qemu: head.iter().any(|line| line.starts_with("qemu: no, ")),
                source,
            });
        }
    }
    Ok(found)
}

/// The list of what fails, with reasons.
fn gaps() -> Result<BTreeMap<String, String>, String> {
    let mut all = BTreeMap::new();
    let text = text_of(&root().join(GAPS))?;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, reason) = line.split_once(" | ").ok_or_else(|| format!("`{line}` has no reason"))?;
        all.insert(name.trim().to_owned(), reason.trim().to_owned());
    }
    Ok(all)
}

/// Builds the program, unless it is there and newer than what it is made of.
fn build(program: &Program) -> Result<PathBuf, String> {
    let elf = target_dir().join("guests/linux").join(&program.name);
    let folder = elf.parent().expect("a file in a folder").to_path_buf();
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let changed = |path: &Path| path.metadata().and_then(|about| about.modified()).ok();
    let area = program.source.parent().expect("a file in a folder");
    let corpus = area.parent().expect("an area in the corpus");
    let headers = [area, corpus].map(entries).into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    let headers = headers.into_iter().filter(|path| path.extension().is_some_and(|e| e == "h"));
    let newest = headers.chain([program.source.clone()]).map(|path| changed(&path)).max().flatten();
    if changed(&elf) > newest {
        return Ok(elf);
    }
    // Two tests, or two test runs, may build the same program: it appears in one step.
    let fresh = tempfile::NamedTempFile::new_in(&folder).map_err(|error| error.to_string())?.into_temp_path();
    let mut compiler = Command::new("aarch64-linux-gnu-gcc");
    compiler.args(["-std=gnu11", "-O2", "-g1", "-Wall", "-Wextra", "-Werror", "-static", "-pthread"]);
    compiler.args(&program.cflags).arg("-o").arg(&fresh).arg(&program.source);
    run(&mut compiler)?.expect_code(0).map_err(|why| format!("{} does not build: {why}", program.name))?;
    fresh.persist(&elf).map_err(|error| error.to_string())?;
    Ok(elf)
}

/// Runs a command line in a fresh, empty folder.
fn run_apart(mut command: Command, program: &Program, limit: Duration) -> Result<Ran, String> {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    run_group(command.args(&program.args).current_dir(scratch.path()), limit)
}

/// Records the program and replays it twice.
fn record(program: &Program, elf: &Path, options: &[&str], limit: Duration) -> Result<Ran, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let trace = folder.path().join("run.etrace");
    let mut command = elfuse(["record", "--user", &user()?, "-o"]);
    command.arg(&trace).args(options).arg("--").arg(elf);
    let ran = run_apart(command, program, limit)?.expect_code(0)?;
    let first = replay_digest(&trace)?;
    let second = replay_digest(&trace)?;
    expect_same(&first, &second)?;
    Ok(ran)
}

fn expect_same(first: &str, second: &str) -> Outcome {
    expect!(first == second, "two replays, two digests: {first} and {second}");
    Ok(())
}

fn behaves(program: &Program) -> Outcome {
    let elf = build(program)?;
    let ran = record(program, &elf, &[], LIMIT)?;
    if program.without_qemu {
        expect!(ran.out == b"ok\n", "record prints\n{}", ran.shown());
        return Ok(());
    }
    let mut oracle = qemu(&elf);
    // 7.2 does not have the SVE that it would show.
    oracle.env("QEMU_CPU", "max,sve=off");
    let oracle = run_apart(oracle, program, LIMIT)?.expect_code(0).map_err(|why| format!("qemu: {why}"))?;
    expect!(ran.out == oracle.out, "record prints\n{}\nand qemu prints\n{}", ran.shown(), oracle.shown());
    Ok(())
}

/// The list of gaps only shrinks: what no longer fails has to leave it.
fn still_fails(program: &Program, reason: &str) -> Outcome {
    let elf = build(program)?;
    match record(program, &elf, &[], GAP_LIMIT) {
        Err(_) => Ok(()),
        Ok(_) => Err(format!("{} passes now: take it off {GAPS} ({reason})", program.name)),
    }
}

/// Under chaos the program behaves as well, and each run replays.
fn shaken(program: &Program) -> Outcome {
    let elf = build(program)?;
    let mut wrong = String::new();
    for seed in SEEDS {
        if let Err(why) = record(program, &elf, &[&format!("--chaos={seed}")], LIMIT) {
            // Writing to a String cannot fail.
            let _ = writeln!(wrong, "--chaos={seed}: {why}");
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}
