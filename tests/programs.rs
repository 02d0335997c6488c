//! Real arm64 programs of Debian, and some that are built for them: each prints under `record` what the host's own
//! program or qemu-aarch64 prints, replays twenty times to one digest, and does both under `--chaos`.
//!
//! They are fetched by scripts/programs.sh and run by `make programs`, which sets `PROGRAMS`, the folder they are in.
//! `PROGRAMS_REPLAYS=N` replays N times instead; `CORPUS_LOAD=N` keeps N threads busy meanwhile.

mod python;

use crate::expect;
use crate::support::command::{Ran, elfuse, run_group};
use crate::support::guest::{SEEDS, replay_digest_within, user};
use crate::support::load;
use crate::support::need::{Need, Suite};
use crate::support::{Outcome, root};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a program, or one replay of it, may take.
const LIMIT: Duration = Duration::from_secs(900);
/// How often the trace of a plain run is replayed, and that of a run under chaos.
const REPLAYS: (usize, usize) = (20, 2);
const LIST: &str = "tests/programs/list.txt";

/// What the output of a guest is compared with.
#[derive(Clone, Debug)]
enum Reference {
    /// A command line of the host.
    Host(Vec<String>),
    Qemu,
    /// A file beside the scripts.
    File(String),
    /// Success is enough.
    Status,
}

/// A line of the list.
#[derive(Clone, Debug)]
struct Program {
    name: String,
    /// The folder inside `PROGRAMS` that the program is from.
    from: String,
    command: Vec<String>,
    reference: Reference,
}

/// Lists the tests of this module, if `PROGRAMS` asks for them.
pub(crate) fn register(suite: &mut Suite) {
    let listed = programs().unwrap_or_else(|why| panic!("{LIST}: {why}"));
    let Some(folder) = std::env::var_os("PROGRAMS").map(PathBuf::from) else { return };
    for program in listed {
        let needs = match &program.reference {
            Reference::Qemu => vec![Need::Qemu],
            Reference::Host(_) | Reference::File(_) | Reference::Status => Vec::new(),
        };
        let (again, there) = (program.clone(), folder.clone());
        suite.test(format!("programs::{}", program.name), &needs, move || behaves(&again, &there));
        let there = folder.clone();
        let name = format!("programs_chaos::{}", program.name);
        suite.test(name, &needs, move || shaken(&program, &there));
    }
    python::register(suite, &folder);
    load::start();
}

fn files() -> PathBuf {
    root().join("tests/programs/files")
}

