//! What is remarkable about a run, by rule.

use super::processes::signal_name;
use super::stats::{PerProcess, Served, Stats};
use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Costs time or hides a problem.
    Warning,
}

/// A finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// Stable id of the rule.
    pub rule: &'static str,
    /// How bad.
    pub level: Level,
    /// One sentence.
    pub text: String,
}

/// Fallbacks for age a second of guest time that a busy clock loop has at 24 MHz: 24e6 / 2^22.
const AGE_RATE: f64 = 5.72;

/// Everything remarkable in the totals of a run, in a fixed order.
#[must_use]
pub fn of(stats: &Stats) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, served) in &stats.vdso {
        of_function(name, served, stats.duration_ns, &mut found);
    }
    let drifts = stats.reseeds.by_cause.drift;
    if drifts > 0 {
        let text = format!("the wall clock moved by more than 100 ms under an anchor, {}", times(drifts));
        found.push(Finding { rule: "drift-step", level: Level::Warning, text });
    }
    for (name, &count) in &stats.unimplemented {
        let whose = callers(&stats.processes, name);
        let text = format!("{name} is not implemented; it was answered with ENOSYS, {}{whose}", times(count));
        found.push(Finding { rule: "unimplemented", level: Level::Warning, text });
    }
    for process in &stats.processes {
        if let Some(signo) = process.signal {
            let text = format!("{} was killed by {}", who(process), signal_name(signo));
            found.push(Finding { rule: "killed-by-signal", level: Level::Warning, text });
        }
    }
    found
}

/// `process 5 (sh)`.
fn who(process: &PerProcess) -> String {
    let pid =
        process.pid.map_or_else(|| format!("stream s{}", process.stream), |pid| format!("process {pid}"));
    let name = process.program.as_deref().and_then(|path| path.rsplit('/').next());
    name.map_or(pid.clone(), |name| format!("{pid} ({name})"))
}

/// `: process 5 (sh) once, process 7 (cat) 3 times`, for runs of several processes.
fn callers(processes: &[PerProcess], call: &str) -> String {
    if processes.len() < 2 {
        return String::new();
    }
    let counts =
        processes.iter().filter_map(|process| Some((who(process), *process.unimplemented.get(call)?)));
    let parts: Vec<String> = counts.map(|(who, count)| format!("{who} {}", times(count))).collect();
    format!(": {}", parts.join(", "))
}

fn of_function(name: &str, served: &Served, duration_ns: u64, found: &mut Vec<Finding>) {
    let count = |reason| served.fallbacks.get(reason).copied().unwrap_or(0);
    let mut add = |rule, level, text| found.push(Finding { rule, level, text });
    let direct = count("not-vdso");
    if direct > 0 {
        let text = format!("{} came from no trampoline: the page was not used", calls(direct, name));
        add("not-vdso", Level::Warning, text);
    }
    for reason in ["attention", "writer-odd", "attention-or-writer", "seq-race", "cnt-underflow"] {
        if count(reason) > 0 {
            add("fallback", Level::Warning, format!("{} fell back for {reason}", calls(count(reason), name)));
        }
    }
    let other = count("clockid");
    if other > 0 {
        let text = format!("{} asked for a clock that the page does not serve", calls(other, name));
        add("clockid", Level::Info, text);
    }
    let age = count("age-cap");
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let (seconds, rate) = (duration_ns as f64 / 1e9, age as f64 / (duration_ns.max(1) as f64 / 1e9));
    if age > 2 && seconds > 1.0 && rate > AGE_RATE * 1.5 {
        let text = format!("{name}: {rate:.1} fallbacks a second for age; a busy loop has {AGE_RATE}");
        add("age-rate", Level::Warning, text);
    }
    // Reading the clock more rarely than anchors last is fine, once or twice.
    let fallbacks = served.fallbacks.values().fold(0u64, |sum, n| sum.saturating_add(*n));
    if age > 2 && served.hits < fallbacks {
        let text = format!(
            "{name}: {age} fallbacks for age and {} on the fast path: calls are so far apart that the anchor is \
             too old for most of them",
            calls(served.hits, "")
        );
        add("age-cap-thrash", Level::Info, text);
    }
}

