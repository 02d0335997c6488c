//! Traces of several processes: what `dump`, `stats`, `info`, `replay --to` and `view` say of a shell pipeline, of a
//! threaded program and of a child that a signal kills.

use crate::expect;
use crate::support::Outcome;
use crate::support::command::{elfuse, run};
use crate::support::guest::{Recorded, busybox, events, guest, json, record};
use crate::support::need::{Need, Suite, sysroot};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Three children of the shell, two of them programs that it executes, and one that kills itself.
const SCRIPT: &str = "echo one | cat; /bin/busybox true; sh -c 'kill -9 $$'; exit 3";

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    suite.test("processes::dump", &[Need::Sysroot], dump);
    suite.test("processes::dump_selects", &[Need::Sysroot], dump_selects);
    suite.test("processes::dump_as_json", &[Need::Sysroot], dump_as_json);
    suite.test("processes::info_and_stats", &[Need::Sysroot], info_and_stats);
    suite.test("processes::replay_to", &[Need::Sysroot], replay_to);
    suite.test("processes::stored_once", &[Need::Sysroot], stored_once);
    suite.test("processes::view", &[Need::Sysroot], view);
    suite.test("processes::symbols_after_execve", &[Need::CrossCompiler], symbols_after_execve);
}

fn shell() -> Result<Recorded, String> {
    let root = sysroot();
    let root = root.to_string_lossy();
    let recorded = record(&["--sysroot", &root], &busybox(), &["sh", "-c", SCRIPT])?;
    expect!(recorded.ran.code == 3, "{}", recorded.ran.shown());
    Ok(recorded)
}

fn text(args: &[&str], trace: &Path) -> Result<String, String> {
    Ok(run(elfuse(args).arg(trace))?.expect_code(0)?.out_text())
}

/// Where a line is that has all of these words.
fn place(lines: &[&str], words: &[&str]) -> Result<usize, String> {
    let found = lines.iter().position(|line| words.iter().all(|word| line.contains(word)));
    found.ok_or_else(|| format!("no line has all of {words:?}:\n{}", lines.join("\n")))
}

fn dump() -> Outcome {
    let shell = shell()?;
    let whole = text(&["dump", "--numbers"], &shell.trace)?;
    let lines: Vec<&str> = whole.lines().collect();
    for line in &lines {
        let number = line.trim_start().split(' ').next().unwrap_or_default();
        expect!(number.starts_with('s') && number.contains(":E"), "no stream and number: {line}");
        expect!(line.contains("[pid "), "no process: {line}");
    }
    // A child begins after the call that forks it has begun, and ends before it is waited for.
    let cloned = place(&lines, &["[pid     1] clone("])?;
    let begins = place(&lines, &["[pid     2] process 2 starts, forked by 1 at s0:E"])?;
    let ended = place(&lines, &["[pid     2] +++ exited with 0 +++"])?;
    let waited = place(&lines, &["[pid     1]", "wait4", "= 2"])?;
    expect!(cloned < begins && begins < ended, "the order is wrong:\n{whole}");
    expect!(cloned < waited, "the order is wrong:\n{whole}");
    place(&lines, &["[pid     1] process 2 started, stream s1"])?;
    place(&lines, &["+++ killed by SIGKILL +++"])?;
    expect!(lines.last().is_some_and(|line| line.contains("+++ exited with 3 +++")), "the end:\n{whole}");
    // A call that others act in the middle of is told in two lines, each once.
    let count = |word: &str| lines.iter().filter(|line| line.contains(word)).count();
    let (unfinished, resumed) = (count("<unfinished ...>"), count(" resumed>"));
    expect!(unfinished > 0 && unfinished == resumed, "{unfinished} unfinished, {resumed} resumed:\n{whole}");
    Ok(())
}

