//! `view`: the terminal viewer.

use super::args::ViewArgs;
use super::output;
use anyhow::Result;
use elfuse_trace::guest::MemoryMode;
use elfuse_trace::replay::Session;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use traces::event::Effect;
use traces::replay::Replay;
use traces::{Body, Cycles, EventIndex, Trace};
use tui::{Inputs, Options, VdsoFacts};

/// `elfuse-trace view`.
pub(crate) fn view(args: &ViewArgs) -> Result<u8> {
    let trace = Arc::new(Trace::open(&args.trace)?);
    let words = super::dump::words(&trace, 32);
    let mut inputs = Inputs::of_trace(Arc::clone(&trace), Arc::new(words), title(&args.trace, &trace));
    inputs.vdso = page_facts(&trace);
    inputs.replay = match Session::new(trace, MemoryMode::for_host()) {
        Ok(mut session) => {
            session.know(super::demo::PROGRAM);
            Ok(Box::new(session) as Box<dyn Replay + Send>)
        }
        Err(error) => Err(error.to_string()),
    };
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
