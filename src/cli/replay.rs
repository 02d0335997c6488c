//! `replay`: execute a recorded run again.

use super::args::ReplayArgs;
use super::progress::Progress;
use super::record::memory_mode;
use super::select::{self, Chosen};
use super::{DIVERGED, output};
use anyhow::{Result, bail};
use elfuse_trace::analyze;
use elfuse_trace::guest::digest;
use elfuse_trace::replay::{ReplayError, Replayed, Session, verify};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use traces::Trace;
use traces::event::EndStatus;
use traces::position::{InStream, Place};
use traces::replay::{Replay, Stop};

/// `elfuse-trace replay`.
pub(crate) fn replay(args: &ReplayArgs) -> Result<u8> {
    let trace = Arc::new(Trace::open(&args.trace)?);
    super::info::warn_if_cut(&trace);
    let outcome = match &args.to {
        None => whole(args, &trace),
        Some(position) => {
            let place: Place = position.parse()?;
            let stream = stream_of(args, &trace, place)?;
            let to = place.resolve(&trace.stream(stream)?, trace.header().cntfrq)?;
            to_position(args, &trace, stream, to)
        }
    };
    match outcome {
        Err(error) if error.downcast_ref::<ReplayError>().is_some_and(ReplayError::is_divergence) => {
            super::say(&format!("{}: {}", args.trace.display(), super::sentence(&error)));
            Ok(DIVERGED)
        }
        Err(error) => Err(error.context(args.trace.display().to_string())),
        Ok(()) => Ok(0),
    }
}

fn whole(args: &ReplayArgs, trace: &Arc<Trace>) -> Result<()> {
    let insns = analyze::instructions(trace);
    let events = analyze::events(trace);
    let progress = Progress::new("replaying", insns.saturating_add(events));
    let mut calls = 0u32;
    let processes = verify(trace, memory_mode(args.memory)?, &mut |done| {
        calls = calls.wrapping_add(1);
        if calls.is_multiple_of(256) {
            progress.at(done);
        }
    })?;
    drop(progress);
    let mut out = output::out();
    if args.digest {
        writeln!(out, "{}", digest_of(&processes))?;
    } else if !args.quiet {
        let insns: u64 = processes.iter().map(|process| process.insns.0).sum();
        let events: u64 = processes.iter().map(|process| process.events).sum();
        let many = match processes.len() {
            1 => String::new(),
            n => format!(" of {n} processes"),
        };
        writeln!(
            out,
            "{}: replayed {} events and {} instructions{many}; {}",
            name(&args.trace),
            output::grouped(events),
            output::grouped(insns),
            ending(trace)?
        )?;
    }
    out.flush()?;
    Ok(())
}

/// One digest for all processes: that of a single one, or a digest of theirs.
fn digest_of(processes: &[Replayed]) -> String {
    let one = |process: &Replayed| {
        let memory = process.digests.memory.map_or(String::new(), |memory| digest::hex(&memory));
        format!("{}{memory}", digest::hex(&process.digests.regs))
    };
    if let [only] = processes {
        return one(only);
    }
    let lines: String =
        processes.iter().map(|process| format!("{} {}\n", process.stream, one(process))).collect();
    let hash = blake3::hash(lines.as_bytes());
    hash.to_hex().to_string()
}

fn ending(trace: &Trace) -> Result<String> {
    let status = analyze::ending(trace)?;
    Ok(match status {
        Some(EndStatus::Exited(code)) => format!("the guest exited with {code}, as recorded"),
        Some(EndStatus::Signalled(signal)) => format!("the guest died of signal {signal}, as recorded"),
        Some(EndStatus::Detached(_)) | None => "the recording ends before the guest did".to_owned(),
    })
}

fn name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()
}

/// The stream that a position is in: the one that it names, or that of the chosen process.
fn stream_of(args: &ReplayArgs, trace: &Trace, place: Place) -> Result<u32> {
    let named = place.stream();
    if args.process.is_none()
        && let Some(stream) = named
    {
        return select::one(trace, Some(Chosen::Stream(stream)));
    }
    let stream = select::one(trace, args.process)?;
    if named.is_some_and(|named| named != stream) {
        bail!("the position is in another process than --process says");
    }
    Ok(stream)
}

fn to_position(
    args: &ReplayArgs,
    trace: &Arc<Trace>,
    stream: u32,
    to: traces::replay::Position,
) -> Result<()> {
    let mut session = Session::of_stream(Arc::clone(trace), memory_mode(args.memory)?, stream)?;
    session.know(super::demo::PROGRAM);
    let progress = Progress::new("seeking", 1000);
    let stop = session.seek_to(to, &mut |share| {
        progress.at(share.into());
        true
    })?;
    drop(progress);
    let mut out = output::out();
    if args.digest {
        let now = session.player().digests();
        let memory = now.memory.map_or(String::new(), |memory| digest::hex(&memory));
        writeln!(out, "{}{memory}", digest::hex(&now.regs))?;
    } else {
        let several = trace.streams().count() > 1;
        let there = match several {
            true => InStream(stream, stop.position).to_string(),
            false => stop.position.to_string(),
        };
        show(&mut out, &session, &there, &stop)?;
    }
    out.flush()?;
    Ok(())
}

fn show(out: &mut impl Write, session: &Session, there: &str, stop: &Stop) -> std::io::Result<()> {
    let regs = session.regs();
    writeln!(out, "{there}  thread {}  @{}  cntvct {}", stop.tid.0, stop.icount.0, session.cntvct())?;
    for (n, x) in regs.x.iter().enumerate() {
        let end = if n % 4 == 3 { "\n" } else { "  " };
        write!(out, "x{n:<2} {x:016x}{end}")?;
    }
    writeln!(out, "sp  {:016x}", regs.sp)?;
    writeln!(out, "pc  {:016x}  nzcv {:x}  tpidr {:016x}", regs.pc, regs.nzcv >> 28, regs.tpidr)?;
    for line in session.disassemble(traces::GuestAddr(regs.pc), 4) {
        let symbol = line.symbol.map_or(String::new(), |s| format!("  <{s}>"));
        writeln!(out, "{:#014x}  {}{symbol}", line.at.0, line.text)?;
    }
    Ok(())
}
