//! `view`: the terminal viewer.

use super::args::ViewArgs;
use super::{output, select};
use anyhow::Result;
use elfuse_trace::analyze::processes;
use elfuse_trace::guest::MemoryMode;
use elfuse_trace::replay::Later;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use traces::event::{Effect, EndStatus};
use traces::replay::Replay;
use traces::{Body, Cycles, EventIndex, Trace};
use tui::{Inputs, Options, ProcessRow, Processes, VdsoFacts};

/// `elfuse-trace view`.
pub(crate) fn view(args: &ViewArgs) -> Result<u8> {
    let trace = Arc::new(Trace::open(&args.trace)?);
    let stream = select::one(&trace, args.process)?;
    let name = title(&args.trace, &trace);
    let mut inputs = inputs_of(&trace, stream, &name);
    inputs.processes = processes_of(&trace, &name);
    let mut options = Options::from_env();
    options.ascii |= args.ascii;
    if args.dump {
        let screen = tui::headless(inputs, options, args.size, &args.script)?;
        let mut out = output::out();
        out.write_all(screen.as_bytes())?;
        out.flush()?;
    } else {
        tui::run(inputs, options)?;
    }
    Ok(0)
}

/// One process.
fn inputs_of(trace: &Arc<Trace>, stream: u32, title: &str) -> Inputs {
    let words = Arc::new(super::dump::words(trace, 32));
    let mut inputs = Inputs::of_trace(Arc::clone(trace), stream, words, title.to_owned());
    inputs.vdso = page_facts(trace);
    let replay = Later::new(Arc::clone(trace), MemoryMode::for_host(), stream, super::demo::PROGRAM);
    inputs.replay = match replay {
        Ok(replay) => Ok(Box::new(replay) as Box<dyn Replay + Send>),
        Err(error) => Err(error.to_string()),
    };
    inputs
}

/// All processes, if there are several.
fn processes_of(trace: &Arc<Trace>, title: &str) -> Option<Processes> {
    if trace.streams().count() < 2 {
        return None;
    }
    let found = processes::of(trace);
    let row = |(depth, at): (usize, usize)| {
        let process = &found[at];
        let forked = if process.executed { "" } else { " (forked)" };
        ProcessRow {
            stream: process.stream,
            pid: process.pid,
            depth,
            program: format!("{}{forked}", process.short()),
            status: processes::ending_text(process.end),
            failed: process.end.is_some_and(|end| end != EndStatus::Exited(0)),
            events: process.events,
        }
    };
    let rows = processes::tree(&found).into_iter().map(row).collect();
    let (trace, title) = (Arc::clone(trace), title.to_owned());
    Some(Processes { rows, open: Arc::new(move |stream| Ok(inputs_of(&trace, stream, &title))) })
}

/// The gates of the vDSO page that the guest has mapped, if it is one that we know.
fn page_facts(trace: &Trace) -> Option<VdsoFacts> {
    let start = trace.event(EventIndex(0)).ok()?;
    let Body::Start(start) = &start.body else { return None };
    let base = start.vdso_base?;
    let blob = start.effects.iter().find_map(|effect| match effect {
        Effect::WriteBlob { at, blob } if *at == base => Some(*blob),
        _ => None,
    })?;
    let layout = ::vdso::Layout::of(&trace.blob(blob).ok()?)?;
    let age_cap = 1u64.checked_shl(u32::from(layout.age_shift))?;
    Some(VdsoFacts { age_cap: Cycles(age_cap), drift_gate_ns: ::vdso::stale::MAX_DRIFT_NS })
}

/// File and command.
fn title(path: &Path, trace: &Trace) -> String {
    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    match trace.event(EventIndex(0)).as_deref().map(|event| &event.body) {
        Ok(Body::Start(start)) => {
            let argv: Vec<_> = start.argv.iter().map(|arg| String::from_utf8_lossy(arg)).collect();
            format!("{file} {}", argv.join(" "))
        }
        _ => file.into_owned(),
    }
}
