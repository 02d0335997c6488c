//! The command line: help, exit codes, options of `record`, the shape of JSON output, behaviour in a pipe.

use crate::expect;
use crate::support::Outcome;
use crate::support::command::{elfuse, run};
use crate::support::guest::{busybox, events, guest, json};
use crate::support::need::{Need, Suite};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The sub-commands that README.md has to explain.
const SUB_COMMANDS: &[&str] = &["record", "run", "replay", "dump", "info", "stats", "view", "vdso", "demo"];

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    suite.plain("cli::help", help);
    suite.plain("cli::readme_has_each_sub_command", readme_has_each_sub_command);
    suite.plain("cli::stats_json", stats_json);
    suite.plain("cli::info", info);
    suite.plain("cli::dump", dump);
    suite.plain("cli::colour", colour);
    suite.plain("cli::closed_pipe", closed_pipe);
    suite.plain("cli::replay_to_a_position", replay_to_a_position);
    suite.plain("cli::vdso_build", vdso_build);
    suite.test("cli::default_trace_name", &[Need::CrossCompiler], default_trace_name);
    suite.test("cli::guest_options_are_the_guests", &[Need::Sysroot], guest_options_are_the_guests);
    suite.test("cli::environment", &[Need::Sysroot], environment);
    suite.test("cli::workdir_user_sysroot", &[Need::Sysroot], workdir_user_sysroot);
    suite.test("cli::deny_host_writes", &[Need::Sysroot], deny_host_writes);
}

/// A recorded demo, and the folder that holds it.
fn demo() -> Result<(tempfile::TempDir, PathBuf), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let trace = folder.path().join("demo.etrace");
    run(elfuse(["demo", "-o"]).arg(&trace))?.expect_code(0)?;
    Ok((folder, trace))
}

fn help() -> Outcome {
    let overview = run(&mut elfuse(["--help"]))?.expect_code(0)?.out_text();
    for name in SUB_COMMANDS {
        expect!(overview.contains(name), "--help does not list {name}:\n{overview}");
        let text = run(&mut elfuse([name, "--help"]))?.expect_code(0)?.out_text();
        let example = format!("elfuse-trace {name}");
        expect!(text.contains(&example), "{name} --help shows no example:\n{text}");
    }
    let version = run(&mut elfuse(["--version"]))?.expect_code(0)?.out_text();
    expect!(
        version.trim() == concat!("elfuse-trace ", env!("CARGO_PKG_VERSION")),
        "--version prints {version}"
    );
    Ok(())
}

fn readme_has_each_sub_command() -> Outcome {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    for name in SUB_COMMANDS {
        expect!(text.contains(&format!("elfuse-trace {name}")), "README.md has no example of {name}");
    }
    for command in ["make demo", "make check", "cargo test --workspace"] {
        expect!(text.contains(command), "README.md does not name `{command}`");
    }
    Ok(())
}

/// The names that are promised to stay.
fn stats_json() -> Outcome {
    let (_folder, trace) = demo()?;
    let stats = json(&["stats"], &trace)?;
    for pointer in [
        "/events",
        "/icount",
        "/svc/getpid/count",
        "/svc/getpid/errors",
        "/svc/getpid/total_ns",
        "/vdso/clock_gettime/hits",
        "/vdso/clock_gettime/fallbacks/unseeded",
        "/reseeds/published",
        "/reseeds/lost",
        "/reseeds/refused",
        "/reseeds/by_cause/unseeded",
        "/reseeds/by_cause/age",
        "/reseeds/by_cause/drift",
    ] {
        expect!(
            stats.pointer(pointer).is_some_and(serde_json::Value::is_u64),
            "no number {pointer} in {stats}"
        );
    }
    expect!(stats["fidelity"] == "exact", "fidelity {}", stats["fidelity"]);
    expect!(stats["svc"]["getpid"]["count"] == 1, "the demo calls getpid once: {}", stats["svc"]["getpid"]);
    let dumped = u64::try_from(events(&trace, &[])?.len()).map_err(|error| error.to_string())?;
    expect!(stats["events"] == dumped, "stats counts {} events, dump prints {dumped}", stats["events"]);
    Ok(())
}

