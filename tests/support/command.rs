//! Runs the binary under test, the oracle and host tools, with a limit on time and the whole output kept.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// What a finished command left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ran {
    /// The exit code; 128 + n for a fatal signal n, as a shell says it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: Vec<u8>,
    /// Standard error.
    pub(crate) err: Vec<u8>,
}

impl Ran {
    /// Standard output as text.
    #[must_use]
    pub(crate) fn out_text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Standard error as text.
    #[must_use]
    pub(crate) fn err_text(&self) -> String {
        String::from_utf8_lossy(&self.err).into_owned()
    }

    /// The result if the command ended with `code`.
    ///
    /// # Errors
    /// A sentence with both outputs, cut to what fits a screen.
    pub(crate) fn expect_code(self, code: i32) -> Result<Ran, String> {
        if self.code == code {
            return Ok(self);
        }
        Err(format!("exit code {} and not {code}\n{}", self.code, self.shown()))
    }

    /// Both outputs for people.
    #[must_use]
    pub(crate) fn shown(&self) -> String {
        let cut = |text: String| text.chars().take(2000).collect::<String>();
        format!("--- stdout\n{}\n--- stderr\n{}", cut(self.out_text()), cut(self.err_text()))
    }
}

/// The release binary: `$ELFUSE_TRACE_BIN`, else built now (guests are slow on an unoptimised CPU).
///
/// # Panics
/// If the build fails: no test has a meaning then.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(given) = std::env::var_os("ELFUSE_TRACE_BIN") {
            return PathBuf::from(given);
        }
        let target = target_dir();
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--locked", "--bin", "elfuse-trace", "--target-dir"])
            .arg(&target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo runs, because it started this test");
        assert!(status.success(), "the release binary does not build");
        target.join("release/elfuse-trace")
    })
}

/// Cargo's target folder, found from this executable: `TARGET/PROFILE/deps/NAME`.
///
/// # Panics
/// If the executable stands anywhere else.
#[must_use]
pub(crate) fn target_dir() -> PathBuf {
    let exe = std::env::current_exe().expect("the system tells the path of this executable");
    exe.ancestors().nth(3).expect("cargo puts tests three levels below the target folder").to_path_buf()
}

/// An `elfuse-trace` command line.
#[must_use]
pub(crate) fn elfuse<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(args: I) -> Command {
    let mut command = Command::new(binary());
    command.args(args).env("NO_COLOR", "1").env_remove("RUST_BACKTRACE").env_remove("PAGER");
    command
}

/// Runs a command to its end with `input` on standard input.
///
/// # Errors
/// If it cannot be started or takes longer than `limit`; it is killed then.
pub(crate) fn run_with(command: &mut Command, input: &[u8], limit: Duration) -> Result<Ran, String> {
    let named = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{named} cannot be started: {error}"))?;
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let bytes = input.to_vec();
    // A guest that does not read its input closes the pipe: not an error of the test.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&bytes)));
    let out = drain(child.stdout.take().expect("stdout is a pipe"));
    let err = drain(child.stderr.take().expect("stderr is a pipe"));
    let status = wait(&mut child, limit).map_err(|error| format!("{named}: {error}"))?;
    feeder.join().map_err(|_| "the input thread panicked".to_owned())?;
    let text = |thread: std::thread::JoinHandle<Vec<u8>>| {
        thread.join().map_err(|_| "a pipe thread panicked".to_owned())
    };
    Ok(Ran { code: code_of(status), out: text(out)?, err: text(err)? })
}

/// Runs a command without input in a process group of its own, which is killed when the command has ended or takes
/// longer than `limit`: what it started and left behind does not outlive it.
///
/// # Errors
/// If it cannot be started or takes too long; what it printed until then is told.
pub(crate) fn run_group(command: &mut Command, limit: Duration) -> Result<Ran, String> {
    use std::os::unix::process::CommandExt;
    let named = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("{named} cannot be started: {error}"))?;
    let group = child.id();
    let out = drain(child.stdout.take().expect("stdout is a pipe"));
    let err = drain(child.stderr.take().expect("stderr is a pipe"));
    let end = Instant::now() + limit;
    let status = wait(&mut child, limit);
    // Usually nothing is left, and the pipes are closed.
    let grace = Instant::now() + Duration::from_millis(200);
    while status.is_ok() && !(out.is_finished() && err.is_finished()) && Instant::now() < grace.min(end) {
        std::thread::sleep(Duration::from_millis(2));
    }
    if !(out.is_finished() && err.is_finished()) {
        let group = format!("-{group}");
        drop(Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status());
    }
    let text = |thread: std::thread::JoinHandle<Vec<u8>>| {
        thread.join().map_err(|_| "a pipe thread panicked".to_owned())
    };
    let (out, err) = (text(out)?, text(err)?);
    let code = status.as_ref().map_or(-1, |&status| code_of(status));
    let ran = Ran { code, out, err };
    status.map_err(|error| format!("{named}: {error}\n{}", ran.shown()))?;
    Ok(ran)
}

/// Runs a command to its end without input, for at most five minutes.
///
/// # Errors
/// As [`run_with`].
pub(crate) fn run(command: &mut Command) -> Result<Ran, String> {
    run_with(command, b"", Duration::from_secs(300))
}

fn drain<R: Read + Send + 'static>(mut from: R) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before a broken pipe is still the output.
        drop(from.read_to_end(&mut bytes));
        bytes
    })
}

fn wait(child: &mut Child, limit: Duration) -> Result<ExitStatus, String> {
    let end = Instant::now() + limit;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(status);
        }
        if Instant::now() > end {
            kill_descendants(child.id());
            drop(child.kill());
            drop(child.wait());
            return Err(format!("still running after {} s", limit.as_secs()));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Kills what a process has started, also what has a session of its own.
fn kill_descendants(ancestor: u32) {
    let Ok(listed) = Command::new("ps").args(["-eo", "pid=,ppid="]).output() else { return };
    let text = String::from_utf8_lossy(&listed.stdout);
    let pairs: Vec<(u32, u32)> = text
        .lines()
        .filter_map(|line| line.trim().split_once(' '))
        .filter_map(|(pid, parent)| Some((pid.parse().ok()?, parent.trim().parse().ok()?)))
        .collect();
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(
            pairs
                .iter()
                .filter(|(pid, of)| *of == parent && !found.contains(pid))
                .map(|(pid, _)| *pid)
                .collect::<Vec<_>>(),
        );
        next += 1;
    }
    let numbers = found[1..].iter().map(u32::to_string);
    drop(Command::new("kill").arg("-KILL").args(numbers).stderr(Stdio::null()).status());
}

fn code_of(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}
