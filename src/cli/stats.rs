//! `stats`: a trace added up.

use super::args::{Format, TraceArgs};
use super::output::{self, grouped, paint};
use super::progress::Progress;
use anyhow::Result;
use elfuse_trace::analyze;
use elfuse_trace::analyze::findings::{self, Finding, Level};
use elfuse_trace::analyze::stats::{PerProcess, Stats};
use serde::Serialize;
use std::io::Write;
use traces::Trace;

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    stats: &'a Stats,
    findings: &'a [Finding],
}

/// `elfuse-trace stats`.
pub(crate) fn stats(args: &TraceArgs) -> Result<u8> {
    let trace = Trace::open(&args.trace)?;
    super::info::warn_if_cut(&trace);
    let progress = Progress::new("adding up", analyze::events(&trace));
    let stats = Stats::of(&trace, &mut |done| progress.at(done))?;
    drop(progress);
    let findings = findings::of(&stats);
    match args.format {
        Format::Json => output::json(&Report { stats: &stats, findings: &findings })?,
        Format::Text => print(&stats, &findings)?,
    }
    Ok(0)
}

/// A row for each process.
fn print_processes(out: &mut impl Write, processes: &[PerProcess]) -> Result<()> {
    let head =
        "stream    pid   ppid      events      calls  errors  fallbacks        hits    instructions  program";
    writeln!(out, "\n{}", paint("1", head))?;
    for process in processes {
        let id = |id: Option<u32>| id.map_or_else(|| "?".to_owned(), |id| id.to_string());
        let parent = if process.stream == 0 { String::new() } else { id(process.ppid) };
        let program = process.program.as_deref().map_or("?".to_owned(), output::clean);
        writeln!(
            out,
            "{:<6} {:>6} {parent:>6} {:>11} {:>10} {:>7} {:>10} {:>11} {:>15}  {program}, {}",
            format!("s{}", process.stream),
            id(process.pid),
            grouped(process.events),
            grouped(process.calls),
            grouped(process.errors),
            grouped(process.fallbacks),
            grouped(process.hits),
            grouped(process.icount),
            process.end
        )?;
    }
    Ok(())
}

/// Prints the totals for people.
pub(super) fn print(stats: &Stats, findings: &[Finding]) -> Result<()> {
    let mut out = output::out();
    let seconds = stats.duration_ns / 1_000_000_000;
    let millis = stats.duration_ns / 1_000_000 % 1000;
    writeln!(
        out,
        "{} events, {} instructions, {seconds}.{millis:03} s of guest time, fidelity {}{}\n",
        grouped(stats.events),
        grouped(stats.icount),
        stats.fidelity,
        match stats.processes.len() {
            0 | 1 => String::new(),
            n => format!(", {n} processes"),
        }
    )?;
    if stats.unreadable > 0 {
        writeln!(out, "{} parts of the trace are unreadable and not counted\n", grouped(stats.unreadable))?;
    }
    writeln!(out, "{}", paint("1", "% time    total ms    avg us    max us      calls  errors  syscall"))?;
    let total = stats.svc.values().fold(0u64, |sum, calls| sum.saturating_add(calls.total_ns));
    let mut rows: Vec<_> = stats.svc.iter().collect();
    rows.sort_by_key(|(name, calls)| (std::cmp::Reverse(calls.total_ns), name.as_str()));
    for (name, calls) in rows {
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let (share, ms, avg, max) = (
            calls.total_ns as f64 * 100.0 / total.max(1) as f64,
            calls.total_ns as f64 / 1e6,
            calls.total_ns as f64 / 1e3 / calls.count.max(1) as f64,
            calls.max_ns as f64 / 1e3,
        );
        let errors = if calls.errors == 0 { String::new() } else { grouped(calls.errors) };
        writeln!(
            out,
            "{share:6.2} {ms:11.3} {avg:9.2} {max:9.2} {:>10} {errors:>7}  {name}",
            grouped(calls.count)
        )?;
    }
    if !stats.vdso.is_empty() {
        writeln!(out, "\n{}", paint("1", "vDSO call            hits  fallbacks"))?;
        for (name, served) in &stats.vdso {
            let why: Vec<String> =
                served.fallbacks.iter().map(|(why, n)| format!("{why} {}", grouped(*n))).collect();
            let why = if why.is_empty() { "none".to_owned() } else { why.join(", ") };
            writeln!(out, "{name:<14} {:>10}  {why}", grouped(served.hits))?;
        }
        let reseeds = &stats.reseeds;
        let causes = &reseeds.by_cause;
        writeln!(
            out,
            "reseeds: {} published (unseeded {}, age {}, drift {}), {} lost, {} not needed or refused",
            grouped(reseeds.published),
            causes.unseeded,
            causes.age,
            causes.drift,
            reseeds.lost,
            reseeds.refused
        )?;
    }
    if stats.processes.len() > 1 {
        print_processes(&mut out, &stats.processes)?;
    }
    if !findings.is_empty() {
        writeln!(out, "\n{}", paint("1", "findings"))?;
        for finding in findings {
            let (mark, style) = match finding.level {
                Level::Info => ("●", "36"),
                Level::Warning => ("▲", "33"),
            };
            writeln!(out, "{} {}: {}", paint(style, mark), finding.rule, finding.text)?;
        }
    }
    out.flush()?;
    Ok(())
}
