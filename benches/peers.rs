//! Speed and size beside qemu-aarch64, measured in one run on one machine and printed as a table.
//!
//! `cargo bench --bench peers`. A time is the best of several runs, the one that other work disturbed least. Speeds
//! come from the difference between a long and a short run, so that starting up is not counted.

#[expect(dead_code, reason = "the tests use the rest of it")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use support::command::{elfuse, run_with};
use support::guest::{busybox, guest, json, qemu};
use support::need::{Need, sysroot};

/// Rounds of the CPU-bound guest in a short and a long run.
const ROUNDS: (u32, u32) = (1, 9);

/// Calls of the getpid loop; about as many events.
const CALLS: u32 = 1_000_000;

/// Runs of each command; the fastest counts.
const TRIES: u32 = 5;

fn main() {
    // `cargo test --benches` and `cargo bench` both come here; only the latter measures.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let missing = [Need::CrossCompiler, Need::Qemu, Need::Sysroot].iter().find_map(|need| need.missing());
    let outcome = missing.map_or_else(measure, Err);
    if let Err(why) = outcome {
        // A broken stderr leaves nobody to tell.
        let _ = writeln!(std::io::stderr(), "peers: {why}");
        std::process::exit(1);
    }
}

fn measure() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut rows = cpu_bound(folder.path())?;
    rows.extend(getpid(folder.path())?);
    rows.extend(find(folder.path())?);
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut out = std::io::stdout().lock();
    for (name, value) in rows {
        writeln!(out, "{name:width$}  {value}").map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// What was measured and the figure with its unit.
type Row = (String, String);

fn row(name: &str, value: String) -> Row {
    (name.to_owned(), value)
}

/// The best time of a command that has to succeed.
fn best(mut command: impl FnMut() -> Command) -> Result<Duration, String> {
    let mut best = Duration::MAX;
    for _ in 0..TRIES {
        let begin = Instant::now();
        run_with(&mut command(), b"", Duration::from_secs(600))?.expect_code(0)?;
        best = best.min(begin.elapsed());
    }
    Ok(best)
}

fn guest_run(sub_command: &[&str], program: &Path, args: &[String]) -> Command {
    let mut command = elfuse(sub_command);
    command.arg("--").arg(program).args(args);
    command
}

/// Records once and tells the trace, its instruction and event counts and its size in bytes.
fn traced(
    folder: &Path,
    name: &str,
    program: &Path,
    args: &[String],
) -> Result<(PathBuf, f64, f64, f64), String> {
    let trace = folder.join(name);
    let mut command = elfuse(["record", "-o"]);
    command.arg(&trace).arg("--").arg(program).args(args);
    run_with(&mut command, b"", Duration::from_secs(600))?.expect_code(0)?;
    let stats = json(&["stats"], &trace)?;
    let count = |name: &str| stats[name].as_f64().ok_or_else(|| format!("stats has no {name}: {stats}"));
    #[expect(clippy::cast_precision_loss, reason = "a file of less than 2^53 bytes")]
    let bytes = trace.metadata().map_err(|error| error.to_string())?.len() as f64;
    let (insns, events) = (count("icount")?, count("events")?);
    Ok((trace, insns, events, bytes))
}

fn cpu_bound(folder: &Path) -> Result<Vec<Row>, String> {
    let elf = guest("cpu_bound")?;
    let rounds = |n: u32| vec![n.to_string()];
    let (short, long) = (rounds(ROUNDS.0), rounds(ROUNDS.1));
    let (_, insns_short, ..) = traced(folder, "short", &elf, &short)?;
    let (trace, insns_long, ..) = traced(folder, "long", &elf, &long)?;
    let insns = insns_long - insns_short;

    let span = |make: &dyn Fn(&[String]) -> Command| -> Result<f64, String> {
        Ok(best(|| make(&long))?.as_secs_f64() - best(|| make(&short))?.as_secs_f64())
    };
    let ours = span(&|args| guest_run(&["run"], &elf, args))?;
    let again = folder.join("again").to_string_lossy().into_owned();
    let recording = span(&|args| guest_run(&["record", "-o", &again], &elf, args))?;
    let peer = span(&|args| {
        let mut command = qemu(&elf);
        command.args(args);
        command
    })?;
    let replay = best(|| {
        let mut command = elfuse(["replay"]);
        command.arg(&trace);
        command
    })?;
    let rate = |seconds: f64| format!("{:8.1} M instructions/s", insns / seconds / 1e6);
    Ok(vec![
        row("CPU-bound guest, qemu-aarch64", rate(peer)),
        row("CPU-bound guest, run", rate(ours)),
        row("CPU-bound guest, record", rate(recording)),
        row(
            "CPU-bound guest, replay (with start)",
            format!("{:8.1} M instructions/s", insns_long / replay.as_secs_f64() / 1e6),
        ),
        row("CPU-bound guest, time of run / time of qemu", format!("{:8.2}", ours / peer)),
    ])
}

fn getpid(folder: &Path) -> Result<Vec<Row>, String> {
    let elf = guest("getpid_loop")?;
    let args = vec![CALLS.to_string()];
    let (trace, _, events, bytes) = traced(folder, "getpid", &elf, &args)?;
    let again = folder.join("getpid-again").to_string_lossy().into_owned();
    let plain = best(|| guest_run(&["run"], &elf, &args))?;
    let recorded = best(|| guest_run(&["record", "-o", &again], &elf, &args))?;
    let peer = best(|| {
        let mut command = qemu(&elf);
        command.args(&args);
        command
    })?;
    let frame = best(|| {
        let mut command = elfuse(["view", "--size", "120x40", "--script", "", "--dump"]);
        command.arg(&trace);
        command
    })?;
    let each = |time: f64| format!("{:8.1} ns", time * 1e9 / f64::from(CALLS));
    let added = recorded.as_secs_f64() - plain.as_secs_f64();
    Ok(vec![
        row("getpid, qemu-aarch64", each(peer.as_secs_f64())),
        row("getpid, run", each(plain.as_secs_f64())),
        row("getpid, added by record", each(added)),
        row("getpid loop, size of an event", format!("{:8.2} bytes", bytes / events)),
        row(
            &format!("view, first frame of {events} events"),
            format!("{:8.1} ms", frame.as_secs_f64() * 1e3),
        ),
    ])
}

/// The program is in the trace as well, so that a run that does nothing is taken off.
fn find(folder: &Path) -> Result<Vec<Row>, String> {
    let args: Vec<String> = ["find".to_owned(), sysroot().to_string_lossy().into_owned()].into();
    let (_, _, events, bytes) = traced(folder, "find", &busybox(), &args)?;
    let (_, _, few_events, few_bytes) = traced(folder, "true", &busybox(), &["true".to_owned()])?;
    let each = (bytes - few_bytes) / (events - few_events);
    Ok(vec![
        row(&format!("BusyBox find, size of an event ({events} events)"), format!("{each:8.2} bytes")),
        row("BusyBox true, whole trace with the program", format!("{few_bytes:8.0} bytes")),
    ])
}
