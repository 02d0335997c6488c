//! `dump`: the events of a trace, like strace or as JSON lines.

use super::args::{DumpArgs, Format};
use super::output;
use anyhow::{Context, Result, bail};
use elfuse_trace::decode::Words;
use elfuse_trace::decode::lines::{LineFormat, Lines, PidColumn, TimeColumn};
use elfuse_trace::kernel::table::select::TraceSet;
use std::io::Write;
use traces::filter::{Filter, Scene};
use traces::{BlobId, Body, Cycles, Event, EventIndex, Trace};

/// Exit code if nothing was selected.
const NOTHING: u8 = 1;

/// `elfuse-trace dump`.
pub(crate) fn dump(args: &DumpArgs) -> Result<u8> {
    let calls = args.expression.as_deref().map(calls_of).transpose()?;
    let trace = Trace::open(&args.trace)?;
    super::info::warn_if_cut(&trace);
    let words = words(&trace, args.strsize);
    let filter = args.filter.as_deref().map(|text| Filter::parse(text, &words)).transpose()?;
    let blob = |id: BlobId| trace.blob(id).ok();
    let scene = Scene { describe: &words, blob: &blob, cntfrq: trace.header().cntfrq, start: words.origin };
    let format = LineFormat {
        time: match (args.relative, args.elapsed, args.time) {
            (true, ..) => TimeColumn::Delta,
            (_, true, _) => TimeColumn::Relative,
            (.., 0) => TimeColumn::Off,
            (.., 1) => TimeColumn::Seconds,
            (.., 2) => TimeColumn::Absolute,
            _ => TimeColumn::Epoch,
        },
        pid: PidColumn::Off,
        numbers: args.numbers,
        durations: args.durations,
        strict: args.strict,
    };
    let mut lines = Lines::new(&words, format).started(started(&trace));
    let mut out = output::out();
    let (mut shown, mut json) = (0u64, Vec::new());
    for event in trace.events(0..trace.event_count()) {
        let (index, event) = match event {
            Ok(found) => found,
            Err(lost) => {
                super::say(&lost.to_string());
                continue;
            }
        };
        let wanted = calls.as_ref().is_none_or(|calls| is_called(calls, &event))
            && filter.as_ref().is_none_or(|filter| filter.matches(index, &event, &scene));
        if !wanted {
            continue;
        }
        shown += 1;
        match args.format {
            Format::Json => {
                json.clear();
                serde_json::to_writer(&mut json, &words.json(index, &event, &blob))?;
                json.push(b'\n');
                out.write_all(&json)?;
            }
            Format::Text => {
                if let Some(line) = lines.line(index, &event, &blob) {
                    writeln!(out, "{line}")?;
                }
            }
        }
    }
    out.flush()?;
    Ok(if shown == 0 && trace.event_count() > 0 { NOTHING } else { 0 })
}

/// The words for a trace: times count from its first event.
pub(super) fn words(trace: &Trace, strsize: usize) -> Words {
    // Out of the index: the block itself may be damaged.
    let origin = trace.blocks().first().map_or(Cycles(0), |block| block.clock.0);
    Words { strsize, ..Words::new(trace.header().cntfrq, origin) }
}

/// Wall clock at the start of the run, nanoseconds since 1970; 0 if that is not recorded.
fn started(trace: &Trace) -> u64 {
    match trace.event(EventIndex(0)).as_deref().map(|event| &event.body) {
        Ok(Body::Start(start)) => start.realtime_ns,
        _ => 0,
    }
}

/// The calls that `-e` names: `trace=…`, or the list alone.
fn calls_of(expression: &str) -> Result<TraceSet> {
    let list = match expression.split_once('=') {
        Some(("trace" | "t", list)) => list,
        Some((other, _)) => bail!("-e {other}=: only -e trace= is known; for anything else use --filter"),
        None => expression,
    };
    TraceSet::parse(list).with_context(|| format!("-e {expression}"))
}

/// Whether an event is one of these calls; with `-e`, strace too shows how the process ended.
fn is_called(calls: &TraceSet, event: &Event) -> bool {
    match &event.body {
        Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) => calls.contains(svc.nr),
        Body::Signal(_) | Body::End(_) => true,
        Body::Start(_)
        | Body::Sync { .. }
        | Body::Reseed(_)
        | Body::Switch { .. }
        | Body::Hits(_)
        | Body::Checkpoint(_)
        | Body::ThreadExit { .. }
        | Body::ThreadStart(_)
        | Body::ForkStart(_)
        | Body::Fork(_)
        | Body::Shared(_) => false,
    }
}
