//! The viewer from outside: headless screens, and a real terminal of 80 by 24 cells by tmux.

use crate::expect;
use crate::support::Outcome;
use crate::support::command::{binary, elfuse, run};
use crate::support::need::{Need, Suite};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    suite.plain("view::headless_sizes", headless_sizes);
    suite.plain("view::headless_script", headless_script);
    suite.test("view::terminal", &[Need::Tool("tmux")], terminal);
}

fn demo() -> Result<(tempfile::TempDir, PathBuf), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let trace = folder.path().join("demo.etrace");
    run(elfuse(["demo", "-o"]).arg(&trace))?.expect_code(0)?;
    Ok((folder, trace))
}

fn screen(trace: &Path, size: &str, keys: &str) -> Result<String, String> {
    let ran = run(elfuse(["view", "--size", size, "--script", keys, "--dump"]).arg(trace))?.expect_code(0)?;
    Ok(ran.out_text())
}

fn headless_sizes() -> Outcome {
    let (_folder, trace) = demo()?;
    for (columns, rows) in [(120_usize, 40_usize), (80, 24), (200, 60), (40, 8), (12, 3), (1, 1)] {
        let text = screen(&trace, &format!("{columns}x{rows}"), "")?;
        let lines: Vec<&str> = text.lines().collect();
        expect!(lines.len() <= rows, "{columns}x{rows} gives {} lines", lines.len());
        let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        expect!(widest <= columns, "{columns}x{rows} gives a line of {widest} characters:\n{text}");
        if columns >= 80 {
            expect!(text.contains("uname") && text.contains("Event"), "{columns}x{rows} shows\n{text}");
        }
        if columns >= 120 {
            expect!(text.contains("demo.etrace"), "{columns}x{rows} does not name the trace:\n{text}");
        }
    }
    Ok(())
}

fn headless_script() -> Outcome {
    let (_folder, trace) = demo()?;
    let help = screen(&trace, "120x40", "?")?;
    expect!(help.contains("next vDSO fallback") && help.contains("half a page down"), "? shows\n{help}");
    let filtered = screen(&trace, "120x40", "&sys==openat<Enter>")?;
    expect!(
        filtered.contains("/no/such/file") && !filtered.contains("uname("),
        "the filter shows\n{filtered}"
    );
    let error = screen(&trace, "120x40", "e")?;
    expect!(error.contains("ENOENT") || error.contains("EINVAL"), "e does not go to an error:\n{error}");
    let cpu = screen(&trace, "120x40", "10Gg5")?;
    for word in ["x0", "x30", "svc", "demo_main+"] {
        expect!(cpu.to_lowercase().contains(word), "the CPU screen does not show {word}:\n{cpu}");
    }
    let vdso = screen(&trace, "120x40", "Gg3")?;
    for word in ["age-cap", "unseeded", "clockid"] {
        expect!(vdso.contains(word), "the vDSO screen does not show {word}:\n{vdso}");
    }
    Ok(())
}

/// Runs a tmux command on a server of its own.
fn tmux(socket: &str, args: &[&str]) -> Result<String, String> {
    let mut command = Command::new("tmux");
    command.args(["-L", socket, "-f", "/dev/null"]).args(args).env_remove("TMUX");
    Ok(run(&mut command)?.out_text())
}

/// Waits until the pane shows `word`.
fn wait_for(socket: &str, word: &str) -> Result<String, String> {
    wait_until(socket, &format!("`{word}` is on it"), |shown| shown.contains(word))
}

fn wait_until(socket: &str, what: &str, holds: impl Fn(&str) -> bool) -> Result<String, String> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let shown = tmux(socket, &["capture-pane", "-p"])?;
        if holds(&shown) {
            return Ok(shown);
        }
        expect!(Instant::now() < end, "waited in vain until {what}; the terminal shows\n{shown}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn terminal() -> Outcome {
    let (_folder, trace) = demo()?;
    let socket = format!("elfuse-trace-{}", std::process::id());
    let line = format!("{} view {}; echo left with $?; cat", binary().display(), trace.display());
    tmux(&socket, &["new-session", "-d", "-x", "80", "-y", "24", &line])?;
    let outcome = drive(&socket);
    tmux(&socket, &["kill-server"])?;
    outcome
}

fn drive(socket: &str) -> Outcome {
    let first = wait_for(socket, "uname")?;
    expect!(first.lines().count() <= 24 && first.contains("Events"), "the first screen is\n{first}");
    tmux(socket, &["send-keys", "?"])?;
    wait_for(socket, "half a page down")?;
    tmux(socket, &["send-keys", "Escape"])?;
    // A key right behind an escape would be read as one with Alt.
    wait_until(socket, "the help closes", |shown| !shown.contains("half a page down"))?;
    tmux(socket, &["send-keys", "G"])?;
    wait_for(socket, "exit")?;
    tmux(socket, &["resize-window", "-x", "120", "-y", "40"])?;
    wait_for(socket, "exit")?;
    tmux(socket, &["send-keys", "Q"])?;
    let last = wait_for(socket, "left with 0")?;
    expect!(!last.contains("uname"), "the viewer leaves its screen behind:\n{last}");
    Ok(())
}
