//! `dump`: the events of a trace, of all its processes, like strace or as JSON lines.

use super::args::{DumpArgs, Format};
use super::{output, select};
use anyhow::{Context, Result, bail};
use elfuse_trace::analyze;
use elfuse_trace::analyze::merge::Merged;
use elfuse_trace::decode::Words;
use elfuse_trace::decode::interleave::{Interleave, Told};
use elfuse_trace::decode::lines::{LineFormat, Lines, PidColumn, TimeColumn};
use elfuse_trace::kernel::table::select::TraceSet;
use std::collections::BTreeMap;
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
    let streams = select::streams(&trace, &args.process)?;
    let words = words(&trace, args.strsize);
    let filter = args.filter.as_deref().map(|text| Filter::parse(text, &words)).transpose()?;
    let wanted = Wanted { trace: &trace, words: &words, calls, filter };
    // As strace -f: who it was is said as soon as there is more than one process or thread.
    let threads = |id: &u32| trace.stream(*id).is_ok_and(|stream| stream.has_threads());
    let column =
        if streams.len() > 1 || threads(&streams[0]) { PidColumn::Bracketed } else { PidColumn::Off };
    let printer = match args.format {
        Format::Text => Printer::Text(
            Box::new(Lines::new(&words, layout(args, column)).started(started(&trace))),
            Interleave::default(),
        ),
        Format::Json => Printer::Json,
    };
    let several = trace.streams().count() > 1;
    let shown = print(&wanted, &streams, printer, several)?;
    let events = analyze::events(&trace);
    Ok(if shown == 0 && events > 0 { NOTHING } else { 0 })
}

fn layout(args: &DumpArgs, pid: PidColumn) -> LineFormat {
    LineFormat {
        time: match (args.relative, args.elapsed, args.time) {
            (true, ..) => TimeColumn::Delta,
            (_, true, _) => TimeColumn::Relative,
            (.., 0) => TimeColumn::Off,
            (.., 1) => TimeColumn::Seconds,
            (.., 2) => TimeColumn::Absolute,
            _ => TimeColumn::Epoch,
        },
        pid,
        numbers: args.numbers,
        durations: args.durations,
        strict: args.strict,
    }
}

/// Which events are shown.
struct Wanted<'a> {
    trace: &'a Trace,
    words: &'a Words,
    calls: Option<TraceSet>,
    filter: Option<Filter>,
}

impl Wanted<'_> {
    fn has(&self, (stream, pid): (u32, Option<u32>), index: EventIndex, event: &Event) -> bool {
        let blob = |id: BlobId| self.trace.blob(id).ok();
        let cntfrq = self.trace.header().cntfrq;
        let scene =
            Scene { describe: self.words, blob: &blob, cntfrq, start: self.words.origin, stream, pid };
        self.calls.as_ref().is_none_or(|calls| is_called(calls, event))
            && self.filter.as_ref().is_none_or(|filter| filter.matches(index, event, &scene))
    }
}

/// How events are printed.
enum Printer<'a> {
    /// As lines; calls that others act in the middle of are two.
    Text(Box<Lines<'a>>, Interleave),
    /// As objects, one an event.
    Json,
}

/// Prints what is wanted of some streams, merged; answers how many events that were.
fn print(wanted: &Wanted<'_>, streams: &[u32], mut printer: Printer<'_>, several: bool) -> Result<u64> {
    let trace = wanted.trace;
    let blob = |id: BlobId| trace.blob(id).ok();
    let pid = |id: &u32| (*id, trace.stream(*id).ok().and_then(|stream| stream.pid()));
    let pids: BTreeMap<u32, Option<u32>> = streams.iter().map(pid).collect();
    let mut out = output::out();
    let (mut shown, mut told) = (0u64, Vec::new());
    for (stream, event) in Merged::new(trace, streams) {
        let (index, event) = match event {
            Ok(found) => found,
            Err(lost) => {
                super::say(&lost.to_string());
                continue;
            }
        };
        let pid = pids.get(&stream).copied().flatten();
        if !wanted.has((stream, pid), index, &event) {
            continue;
        }
        shown += 1;
        match &mut printer {
            Printer::Json => {
                let mut value = wanted.words.json(index, &event, &blob);
                if let Some(object) = value.as_object_mut() {
                    object.insert("stream".to_owned(), stream.into());
                    object.insert("process".to_owned(), pid.into());
                }
                let mut line = serde_json::to_vec(&value)?;
                line.push(b'\n');
                out.write_all(&line)?;
            }
            Printer::Text(lines, interleave) => {
                interleave.push((stream, index, event), &mut told);
                write_lines(&mut out, lines, &mut told, several, &blob)?;
            }
        }
    }
    if let Printer::Text(lines, interleave) = &mut printer {
        interleave.finish(&mut told);
        write_lines(&mut out, lines, &mut told, several, &blob)?;
    }
    out.flush()?;
    Ok(shown)
}

fn write_lines(
    out: &mut impl Write,
    lines: &mut Lines<'_>,
    told: &mut Vec<Told>,
    several: bool,
    blob: &dyn Fn(BlobId) -> Option<Vec<u8>>,
) -> Result<()> {
    for (stream, index, event) in told.drain(..) {
        if several {
            lines.of_stream(stream);
        }
        if let Some(line) = lines.line(index, &event, blob) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
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
