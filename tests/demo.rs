//! The demo guest: that its committed ELF is what its source gives, and that it shows what it is there to show.

use crate::expect;
use crate::support::Outcome;
use crate::support::command::{Ran, elfuse, run};
use crate::support::guest::{events, json, qemu, record, replay_digest};
use crate::support::need::{Need, Suite};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    suite.plain("demo::shows_the_reasons", shows_the_reasons);
    suite.test("demo::is_built_from_its_source", &[Need::CrossCompiler], is_built_from_its_source);
    suite.test("demo::runs_without_a_vdso", &[Need::Qemu], runs_without_a_vdso);
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/demo")
}

/// The demo reports what went wrong in capitals.
fn no_complaint(ran: &Ran) -> Outcome {
    let text = ran.out_text();
    let complains = [" NOT ", "WRONG", "OUT OF", "LOST"].iter().any(|word| text.contains(word));
    expect!(text.ends_with("done\n") && !complains, "the demo says\n{text}");
    Ok(())
}

fn shows_the_reasons() -> Outcome {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let trace = scratch.path().join("demo.etrace");
    let ran = run(elfuse(["demo", "-o"]).arg(&trace))?.expect_code(0)?;
    expect!(ran.out_text().contains("elfuse-trace demo guest"), "demo prints\n{}", ran.shown());
    let stats = json(&["stats"], &trace)?;
    for (function, reason, least) in [
        ("clock_gettime", "unseeded", 1),
        ("clock_gettime", "clockid", 3),
        ("clock_gettime", "age-cap", 3),
        ("clock_gettime", "not-vdso", 3),
        ("gettimeofday", "age-cap", 1),
        ("clock_getres", "clockid", 3),
    ] {
        let count = stats["vdso"][function]["fallbacks"][reason].as_u64().unwrap_or(0);
        expect!(
            count >= least,
            "{function} fell back {count} times for {reason}, at least {least} expected: {stats}"
        );
    }
    for (function, least) in [("clock_gettime", 20_000), ("clock_getres", 2), ("getcpu", 1)] {
        let hits = stats["vdso"][function]["hits"].as_u64().unwrap_or(0);
        expect!(hits >= least, "{hits} hits of {function}: {stats}");
    }
    expect!(stats["svc"]["openat"]["errors"].as_u64() == Some(1), "the missing file is no error: {stats}");
    replay_digest(&trace).map(drop)
}

/// Names of the system calls in order, without those that only the time of day decides.
fn sequence(trace: &Path) -> Result<Vec<String>, String> {
    let calls = events(trace, &[])?.into_iter().filter(|event| event["kind"] == "svc");
    let steady = calls.filter(|event| event["vdso"]["why"] != "age-cap");
    Ok(steady.map(|event| event["name"].as_str().unwrap_or("?").to_owned()).collect())
}

fn is_built_from_its_source() -> Outcome {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let rebuilt = scratch.path().join("demo.elf");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/build-demo.sh");
    run(Command::new(script).arg(&rebuilt))?.expect_code(0)?;

    let compiler = run(Command::new("aarch64-linux-gnu-gcc").arg("--version"))?.expect_code(0)?.out_text();
    let recorded_compiler = read(&folder().join("demo.gcc"))?;
    if compiler.lines().next().unwrap_or_default().as_bytes() == recorded_compiler.trim_ascii_end() {
        let equal = read(&rebuilt)? == read(&folder().join("demo.elf"))?;
        expect!(equal, "demo.elf is not what demo.c gives: run scripts/build-demo.sh");
    }

    let committed = record(&[], &folder().join("demo.elf"), &[])?;
    no_complaint(&committed.ran.clone().expect_code(0)?)?;
    let fresh = record(&[], &rebuilt, &[])?;
    no_complaint(&fresh.ran.clone().expect_code(0)?)?;
    let (committed, fresh) = (sequence(&committed.trace)?, sequence(&fresh.trace)?);
    expect!(committed.len() > 60, "only {} system calls", committed.len());
    expect!(committed == fresh, "other system calls than those of demo.elf:\n{committed:?}\n{fresh:?}");
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The oracle has no such page, so that the demo takes its other road.
fn runs_without_a_vdso() -> Outcome {
    no_complaint(&run(&mut qemu(&folder().join("demo.elf")))?.expect_code(0)?)?;
    let recorded = record(&["--vdso=none"], &folder().join("demo.elf"), &[])?;
    let ran = recorded.ran.clone().expect_code(0)?;
    expect!(ran.out_text().contains("vdso: none"), "the demo says\n{}", ran.shown());
    no_complaint(&ran)
}