fn info() -> Outcome {
    let (_folder, trace) = demo()?;
    let text = run(elfuse(["info"]).arg(&trace))?.expect_code(0)?.out_text();
    for word in ["exact", "24000000", "complete"] {
        expect!(text.replace([',', ' '], "").contains(word), "info does not say {word}:\n{text}");
    }
    let value = json(&["info"], &trace)?;
    expect!(value.is_object(), "info --format json prints {value}");
    Ok(())
}

fn dump() -> Outcome {
    let (_folder, trace) = demo()?;
    let text = run(elfuse(["dump"]).arg(&trace))?.expect_code(0)?.out_text();
    for line in [
        "openat(AT_FDCWD, \"/no/such/file\", O_RDONLY) = -1 ENOENT (No such file or directory)",
        "write(1, \"elfuse-trace demo guest\\n\", 24) = 24",
        "+++ exited with 0 +++",
    ] {
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        expect!(squeezed(&text).contains(line), "dump has no `{line}`:\n{}", &text[..text.len().min(3000)]);
    }
    let only = run(elfuse(["dump", "-e", "trace=openat,unlinkat"]).arg(&trace))?.expect_code(0)?.out_text();
    let calls = only.lines().filter(|line| line.contains('(')).count();
    expect!(calls == 3, "openat twice and unlinkat once, dump -e shows {calls}:\n{only}");
    let all = events(&trace, &["-e", "trace=openat,unlinkat"])?;
    let calls = all.iter().filter(|event| event["kind"] == "svc").count();
    expect!(calls == 3, "in JSON {calls} of them");
    expect!(all.iter().all(|event| event["v"] == 1), "dump prints {all:?}");
    Ok(())
}

fn colour() -> Outcome {
    let (_folder, trace) = demo()?;
    let escape = |out: &[u8]| out.contains(&0x1b);
    for args in [&["dump"][..], &["dump", "--color", "never"], &["stats"], &["info"]] {
        let ran = run(elfuse(args).arg(&trace))?.expect_code(0)?;
        expect!(!escape(&ran.out), "{args:?} colours what goes to a pipe");
    }
    let ran = run(elfuse(["stats", "--color", "always"]).arg(&trace))?.expect_code(0)?;
    expect!(escape(&ran.out), "--color always does not win over NO_COLOR");
    Ok(())
}

/// `dump | head -n 1`: no message, and no failure that a pipeline would report.
fn closed_pipe() -> Outcome {
    let (_folder, trace) = demo()?;
    let mut child = elfuse(["dump", "--format", "json"])
        .arg(&trace)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut first = String::new();
    let mut out = BufReader::with_capacity(64, child.stdout.take().expect("stdout is a pipe"));
    out.read_line(&mut first).map_err(|error| error.to_string())?;
    drop(out);
    let mut talk = String::new();
    child
        .stderr
        .take()
        .expect("stderr is a pipe")
        .read_to_string(&mut talk)
        .map_err(|error| error.to_string())?;
    let status = child.wait().map_err(|error| error.to_string())?;
    expect!(talk.is_empty() && status.code() != Some(101), "a closed pipe ends dump with {status}: {talk}");
    Ok(())
}

fn replay_to_a_position() -> Outcome {
    let (_folder, trace) = demo()?;
    let half = run(elfuse(["replay", "--digest", "--to", "E20"]).arg(&trace))?.expect_code(0)?.out_text();
    let again = run(elfuse(["replay", "--digest", "--to", "E20"]).arg(&trace))?.expect_code(0)?.out_text();
    let whole = run(elfuse(["replay", "--digest"]).arg(&trace))?.expect_code(0)?.out_text();
    expect!(half == again && half != whole, "digests {half}, {again} and at the end {whole}");
    let beyond = run(elfuse(["replay", "--to", "E99999999"]).arg(&trace))?;
    expect!(beyond.code == 2, "a position beyond the end ends with {}\n{}", beyond.code, beyond.shown());
    Ok(())
}

/// `vdso build` prints the page, and today's is the one that elfuse maps, to the byte.
fn vdso_build() -> Outcome {
    let mut pages = Vec::new();
    for revision in ["carry", "abi-note", "seqlock"] {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let file = folder.path().join("page.so");
        run(elfuse(["vdso", "build", "--rev", revision, "-o"]).arg(&file))?.expect_code(0)?;
        let page = std::fs::read(&file).map_err(|error| error.to_string())?;
        expect!(page.len() == 4096 && page.starts_with(b"\x7fELF"), "{revision}: {} bytes", page.len());
        pages.push(page);
    }
    expect!(pages[0] != pages[1] && pages[1] != pages[2], "two revisions have the same bytes");
    let text = run(&mut elfuse(["vdso", "dump"]))?.expect_code(0)?.out_text();
    for symbol in ["__kernel_clock_gettime", "__kernel_getcpu", "cntvct_el0"] {
        expect!(text.to_lowercase().contains(symbol), "vdso dump does not show {symbol}:\n{text}");
    }
    Ok(())
}

