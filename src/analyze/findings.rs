//! What is remarkable about a run, by rule.

use super::stats::Stats;
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

/// Everything remarkable in the totals of a run.
#[must_use]
pub fn of(stats: &Stats) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, served) in &stats.vdso {
        let fallbacks: u64 = served.fallbacks.values().sum();
        let mut warn = |rule, level, text| found.push(Finding { rule, level, text });
        if let Some(count) = served.fallbacks.get("not-vdso") {
            let text =
                format!("{count} {name} calls came from no trampoline: the page was not used for them");
            warn("not-vdso", Level::Warning, text);
        }
        for reason in ["attention", "writer-odd", "seq-race", "cnt-underflow"] {
            if let Some(count) = served.fallbacks.get(reason) {
                let text = format!("{count} {name} calls fell back for {reason}");
                warn("fallback", Level::Warning, text);
            }
        }
        if let Some(count) = served.fallbacks.get("clockid") {
            let text = format!("{count} {name} calls asked for a clock that the page does not serve");
            warn("clockid", Level::Info, text);
        }
        let age = served.fallbacks.get("age-cap").copied().unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let (age_rate, seconds) =
            (age as f64 / (stats.duration_ns.max(1) as f64 / 1e9), stats.duration_ns as f64 / 1e9);
        if age > 2 && seconds > 1.0 && age_rate > AGE_RATE * 1.5 {
            let text =
                format!("{name}: {age_rate:.1} fallbacks a second for age; the steady rate is {AGE_RATE}");
            warn("age-rate", Level::Warning, text);
        }
        if age > 0 && served.hits < fallbacks {
            let text = format!(
                "{name}: {fallbacks} fallbacks and {} fast-path calls: calls are so far apart that the anchor \
                 is always too old",
                served.hits
            );
            warn("age-cap-thrash", Level::Info, text);
        }
    }
    if stats.reseeds.by_cause.drift > 0 {
        let text = format!(
            "the wall clock moved by more than 100 ms under an anchor {} times",
            stats.reseeds.by_cause.drift
        );
        found.push(Finding { rule: "drift-step", level: Level::Warning, text });
    }
    found
}
