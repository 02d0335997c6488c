//! Small guests under `record`, `run` and `replay` against qemu-aarch64: output, exit status, digest.

use crate::expect;
use crate::support::Outcome;
use crate::support::command::{Ran, elfuse, run};
use crate::support::guest::{guest, qemu, record, replay_digest};
use crate::support::need::{Need, Suite};
use std::path::Path;

/// Guest, arguments (`@` is a fresh folder), exit status.
const CASES: &[(&str, &[&str], i32)] = &[
    ("exit42", &[], 42),
    ("getpid_loop", &["1000"], 0),
    ("cpu_bound", &["1"], 0),
    ("files", &["@"], 0),
    ("memory", &[], 0),
    ("self_modifying", &[], 0),
    ("self_modifying", &["rwx"], 0),
    ("fault", &["handled-write"], 7),
    ("fault", &["handled-unmapped"], 7),
    ("fault", &["null"], 128 + 11),
    ("fault", &["read-only"], 128 + 11),
    ("fault", &["no-exec"], 128 + 11),
    ("fault", &["undefined"], 128 + 4),
    ("fault", &["brk"], 128 + 5),
    ("fault", &["abort"], 128 + 6),
    ("fault", &["kill"], 128 + 9),
];

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    for (name, args, code) in CASES {
        let label = format!("guests::{name}{}", args.iter().map(|arg| format!(" {arg}")).collect::<String>());
        suite.test(label, &[Need::CrossCompiler, Need::Qemu], move || compare(name, args, *code));
    }
}

fn compare(name: &str, args: &[&str], code: i32) -> Outcome {
    let elf = guest(name)?;
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let folder = scratch.path().to_string_lossy().into_owned();
    let args: Vec<&str> = args.iter().map(|arg| if *arg == "@" { folder.as_str() } else { arg }).collect();

    // A core file of the oracle, where the machine writes any, goes to the folder that is removed.
    let oracle = run(qemu(&elf).args(&args).current_dir(scratch.path()))?.expect_code(code)?;
    let recorded = record(&[], &elf, &args)?;
    let ran = recorded.ran.clone().expect_code(code)?;
    expect!(ran.out == oracle.out, "record prints\n{}\nand qemu prints\n{}", ran.shown(), oracle.shown());
    if code < 128 {
        expect!(
            ran.err == oracle.err,
            "on stderr, record prints\n{}\nand qemu\n{}",
            ran.shown(),
            oracle.shown()
        );
    }

    let plain = run(elfuse(["run", "--"]).arg(&elf).args(&args))?.expect_code(code)?;
    expect!(plain.out == oracle.out, "run prints\n{}\nand qemu prints\n{}", plain.shown(), oracle.shown());

    let first = replay_digest(&recorded.trace)?;
    let second = replay_digest(&recorded.trace)?;
    expect!(first == second, "two replays, two digests: {first} and {second}");
    if cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        guarded_by_the_host(&elf, &args, &ran, &recorded.trace, &first)?;
    }
    Ok(())
}

/// The same under the host's page protection: recorded so and replayed with checks, and the other way round.
fn guarded_by_the_host(elf: &Path, args: &[&str], ran: &Ran, trace: &Path, digest: &str) -> Outcome {
    let guarded = record(&["--memory=protected"], elf, args)?;
    let shown = guarded.ran.clone().expect_code(ran.code)?;
    expect!(shown.out == ran.out, "--memory=protected prints\n{}\nnot\n{}", shown.shown(), ran.shown());
    replay_digest(&guarded.trace)?;
    let other = run(elfuse(["replay", "--digest", "--memory=protected"]).arg(trace))?.expect_code(0)?;
    let other = other.out_text();
    expect!(other.trim_end() == digest, "--memory=protected replays to {other}, not {digest}");
    Ok(())
}
