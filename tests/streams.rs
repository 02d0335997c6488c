//! What commands do when their output has nowhere to go, and when `-o` names something that must live.

use crate::expect;
use crate::support::Outcome;
use crate::support::command::{elfuse, run};
use crate::support::guest::guest;
use crate::support::need::{Need, Suite};
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    suite.plain("streams::full_output", full_output);
    suite.plain("streams::full_error_output", full_error_output);
    suite.plain("streams::reader_that_leaves", reader_that_leaves);
    suite.test("streams::program_as_trace", &[Need::CrossCompiler], program_as_trace);
}

fn demo(folder: &Path) -> Result<std::path::PathBuf, String> {
    let trace = folder.join("demo.etrace");
    run(elfuse(["demo", "-o"]).arg(&trace))?.expect_code(0)?;
    Ok(trace)
}

fn full() -> Result<Stdio, String> {
    File::options()
        .write(true)
        .open("/dev/full")
        .map(Stdio::from)
        .map_err(|error| format!("/dev/full: {error}"))
}

fn output(command: &mut Command) -> Result<std::process::Output, String> {
    command.output().map_err(|error| error.to_string())
}

/// Exit code 2 and one sentence.
fn full_output() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let trace = demo(folder.path())?;
    let of_trace: [&[&str]; 8] = [
        &["info"],
        &["info", "--format", "json"],
        &["stats"],
        &["stats", "--format", "json"],
        &["dump"],
        &["dump", "--format", "json"],
        &["replay", "--to", "E9"],
        &["view", "--dump"],
    ];
    let mut commands: Vec<Command> = of_trace
        .iter()
        .map(|args| {
            let mut command = elfuse(args.iter());
            command.arg(&trace);
            command
        })
        .collect();
    commands.extend([elfuse(["vdso", "build"]), elfuse(["vdso", "dump"]), elfuse(["completions", "bash"])]);
    for mut command in commands {
        let done = output(command.stdout(full()?))?;
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        expect!(done.status.code() == Some(2), "{command:?}: {}\n{said}", done.status);
        expect!(said.starts_with("elfuse-trace: ") && said.lines().count() == 1, "{command:?} said {said}");
    }
    Ok(())
}

/// Nobody hears the sentence; the exit code stays.
fn full_error_output() -> Outcome {
    let done = output(elfuse(["info", "/there/is/no/such/trace"]).stderr(full()?))?;
    expect!(done.status.code() == Some(2), "{}", done.status);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let trace = folder.path().join("t.etrace");
    let done = output(elfuse(["demo", "-o"]).arg(&trace).stderr(full()?))?;
    expect!(done.status.code() == Some(0), "{}", done.status);
    Ok(())
}

/// `| head -1` is no failure, for text and for JSON that fills the pipe.
fn reader_that_leaves() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let trace = demo(folder.path())?;
    for args in [&["dump", "-s", "99999"][..], &["dump", "--format", "json"], &["completions", "bash"]] {
        let mut command = elfuse(args);
        if args[0] == "dump" {
            command.arg(&trace);
        }
        let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| error.to_string())?;
        drop(child.stdout.take());
        let done = child.wait_with_output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        expect!(done.status.code() == Some(0) && said.is_empty(), "{args:?}: {} {said}", done.status);
    }
    Ok(())
}

/// A slip of `-o` must not replace the guest by its trace.
fn program_as_trace() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let program = folder.path().join("exit42");
    std::fs::copy(guest("exit42")?, &program).map_err(|error| error.to_string())?;
    let before = std::fs::read(&program).map_err(|error| error.to_string())?;
    let ran = run(elfuse(["record", "-o"]).arg(&program).arg(&program))?.expect_code(2)?;
    expect!(ran.err_text().contains("is a program"), "{}", ran.shown());
    expect!(std::fs::read(&program).is_ok_and(|after| after == before), "the program was changed");
    Ok(())
}