fn calls(count: u64, name: &str) -> String {
    let space = if name.is_empty() { "" } else { " " };
    format!("{count} {name}{space}{}", if count == 1 { "call" } else { "calls" })
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(hits: u64, fallbacks: &[(&'static str, u64)]) -> Stats {
        let served = Served { hits, fallbacks: fallbacks.iter().copied().collect() };
        Stats { duration_ns: 5_000_000_000, vdso: [("clock_gettime", served)].into(), ..Stats::default() }
    }

    #[test]
    fn each_rule_fires_alone_and_a_clean_run_has_no_findings() {
        // What a busy clock loop of five seconds looks like.
        assert_eq!(of(&served(4_000_000, &[("unseeded", 1), ("age-cap", 29)])), []);
        assert_eq!(of(&Stats::default()), []);
        let mut drift = Stats::default();
        drift.reseeds.by_cause.drift = 1;
        let missing = Stats { unimplemented: [("io_uring_setup".to_owned(), 2)].into(), ..Stats::default() };
        let process = |pid, missing: &[(&str, u64)], signal| PerProcess {
            pid: Some(pid),
            program: Some("/bin/sh".to_owned()),
            unimplemented: missing.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect(),
            signal,
            ..PerProcess::default()
        };
        let several = Stats {
            processes: vec![
                process(1, &[], None),
                process(5, &[("io_uring_setup", 1)], None),
                process(7, &[("io_uring_setup", 3)], None),
            ],
            unimplemented: [("io_uring_setup".to_owned(), 4)].into(),
            ..Stats::default()
        };
        let killed = Stats { processes: vec![process(5, &[], Some(11))], ..Stats::default() };
        let table: [(Stats, &str, Level, &str); 10] = [
            (
                served(9, &[("not-vdso", 1)]),
                "not-vdso",
                Level::Warning,
                "1 clock_gettime call came from no trampoline: the page was not used",
            ),
            (
                served(9, &[("seq-race", 2)]),
                "fallback",
                Level::Warning,
                "2 clock_gettime calls fell back for seq-race",
            ),
            (
                served(9, &[("attention-or-writer", 1)]),
                "fallback",
                Level::Warning,
                "1 clock_gettime call fell back for attention-or-writer",
            ),
            (
                served(9, &[("clockid", 3)]),
                "clockid",
                Level::Info,
                "3 clock_gettime calls asked for a clock that the page does not serve",
            ),
            (
                served(4_000_000, &[("age-cap", 60)]),
                "age-rate",
                Level::Warning,
                "clock_gettime: 12.0 fallbacks a second for age; a busy loop has 5.72",
            ),
            (
                served(1, &[("age-cap", 5)]),
                "age-cap-thrash",
                Level::Info,
                "clock_gettime: 5 fallbacks for age and 1 call on the fast path: calls are so far apart that the \
                 anchor is too old for most of them",
            ),
            (
                drift,
                "drift-step",
                Level::Warning,
                "the wall clock moved by more than 100 ms under an anchor, once",
            ),
            (
                missing,
                "unimplemented",
                Level::Warning,
                "io_uring_setup is not implemented; it was answered with ENOSYS, 2 times",
            ),
            (
                several,
                "unimplemented",
                Level::Warning,
                "io_uring_setup is not implemented; it was answered with ENOSYS, 4 times: process 5 (sh) once, \
                 process 7 (sh) 3 times",
            ),
            (killed, "killed-by-signal", Level::Warning, "process 5 (sh) was killed by SIGSEGV"),
        ];
        for (stats, rule, level, text) in table {
            assert_eq!(of(&stats), [Finding { rule, level, text: text.to_owned() }]);
        }
    }
}