fn default_trace_name() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let ran =
        run(elfuse(["record", "--"]).arg(guest("exit42")?).current_dir(folder.path()))?.expect_code(42)?;
    expect!(ran.out == b"out\n", "the guest's output is not ours alone\n{}", ran.shown());
    let trace = folder.path().join("exit42.etrace");
    run(elfuse(["info"]).arg(&trace))?.expect_code(0)?;
    Ok(())
}

fn in_guest(options: &[&str], args: &[&str]) -> Result<String, String> {
    let mut command = elfuse(["run"]);
    command.args(options).arg("--").arg(busybox()).args(args);
    Ok(run(&mut command)?.expect_code(0)?.out_text())
}

fn guest_options_are_the_guests() -> Outcome {
    let shown = in_guest(&[], &["echo", "--help", "-o", "x"])?;
    expect!(shown == "--help -o x\n", "echo prints {shown}");
    // Without `--` as well, from the program on.
    let ran = run(elfuse(["run"]).arg(busybox()).args(["echo", "--digest"]))?.expect_code(0)?;
    expect!(ran.out == b"--digest\n", "echo prints\n{}", ran.shown());
    Ok(())
}

fn environment() -> Outcome {
    let shown = in_guest(&["--clear-env", "--env", "A=1", "--env", "B=two words"], &["env"])?;
    let mut lines: Vec<&str> = shown.lines().collect();
    lines.sort_unstable();
    expect!(lines == ["A=1", "B=two words"], "env prints {shown}");
    let kept = in_guest(&["--env", "A=1"], &["env"])?;
    expect!(kept.contains("NO_COLOR=1") && kept.contains("A=1"), "env prints {kept}");
    Ok(())
}

fn workdir_user_sysroot() -> Outcome {
    let shown = in_guest(&["--workdir", "/usr"], &["pwd"])?;
    expect!(shown == "/usr\n", "pwd prints {shown}");
    let shown =
        in_guest(&["--user", "33:44"], &["id", "-u"])? + &in_guest(&["--user", "33:44"], &["id", "-g"])?;
    expect!(shown == "33\n44\n", "id prints {shown}");
    let root = crate::support::need::sysroot();
    let mut command = elfuse(["run", "--sysroot"]);
    command.arg(&root).args(["--", "/usr/bin/busybox", "ls", "/.elfuse-trace-sysroot"]);
    let ran = run(&mut command)?.expect_code(0)?;
    expect!(ran.out == b"/.elfuse-trace-sysroot\n", "ls prints\n{}", ran.shown());
    Ok(())
}

fn deny_host_writes() -> Outcome {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (file, overlay) = (dir.path().join("file"), dir.path().join("overlay"));
    std::fs::write(&file, "host\n").map_err(|error| error.to_string())?;
    let name = file.display().to_string();
    let option = format!("--deny-host-writes={}", overlay.display());
    let copied = format!("{name}.copy");
    in_guest(&[&option], &["cp", "/proc/version", &copied])?;
    in_guest(&[&option], &["rm", &name])?;
    // A later guest with the same directory goes on from there.
    let shown = in_guest(&[&option], &["ls", &dir.path().display().to_string()])?;
    expect!(shown == "file.copy\noverlay\n", "ls prints {shown}");
    expect!(file.exists() && !Path::new(&copied).exists(), "the host's files changed");
    let upper = overlay.join("upper").join(copied.trim_start_matches('/'));
    expect!(upper.exists(), "{} is not there", upper.display());

    let mut command = elfuse(["run", "--deny-host-writes", "--"]);
    command.arg(busybox()).args(["touch", &copied]);
    let ran = run(&mut command)?.expect_code(0)?;
    let told = ran.err_text();
    let made = told.trim_end().rsplit(' ').next().unwrap_or_default();
    expect!(Path::new(made).join("upper").is_dir(), "no directory is told: {told}");
    std::fs::remove_dir_all(made).map_err(|error| error.to_string())
}