fn programs() -> Result<Vec<Program>, String> {
    let text = std::fs::read_to_string(root().join(LIST)).map_err(|error| error.to_string())?;
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(parse).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn parse(line: &str) -> Result<Program, String> {
    let fields: Vec<&str> = line.split(" | ").map(str::trim).collect();
    let [name, command, reference] = fields[..] else { return Err(format!("`{line}` has not three fields")) };
    let (from, command) = command.split_once(": ").unwrap_or(("trixie", command));
    let reference = match reference.split_once(": ") {
        Some(("host", command)) => Reference::Host(words(command)),
        Some(("file", name)) => Reference::File(name.to_owned()),
        None if reference == "qemu" => Reference::Qemu,
        None if reference == "status" => Reference::Status,
        _ => return Err(format!("`{line}` compares with nothing that is known")),
    };
    Ok(Program { name: name.to_owned(), from: from.to_owned(), command: words(command), reference })
}

/// A port that nobody has now.
fn free_port() -> Result<u16, String> {
    let bound = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound.map(|address| address.port()).map_err(|error| error.to_string())
}

impl Program {
    /// Where the guest looks for libraries, and its program: a path, or a name in the guest's PATH.
    fn paths(&self, folder: &Path) -> (PathBuf, PathBuf) {
        if self.from == "built" {
            (folder.join("trixie"), folder.join("built").join(&self.command[0]))
        } else {
            (folder.join(&self.from), PathBuf::from(&self.command[0]))
        }
    }

    fn args(&self) -> Result<Vec<String>, String> {
        let args = self.command[1..].iter();
        args.map(|arg| Ok(if arg == "{port}" { free_port()?.to_string() } else { arg.clone() })).collect()
    }

    /// Runs `command` in a folder of its own that has the scripts.
    fn run_apart(&self, command: &mut Command) -> Result<Ran, String> {
        let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
        for entry in std::fs::read_dir(files()).map_err(|error| error.to_string())? {
            let entry = entry.map_err(|error| error.to_string())?;
            std::fs::copy(entry.path(), scratch.path().join(entry.file_name()))
                .map_err(|error| error.to_string())?;
        }
        run_group(command.current_dir(scratch.path()).env("LC_ALL", "C"), LIMIT)
            .map_err(|why| format!("{}: {why}", self.name))
    }

    /// What the output should be, and the exit code.
    fn expected(&self, folder: &Path) -> Result<Option<(Vec<u8>, i32)>, String> {
        let mut command = match &self.reference {
            Reference::Status => return Ok(None),
            Reference::File(name) => {
                let path = files().join(name);
                let text = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                return Ok(Some((text, 0)));
            }
            Reference::Host(command) => {
                let built = folder.join("built").join(&command[0]);
                let mut host =
                    Command::new(if built.exists() { built.into_os_string() } else { (&command[0]).into() });
                host.args(&command[1..]);
                host
            }
            Reference::Qemu => {
                let (sysroot, program) = self.paths(folder);
                let mut qemu = Command::new("qemu-aarch64-static");
                qemu.arg("-L").arg(&sysroot).arg(sysroot.join("usr/bin").join(program)).args(self.args()?);
                qemu
            }
        };
        let ran = self.run_apart(&mut command).map_err(|why| format!("the reference: {why}"))?;
        Ok(Some((ran.out, ran.code)))
    }

    /// Records a run into `trace` and compares its output.
    fn record(
        &self,
        folder: &Path,
        trace: &Path,
        options: &[&str],
        expected: Option<&(Vec<u8>, i32)>,
    ) -> Outcome {
        let (sysroot, program) = self.paths(folder);
        let mut command = elfuse(["record", "--user", &user()?, "--env", "PATH=/usr/bin:/bin", "-o"]);
        command
            .arg(trace)
            .arg("--sysroot")
            .arg(sysroot)
            .args(options)
            .arg("--")
            .arg(program)
            .args(self.args()?);
        let ran = self.run_apart(&mut command)?;
        match expected {
            None => drop(ran.expect_code(0)?),
            Some((out, code)) => {
                let differs = first_difference(out, &ran.out);
                expect!(differs.is_none(), "{}\n{}", differs.unwrap_or_default(), ran.shown());
                expect!(ran.code == *code, "exit code {} and not {code}\n{}", ran.code, ran.shown());
            }
        }
        Ok(())
    }
}

/// The first line in which two outputs differ.
fn first_difference(wanted: &[u8], got: &[u8]) -> Option<String> {
    let (wanted, got) = (String::from_utf8_lossy(wanted), String::from_utf8_lossy(got));
    let (mut wanted, mut got) = (wanted.split('\n'), got.split('\n'));
    for number in 1.. {
        match (wanted.next(), got.next()) {
            (None, None) => break,
            (wanted, got) if wanted == got => {}
            (wanted, got) => return Some(format!("line {number} should be {wanted:?} and is {got:?}")),
        }
    }
    None
}

/// Replays `trace` so often; answers how long the fastest took.
fn replays(trace: &Path, times: usize) -> Result<Duration, String> {
    let mut first: Option<String> = None;
    let mut fastest = LIMIT;
    for time in 1..=times {
        let began = Instant::now();
        let digest = replay_digest_within(trace, LIMIT)?;
        fastest = fastest.min(began.elapsed());
        let first = first.get_or_insert_with(|| digest.clone());
        expect!(*first == digest, "replay {time} gives {digest}, and the first gave {first}");
    }
    Ok(fastest)
}

fn behaves(program: &Program, folder: &Path) -> Outcome {
    let expected = program.expected(folder)?;
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let trace = scratch.path().join("run.etrace");
    let began = Instant::now();
    program.record(folder, &trace, &[], expected.as_ref())?;
    let recorded = began.elapsed();
    let times =
        std::env::var("PROGRAMS_REPLAYS").ok().and_then(|text| text.parse().ok()).unwrap_or(REPLAYS.0);
    let replayed = replays(&trace, times)?;
    let size = trace.metadata().map_err(|error| error.to_string())?.len();
    eprintln!(
        "{}: recorded in {:.2} s, {times} replays of at least {:.2} s, trace {size} bytes",
        program.name,
        recorded.as_secs_f64(),
        replayed.as_secs_f64()
    );
    Ok(())
}

fn shaken(program: &Program, folder: &Path) -> Outcome {
    let expected = program.expected(folder)?;
    let mut wrong = String::new();
    for seed in SEEDS {
        let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
        let trace = scratch.path().join("run.etrace");
        let ran = program
            .record(folder, &trace, &[&format!("--chaos={seed}")], expected.as_ref())
            .and_then(|()| replays(&trace, REPLAYS.1));
        if let Err(why) = ran {
            // Writing to a String cannot fail.
            let _ = writeln!(wrong, "--chaos={seed}: {why}");
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}
