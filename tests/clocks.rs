//! The vDSO as a real libc uses it: how often the fast path is left, for which reason, and what reseeds follow.

use crate::expect;
use crate::support::Outcome;
use crate::support::guest::{guest, json, record, replay_digest};
use crate::support::need::{Need, Suite};
use serde_json::Value;

/// An anchor lives 2^22 cycles of a 24 MHz counter: so often a second does a busy loop outlast it.
const AGE_CAPS_PER_SECOND: f64 = 24e6 / 4_194_304.0;

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    suite.test("clocks::five_seconds", &[Need::CrossCompiler], five_seconds);
    suite.test("clocks::older_revisions", &[Need::CrossCompiler], older_revisions);
    suite.test("clocks::without_vdso", &[Need::CrossCompiler], without_vdso);
}

struct Stats {
    hits: u64,
    fallbacks: Vec<(String, u64)>,
    published: u64,
    lost_or_refused: u64,
    causes: Vec<(String, u64)>,
    readings: u64,
}

impl Stats {
    fn fallback(&self, reason: &str) -> u64 {
        self.fallbacks.iter().find(|(name, _)| name == reason).map_or(0, |(_, count)| *count)
    }
}

fn number(value: &Value, pointer: &str) -> Result<u64, String> {
    value
        .pointer(pointer)
        .and_then(Value::as_u64)
        .ok_or_else(|| format!("stats has no number {pointer}: {value}"))
}

/// Counts that are not 0, by name.
fn counts(value: &Value, pointer: &str) -> Result<Vec<(String, u64)>, String> {
    let map = value.pointer(pointer).and_then(Value::as_object);
    let map = map.ok_or_else(|| format!("stats has no object {pointer}: {value}"))?;
    let named = map.iter().map(|(name, count)| (name.clone(), count.as_u64().unwrap_or(u64::MAX)));
    Ok(named.filter(|(_, count)| *count != 0).collect())
}

fn measure(options: &[&str], seconds: &str) -> Result<Stats, String> {
    let recorded = record(options, &guest("clock_loop")?, &[seconds])?;
    let ran = recorded.ran.clone().expect_code(0)?;
    let readings = ran.out_text().trim().parse().map_err(|error| format!("{error}: {}", ran.shown()))?;
    replay_digest(&recorded.trace)?;
    let stats = json(&["stats"], &recorded.trace)?;
    let causes = counts(&stats, "/reseeds/by_cause")?;
    Ok(Stats {
        hits: number(&stats, "/vdso/clock_gettime/hits")?,
        fallbacks: counts(&stats, "/vdso/clock_gettime/fallbacks")?,
        published: number(&stats, "/reseeds/published")?,
        lost_or_refused: number(&stats, "/reseeds/lost")? + number(&stats, "/reseeds/refused")?,
        causes,
        readings,
    })
}

fn five_seconds() -> Outcome {
    let stats = measure(&[], "5")?;
    let age_caps = stats.fallback("age-cap");
    let names: Vec<&str> = stats.fallbacks.iter().map(|(name, _)| name.as_str()).collect();
    expect!(names == ["age-cap", "unseeded"], "fallbacks {:?}", stats.fallbacks);
    expect!(stats.fallback("unseeded") == 1, "fallbacks {:?}", stats.fallbacks);
    #[expect(clippy::cast_precision_loss, reason = "some dozens")]
    let rate = age_caps as f64 / 5.0;
    expect!(
        (AGE_CAPS_PER_SECOND - 2.0..=AGE_CAPS_PER_SECOND + 2.0).contains(&rate),
        "{rate} age-cap fallbacks a second, {AGE_CAPS_PER_SECOND:.2} expected"
    );
    expect!(stats.published == age_caps + 1, "{} reseeds for {} fallbacks", stats.published, age_caps + 1);
    expect!(stats.lost_or_refused == 0, "{} reseeds were lost or refused", stats.lost_or_refused);
    let causes: u64 = stats.causes.iter().filter(|(name, _)| name != "drift").map(|(_, count)| count).sum();
    expect!(causes >= stats.published, "reseeds by cause {:?}", stats.causes);
    let served = stats.hits + age_caps + 1;
    expect!(
        served == stats.readings,
        "the guest read the clock {} times, the trace has {served}",
        stats.readings
    );
    Ok(())
}

/// Before `carry`, an anchor lived 2^31 cycles, 89 seconds: a short loop falls back once.
fn older_revisions() -> Outcome {
    for revision in ["abi-note", "seqlock"] {
        let stats = measure(&[&format!("--vdso={revision}")], "0.5")?;
        let expected = vec![("unseeded".to_owned(), 1)];
        expect!(stats.fallbacks == expected, "{revision}: fallbacks {:?}", stats.fallbacks);
        expect!(
            stats.hits + 1 == stats.readings,
            "{revision}: {} hits of {} readings",
            stats.hits,
            stats.readings
        );
    }
    Ok(())
}

fn without_vdso() -> Outcome {
    let stats = measure(&["--vdso=none"], "0.2")?;
    let expected = vec![("not-vdso".to_owned(), stats.readings)];
    expect!(stats.fallbacks == expected, "{} readings, fallbacks {:?}", stats.readings, stats.fallbacks);
    expect!(stats.hits == 0 && stats.published == 0, "{} hits, {} reseeds", stats.hits, stats.published);
    Ok(())
}
