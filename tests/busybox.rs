//! Real programs: BusyBox of Debian 13 under `record`, compared with qemu-aarch64, then replayed 20 times
//! (the two longest runs twice).

use crate::expect;
use crate::support::Outcome;
use crate::support::command::{Ran, elfuse, run_with};
use crate::support::guest::{busybox, qemu, replay_digest};
use crate::support::need::{Need, Suite};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

/// A BusyBox command line and what is compared.
struct Case {
    name: &'static str,
    /// Arguments; the working folder holds the fixtures.
    args: &'static [&'static str],
    /// A fixture that is fed to standard input.
    input: Option<&'static str>,
    /// A host tool that has to print the same.
    host: Option<&'static str>,
    code: i32,
    /// What of the run is the same each time.
    same: Same,
    /// How often the trace is replayed.
    replays: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Same {
    /// Both outputs.
    Both,
    /// Standard output; the other has times in it.
    Out,
    /// Nothing but the exit code: the output has the time in it.
    Code,
}

const fn case(name: &'static str, args: &'static [&'static str]) -> Case {
    Case { name, args, input: None, host: None, code: 0, same: Same::Both, replays: 20 }
}

const CASES: &[Case] = &[
    Case { host: Some("sha256sum"), replays: HEAVY, ..case("sha256sum of 20 MB", &["sha256sum", "big"]) },
    Case { host: Some("sort"), replays: HEAVY, ..case("sort of 200000 lines", &["sort", "lines"]) },
    case("gzip", &["gzip", "-c", "text"]),
    case("gunzip", &["gunzip", "-c", "text.gz"]),
    Case { input: Some("text"), ..case("gzip from standard input", &["gzip", "-c"]) },
    case(
        "awk",
        &[
            "awk",
            "{ sum[$1 % 97] += $2; n++ } END { for (i = 0; i < 97; i++) print i, sum[i]; print n / 7 }",
            "thousands",
        ],
    ),
    case("grep -r", &["grep", "-rn", "needle", "tree"]),
    Case { code: 1, ..case("grep without a match", &["grep", "-r", "no such words", "tree"]) },
    case("find", &["find", "tree", "-type", "f", "-name", "*7*"]),
    case("find -exec nothing", &["find", "tree", "-size", "+1k"]),
    case("ls -la", &["ls", "-la", "tree"]),
    case("ls -laR", &["ls", "-laR", "tree"]),
    case("date of a given second", &["date", "-u", "-d", "@1700000000", "+%Y-%m-%d %H:%M:%S %j %A"]),
    Case { same: Same::Code, ..case("date", &["date"]) },
    Case {
        same: Same::Out,
        ..case("dd to standard output", &["dd", "if=big", "bs=4k", "skip=3", "count=100"])
    },
    Case { same: Same::Code, ..case("dd to a file", &["dd", "if=text", "of=dd.out", "bs=64k"]) },
    Case { host: Some("sed"), ..case("sed", &["sed", "-e", "s/[aeiou]/<&>/g; /line 9/d", "text"]) },
    Case { host: Some("wc"), input: Some("lines"), ..case("wc", &["wc"]) },
    Case { host: Some("tail"), ..case("tail", &["tail", "-n", "3", "lines"]) },
    Case { host: Some("cut"), ..case("cut", &["cut", "-d", " ", "-f", "2", "few"]) },
    Case { host: Some("tr"), input: Some("few"), ..case("tr", &["tr", "a-z", "A-Z"]) },
    Case { host: Some("base64"), ..case("base64", &["base64", "few"]) },
    Case { host: Some("md5sum"), ..case("md5sum", &["md5sum", "text"]) },
    case("od", &["od", "-A", "x", "-t", "x1", "few"]),
    case("tar", &["tar", "-cf", "-", "tree"]),
    case("diff of equal files", &["diff", "few", "few"]),
    Case { code: 1, ..case("cmp of different files", &["cmp", "few", "text"]) },
    Case { code: 1, ..case("cat of a missing file", &["cat", "missing"]) },
    Case { code: 1, ..case("false", &["false"]) },
    case("expr", &["expr", "6", "*", "7"]),
    case("stat", &["stat", "-c", "%n %s %f %h", "few"]),
];

/// Replays of a run of billions of instructions.
const HEAVY: usize = 2;

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    for case in CASES {
        suite.test(format!("busybox::{}", case.name), &[Need::Sysroot, Need::Qemu], move || check(case));
    }
}

