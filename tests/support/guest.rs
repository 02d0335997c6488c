//! Guests: the small programs of `tests/guests`, built on first use, and the arm64 programs of the sysroot.

use super::command::{Ran, elfuse, run, run_with, target_dir};
use super::need::sysroot;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

/// The seeds of the chaos tests: four plain ones, four that stop threads inside the vDSO page as well.
pub(crate) const SEEDS: [&str; 8] = ["1", "2", "3", "4", "vdso:5", "vdso:6", "vdso:7", "vdso:8"];

/// The ELF of `tests/guests/NAME.c`, static, built into `target/guests`.
///
/// # Errors
/// What the compiler says.
pub(crate) fn guest(name: &str) -> Result<PathBuf, String> {
    static BUILT: Mutex<Option<HashMap<String, Result<PathBuf, String>>>> = Mutex::new(None);
    let mut built = BUILT.lock().map_err(|_| "another test panicked while it built a guest".to_owned())?;
    built.get_or_insert_default().entry(name.to_owned()).or_insert_with(|| build(name)).clone()
}

fn build(name: &str) -> Result<PathBuf, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests").join(format!("{name}.c"));
    let folder = target_dir().join("guests");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let elf = folder.join(name);
    let mut compiler = Command::new("aarch64-linux-gnu-gcc");
    compiler
        .args(["-std=gnu11", "-O2", "-g1", "-Wall", "-Wextra", "-Werror", "-static", "-o"])
        .arg(&elf)
        .arg(&source);
    run(&mut compiler)?
        .expect_code(0)
        .map_err(|why| format!("{} does not build: {why}", source.display()))?;
    Ok(elf)
}

/// The static BusyBox of the sysroot.
#[must_use]
pub(crate) fn busybox() -> PathBuf {
    sysroot().join("usr/bin/busybox")
}

/// A command line that runs an arm64 program under the oracle.
#[must_use]
pub(crate) fn qemu(program: &Path) -> Command {
    let mut command = Command::new("qemu-aarch64-static");
    command.arg(program);
    command
}

/// A recorded run and where its trace is.
pub(crate) struct Recorded {
    /// What the guest left.
    pub(crate) ran: Ran,
    /// The trace.
    pub(crate) trace: PathBuf,
    /// Holds the trace until the test is over.
    _folder: tempfile::TempDir,
}

/// Records `program args` into a fresh folder with further `options` of `record`.
///
/// # Errors
/// If the recorder cannot be run.
pub(crate) fn record(options: &[&str], program: &Path, args: &[&str]) -> Result<Recorded, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let trace = folder.path().join("run.etrace");
    let mut command = elfuse(["record", "-o"]);
    command.arg(&trace).args(options).arg("--").arg(program).args(args);
    let ran = run(&mut command)?;
    Ok(Recorded { ran, trace, _folder: folder })
}

/// The digest that a replay prints.
///
/// # Errors
/// If the replay fails or prints anything else.
pub(crate) fn replay_digest(trace: &Path) -> Result<String, String> {
    replay_digest_within(trace, Duration::from_secs(300))
}

/// The same with a limit on time.
///
/// # Errors
/// As [`replay_digest`], and if the replay takes longer than `limit`.
pub(crate) fn replay_digest_within(trace: &Path, limit: Duration) -> Result<String, String> {
    let ran = run_with(elfuse(["replay", "--digest"]).arg(trace), b"", limit)?.expect_code(0)?;
    let text = ran.out_text();
    let digest = text.lines().last().unwrap_or_default().trim().to_owned();
    let is_hex = digest.len() >= 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex { Ok(digest) } else { Err(format!("replay --digest prints no digest:\n{text}")) }
}

/// One object of the output of a command that prints JSON.
///
/// # Errors
/// If the command fails or prints no JSON.
pub(crate) fn json(args: &[&str], trace: &Path) -> Result<serde_json::Value, String> {
    let ran = run(elfuse(args).arg(trace).args(["--format", "json"]))?.expect_code(0)?;
    serde_json::from_slice(&ran.out)
        .map_err(|error| format!("{args:?} prints no JSON: {error}\n{}", ran.shown()))
}

/// The events of a trace as `dump --format json` prints them, one object a line.
///
/// # Errors
/// If the command fails or a line is no JSON.
pub(crate) fn events(trace: &Path, options: &[&str]) -> Result<Vec<serde_json::Value>, String> {
    let ran = run(elfuse(["dump", "--format", "json"]).args(options).arg(trace))?.expect_code(0)?;
    let text = ran.out_text();
    let parsed: Result<Vec<_>, _> = text.lines().map(serde_json::from_str).collect();
    parsed.map_err(|error| format!("dump prints a line that is no JSON: {error}"))
}

/// The first user whose programs own what they make: ourselves, as UID:GID.
///
/// # Errors
/// If no file can be made.
pub(crate) fn user() -> Result<String, String> {
    use std::os::unix::fs::MetadataExt;
    let made = tempfile::tempfile().and_then(|file| file.metadata()).map_err(|error| error.to_string())?;
    Ok(format!("{}:{}", made.uid(), made.gid()))
}