fn dump_selects() -> Outcome {
    let shell = shell()?;
    let one = text(&["dump", "--process", "2"], &shell.trace)?;
    expect!(one.contains("process 2 starts") && !one.contains("[pid"), "--process 2 prints\n{one}");
    let same = text(&["dump", "--process", "s1"], &shell.trace)?;
    expect!(same == one, "s1 is another process than 2:\n{same}");
    let filtered = text(&["dump", "--filter", "pid == 2 || stream == s0"], &shell.trace)?;
    let pids: BTreeSet<&str> = filtered.lines().filter_map(|line| line.get(..11)).collect();
    expect!(pids.len() == 2, "the filter lets pass\n{filtered}");
    let both = text(&["dump", "--process", "1", "--process", "s1"], &shell.trace)?;
    expect!(both == filtered, "--process twice prints\n{both}");
    let none = run(elfuse(["dump", "--process", "99"]).arg(&shell.trace))?.expect_code(2)?;
    expect!(none.err_text().contains("there is no process 99"), "{}", none.shown());
    Ok(())
}

fn dump_as_json() -> Outcome {
    let shell = shell()?;
    let all = events(&shell.trace, &[])?;
    let number = |event: &Value, name: &str| event.get(name).and_then(Value::as_u64);
    let mut streams = BTreeSet::new();
    for event in &all {
        let (stream, pid) = (number(event, "stream"), number(event, "process"));
        expect!(stream.is_some() && pid.is_some() && number(event, "tid") == pid, "{event}");
        streams.insert((stream, pid));
    }
    expect!(streams.len() >= 4, "{streams:?}");
    // Each stream has all its events once and in order.
    for (stream, _) in streams {
        let own = all.iter().filter(|event| number(event, "stream") == stream);
        let numbers: Vec<u64> = own.filter_map(|event| number(event, "ev")).collect();
        expect!(numbers.iter().copied().eq(0..numbers.len() as u64), "s{stream:?} has {numbers:?}");
    }
    Ok(())
}

fn info_and_stats() -> Outcome {
    let shell = shell()?;
    let all = events(&shell.trace, &[])?.len() as u64;
    let info = json(&["info"], &shell.trace)?;
    let stats = json(&["stats"], &shell.trace)?;
    for totals in [&info, &stats] {
        expect!(totals["events"].as_u64() == Some(all), "{all} events, but {}", totals["events"]);
        let parts = totals["processes"].as_array().ok_or("no processes")?;
        let sum = |name: &str| parts.iter().filter_map(|part| part[name].as_u64()).sum::<u64>();
        expect!(sum("events") == all, "the processes have {} events of {all}", sum("events"));
        expect!(Some(sum("icount")) == totals["icount"].as_u64(), "{totals}");
        for part in parts {
            let first = part["stream"] == 0;
            expect!(part["pid"].is_u64() && part["ppid"].is_u64() != first, "{part}");
            expect!(part["program"].as_str().is_some_and(|path| path.ends_with("busybox")), "{part}");
            expect!(
                part["end"].as_str().is_some_and(|end| end.contains("with") || end.contains("by")),
                "{part}"
            );
        }
    }
    let calls = |stats: &Value| {
        stats["svc"].as_object().map(|all| all.values().filter_map(|c| c["count"].as_u64()).sum())
    };
    let parts = stats["processes"].as_array().ok_or("no processes")?;
    let sum: u64 = parts.iter().filter_map(|part| part["calls"].as_u64()).sum();
    expect!(calls(&stats) == Some(sum), "the processes have {sum} calls");
    expect!(parts[0]["exit_code"] == 3, "{}", parts[0]);
    expect!(parts.iter().any(|part| part["signal"] == 9), "no process died of SIGKILL: {stats}");
    let texts: Vec<&str> =
        stats["findings"].as_array().into_iter().flatten().filter_map(|f| f["text"].as_str()).collect();
    expect!(texts.iter().any(|text| text.contains("was killed by SIGKILL")), "{texts:?}");
    let tree = text(&["info"], &shell.trace)?;
    let lines: Vec<&str> = tree.lines().collect();
    let (top, child) = (place(&lines, &["  1 s0  "])?, place(&lines, &["    2 s1  ", "forked from 1"])?);
    expect!(top < child, "the tree is\n{tree}");
    let table = text(&["stats"], &shell.trace)?;
    place(&table.lines().collect::<Vec<_>>(), &["s1 ", "busybox, exited with 0"])?;
    Ok(())
}