fn check(case: &'static Case) -> Outcome {
    let folder = fixtures()?;
    let input = match case.input {
        Some(name) => std::fs::read(folder.join(name)).map_err(|error| error.to_string())?,
        None => Vec::new(),
    };
    let oracle = in_folder(qemu(&busybox()).args(case.args), &input)?.expect_code(case.code)?;
    let written = std::fs::read(folder.join("dd.out")).unwrap_or_default();

    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let trace = scratch.path().join("busybox.etrace");
    let mut command = elfuse(["record", "-o"]);
    let ran = in_folder(command.arg(&trace).arg("--").arg(busybox()).args(case.args), &input)?
        .expect_code(case.code)?;

    let out_equal = case.same == Same::Code || ran.out == oracle.out;
    let err_equal = case.same != Same::Both || ran.err == oracle.err;
    expect!(out_equal && err_equal, "recorded:\n{}\nqemu:\n{}", ran.shown(), oracle.shown());
    if case.args.contains(&"of=dd.out") {
        let copy = std::fs::read(folder.join("dd.out")).map_err(|error| error.to_string())?;
        expect!(
            !copy.is_empty() && copy == written,
            "the copy has {} bytes, qemu's {}",
            copy.len(),
            written.len()
        );
    }
    if let Some(host) = case.host {
        let ours = in_folder(Command::new(host).args(&case.args[1..]).env("LC_ALL", "C"), &input)?;
        let squeezed = |ran: &Ran| ran.out_text().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        // Column widths are the tool's own matter.
        expect!(squeezed(&ours) == squeezed(&ran), "recorded:\n{}\nhost:\n{}", ran.shown(), ours.shown());
    }

    let digests = (0..case.replays).map(|_| replay_digest(&trace)).collect::<Result<BTreeSet<_>, _>>()?;
    expect!(digests.len() == 1, "{} replays give {} digests: {digests:?}", case.replays, digests.len());
    Ok(())
}

fn in_folder(command: &mut Command, input: &[u8]) -> Result<Ran, String> {
    run_with(command.current_dir(fixtures()?), input, Duration::from_secs(300))
}

/// The files that the commands work on, the same in each run.
fn fixtures() -> Result<&'static Path, String> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let made = FOLDER.get_or_init(|| {
        let folder = crate::support::command::target_dir().join("fixtures");
        make_fixtures(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(folder)
    });
    made.as_deref().map_err(Clone::clone)
}

fn make_fixtures(folder: &Path) -> std::io::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let big: Vec<u8> = (0..20 * 1024 * 1024 / 8).flat_map(|_| random().to_le_bytes()).collect();
    std::fs::write(folder.join("big"), big)?;

    let mut lines = String::new();
    for _ in 0..200_000 {
        let _ = writeln!(lines, "{} {}", random() % 1_000_000, random() % 1000);
    }
    std::fs::write(folder.join("lines"), &lines)?;
    std::fs::write(folder.join("few"), &lines[..4000])?;
    std::fs::write(folder.join("thousands"), &lines[..100_000])?;

    let mut text = String::new();
    for number in 0..20_000 {
        let _ = writeln!(text, "line {number}: the quick brown fox counts {} sheep", random() % 100);
    }
    std::fs::write(folder.join("text"), &text)?;
    let packed = run_with(Command::new("gzip").args(["-n", "-c"]), text.as_bytes(), Duration::from_secs(60));
    std::fs::write(folder.join("text.gz"), packed.map_err(std::io::Error::other)?.out)?;

    for outer in 0..12 {
        let inner = folder.join(format!("tree/folder{outer}/inner"));
        std::fs::create_dir_all(&inner)?;
        for number in 0..20 {
            let body = if number % 5 == 0 {
                "hay\nneedle here\nhay\n".repeat(40)
            } else {
                "only hay\n".repeat(number)
            };
            std::fs::write(inner.join(format!("file{number}.txt")), body)?;
        }
    }
    std::os::unix::fs::symlink("folder3/inner", folder.join("tree/link"))
}