fn replay_to() -> Outcome {
    let shell = shell()?;
    let there = text(&["replay", "--to", "s1:E2"], &shell.trace)?;
    expect!(there.starts_with("s1:E2  thread 2  "), "{there}");
    let same = text(&["replay", "--process", "2", "--to", "E2"], &shell.trace)?;
    expect!(same == there, "--process goes to\n{same}\nand s1: to\n{there}");
    let first = text(&["replay", "--to", "50%"], &shell.trace)?;
    expect!(first.starts_with("s0:E"), "{first}");
    let end = text(&["replay", "--to", "s1:100%", "--digest"], &shell.trace)?;
    expect!(end.trim().len() >= 32, "{end}");
    for (args, word) in [
        (&["replay", "--to", "s99:E1"][..], "there is no process s99"),
        (&["replay", "--to", "s0:E1", "--process", "2"], "another process"),
        (&["replay", "--to", "s1:E99999"], "there is no event E99999"),
    ] {
        let ran = run(elfuse(args).arg(&shell.trace))?.expect_code(2)?;
        expect!(ran.err_text().contains(word), "{args:?}: {}", ran.shown());
    }
    Ok(())
}

/// What processes map of the same file is in the trace once, whoever maps it first.
fn stored_once() -> Outcome {
    let root = sysroot();
    let root = root.to_string_lossy();
    let size = |times: usize| {
        let script = "/bin/busybox true; ".repeat(times);
        let recorded = record(&["--sysroot", &root], &busybox(), &["sh", "-c", &script])?;
        expect!(recorded.ran.code == 0, "{}", recorded.ran.shown());
        recorded.trace.metadata().map(|about| about.len()).map_err(|error| error.to_string())
    };
    let (one, ten) = (size(1)?, size(10)?);
    expect!(ten < one * 3 / 2, "a trace of one child has {one} bytes, one of ten children {ten}");
    Ok(())
}

fn view() -> Outcome {
    let shell = shell()?;
    let screen = |args: &[&str], keys: &str| {
        let mut command = elfuse(["view", "--dump", "--size", "80x24", "--script", keys]);
        Ok::<_, String>(run(command.args(args).arg(&shell.trace))?.expect_code(0)?.out_text())
    };
    let list = screen(&[], "gp")?;
    for word in ["processes", "busybox (forked)", "busybox cat", "killed by SIGKILL", "exited with 3"] {
        expect!(list.contains(word), "the list does not show {word}:\n{list}");
    }
    let second = screen(&[], "gpj<Enter>")?;
    expect!(second.contains("pid 2/2") && second.contains("process 2 starts"), "it shows\n{second}");
    let option = screen(&["--process", "2"], "")?;
    expect!(option == second, "--process 2 shows\n{option}");
    // The replay is that of the child, from its own start on.
    let cpu = screen(&["--process", "s1"], "ges1:E2<Enter>g5")?;
    expect!(cpu.contains("replay s1:E2") || cpu.contains("E 2/"), "{cpu}");
    expect!(cpu.contains("x0"), "no registers:\n{cpu}");
    Ok(())
}

/// The names of a program that was executed, not those of the one before.
fn symbols_after_execve() -> Outcome {
    let (busy, program) = (guest("executes")?, guest("exit42")?);
    let recorded = record(&[], &busy, &[&program.to_string_lossy()])?;
    expect!(recorded.ran.code == 42, "{}", recorded.ran.shown());
    let before = text(&["replay", "--to", "E1"], &recorded.trace)?;
    let after = text(&["replay", "--to", "100%"], &recorded.trace)?;
    let info = json(&["info"], &recorded.trace)?;
    let path = info["processes"][0]["program"].as_str().unwrap_or_default().to_owned();
    expect!(path.ends_with("exit42"), "the program is {path}");
    expect!(
        before.contains('<') && after.to_lowercase().contains("<_exit"),
        "the symbols are\n{before}\n{after}"
    );
    Ok(())
}
