//! Events that are no syscalls, in words; and how bad any event is.

use super::text::{hex, quoted, signal};
use super::{Words, address, field, result};
use crate::kernel::abi::errno;
use traces::describe::{Field, Line, Severity};
use traces::event::{
    AnchorImage, Digests, End, EndStatus, Reseed, ReseedOutcome, Signal, SignalAction, Start, Svc, SvcFlags,
    VdsoHits, VdsoReason,
};
use traces::{Body, Event};

/// How bad an event is.
///
/// A failed call is an error unless its errno is how waiting and polling ordinarily end; so is a call that is not
/// implemented, a deadly signal and an abnormal end. A vDSO fallback that a working page shows now and then is worth
/// knowing; one that means a race, a broken counter or an unused page is a warning.
#[must_use]
pub fn severity(event: &Event) -> Severity {
    match &event.body {
        Body::Svc(svc) | Body::SvcExit(svc) => svc_severity(svc),
        Body::Reseed(reseed) => match reseed.outcome {
            ReseedOutcome::Fresh => Severity::None,
            ReseedOutcome::Published if reseed.drift => Severity::Warning,
            ReseedOutcome::Published | ReseedOutcome::LostOdd | ReseedOutcome::LostCas => Severity::Info,
            ReseedOutcome::RefusedPc | ReseedOutcome::RefusedCounter | ReseedOutcome::RefusedForeignPage => {
                Severity::Warning
            }
        },
        Body::Signal(signal) => match signal.action {
            SignalAction::Terminated | SignalAction::Core => Severity::Error,
            SignalAction::Handler | SignalAction::Stopped | SignalAction::Continued => Severity::Info,
            SignalAction::Ignored => Severity::None,
        },
        Body::ThreadExit { code } if *code != 0 => Severity::Info,
        Body::End(end) => match end.status {
            EndStatus::Exited(0) => Severity::None,
            EndStatus::Exited(_) => Severity::Warning,
            EndStatus::Signalled(_) | EndStatus::Detached(_) => Severity::Error,
        },
        Body::Start(_)
        | Body::SvcEnter(_)
        | Body::Sync { .. }
        | Body::Switch { .. }
        | Body::Hits(_)
        | Body::Checkpoint(_)
        | Body::ThreadExit { .. }
        | Body::ThreadStart(_)
        | Body::ForkStart(_)
        | Body::Fork(_)
        | Body::Shared(_) => Severity::None,
    }
}

fn svc_severity(svc: &Svc) -> Severity {
    let fallback = svc.vdso.as_ref().map_or(Severity::None, |exit| match exit.reason {
        VdsoReason::Clockid | VdsoReason::Attention | VdsoReason::Unseeded | VdsoReason::AgeCap => {
            Severity::Info
        }
        VdsoReason::AttentionOrWriter => Severity::Info,
        VdsoReason::WriterOdd | VdsoReason::CntUnderflow | VdsoReason::SeqRace | VdsoReason::NotVdso => {
            Severity::Warning
        }
    });
    let remark = match svc.flags.0 {
        flags if flags & SvcFlags::UNIMPLEMENTED != 0 => Severity::Error,
        flags if flags & SvcFlags::REFUSED != 0 => Severity::Warning,
        _ => Severity::None,
    };
    let failure = match errno::of_return(svc.ret) {
        None => Severity::None,
        Some(number) => match errno::name(number) {
            Some("EAGAIN" | "EINTR" | "EINPROGRESS" | "ETIMEDOUT") => Severity::Info,
            None if errno::restart(number).is_some() => Severity::Info,
            _ => Severity::Error,
        },
    };
    fallback.max(remark).max(failure)
}

/// `41.2 us`, `3.2 ms`: three digits and a unit.
pub(super) fn duration(nanos: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", nanos / unit, nanos % unit * 10 / unit);
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{} us", tenths(1_000)),
        1_000_000..1_000_000_000 => format!("{} ms", tenths(1_000_000)),
        _ => format!("{} s", tenths(1_000_000_000)),
    }
}

fn drift(nanos: i64) -> String {
    format!("{}{}", if nanos < 0 { '-' } else { '+' }, duration(nanos.unsigned_abs()))
}

/// A line for an event that is no syscall; empty for one that is.
pub(super) fn line(words: &Words, body: &Body) -> Line {
    let mut line = Line::default();
    match body {
        Body::Start(start) => line.text = start_text(words, start),
        Body::Sync { base, rate } => {
            line.text = format!("counter sync to {} at {} cycles an instruction", base.0, rate_text(*rate));
        }
        Body::Reseed(reseed) => line.text = reseed_text(reseed),
        Body::Signal(signal) => {
            line.text = signal_text(signal);
            line.note = action_note(signal.action).to_owned();
        }
        Body::Switch { to } => line.text = format!("switch to thread {}", to.0),
        Body::Hits(hits) => line.text = hits_text(hits),
        Body::Checkpoint(digests) => line.text = format!("checkpoint {}", digests_text(digests)),
        Body::ThreadExit { code } => line.text = format!("+++ thread exited with {code} +++"),
        Body::ThreadStart(_) => line.text = "thread starts".to_owned(),
        Body::ForkStart(start) => {
            let from = (start.stream, start.event.0);
            line.text =
                format!("process {} starts, forked by {} at s{}:E{}", start.pid, start.ppid, from.0, from.1);
        }
        Body::Fork(fork) => line.text = format!("process {} started, stream s{}", fork.pid, fork.stream),
        Body::Shared(shared) => {
            line.text = format!("shared memory changed, {} bytes", shared.data.len());
        }
        Body::End(end) => line.text = end_text(end),
        Body::Svc(_) | Body::SvcEnter(_) | Body::SvcExit(_) => {}
    }
    line
}

fn start_text(words: &Words, start: &Start) -> String {
    format!(
        "start {} {}, pid {}",
        quoted(start.exe.as_bytes(), 0, usize::MAX),
        argv_text(words, start),
        start.pid
    )
}

/// `["ls", "-l"]`.
pub(super) fn argv_text(words: &Words, start: &Start) -> String {
    let args: Vec<String> =
        start.argv.iter().map(|arg| quoted(arg, arg.len() as u64, words.strsize)).collect();
    format!("[{}]", args.join(", "))
}

/// A 0.32 fixed-point fraction with six digits.
fn rate_text(rate: u32) -> String {
    let millionths = (u64::from(rate) * 1_000_000) >> 32;
    format!("0.{millionths:06}")
}

/// The causes of a reseed: `age`, `age, drift`; `none` if no predicate held.
fn causes(reseed: &Reseed) -> String {
    let causes: Vec<&str> = [(reseed.unseeded, "unseeded"), (reseed.age, "age"), (reseed.drift, "drift")]
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, name)| name)
        .collect();
    if causes.is_empty() { "none".to_owned() } else { causes.join(", ") }
}

/// A generation is half an even sequence word.
fn generation(seq: u32) -> u32 {
    seq / 2
}

fn reseed_text(reseed: &Reseed) -> String {
    let old = generation(reseed.old.seq);
    let tail = reseed.drift_ns.map_or_else(String::new, |ns| format!(", drift {}", drift(ns)));
    let causes = causes(reseed);
    match reseed.outcome {
        ReseedOutcome::Published => {
            // A recorder that offers an anchor before it owns the page does not know its new sequence yet.
            let new = generation(reseed.new.seq).max(old.saturating_add(1));
            format!("anchor reseed gen {old} -> {new} ({causes}){tail}")
        }
        ReseedOutcome::Fresh => {
            let age = reseed.age_cycles.map_or_else(String::new, |age| format!(", age {age} cycles"));
            format!("anchor fresh gen {old}{age}{tail}")
        }
        ReseedOutcome::LostOdd => {
            format!("anchor reseed lost to a writer (seq {}, {causes}){tail}", reseed.old.seq)
        }
        ReseedOutcome::LostCas => format!("anchor reseed lost the exchange at gen {old} ({causes}){tail}"),
        ReseedOutcome::RefusedPc => "anchor reseed refused: not at the trampoline's return".to_owned(),
        ReseedOutcome::RefusedCounter => "anchor reseed refused: no counter value".to_owned(),
        ReseedOutcome::RefusedForeignPage => "anchor reseed refused: not our vDSO page".to_owned(),
    }
}

/// The word for what came of a reseed.
pub(super) fn outcome_name(outcome: ReseedOutcome) -> &'static str {
    match outcome {
        ReseedOutcome::Published => "published",
        ReseedOutcome::Fresh => "fresh",
        ReseedOutcome::LostOdd => "lost-odd",
        ReseedOutcome::LostCas => "lost-cas",
        ReseedOutcome::RefusedPc => "refused-pc",
        ReseedOutcome::RefusedCounter => "refused-counter",
        ReseedOutcome::RefusedForeignPage => "refused-foreign-page",
    }
}

fn signal_text(event: &Signal) -> String {
    format!("--- {} {} ---", signal(u64::from(event.signo)), address::siginfo(&event.info))
}

/// The word for what a signal did.
pub(super) fn action_note(action: SignalAction) -> &'static str {
    match action {
        SignalAction::Handler => "handler",
        SignalAction::Ignored => "ignored",
        SignalAction::Terminated => "terminated",
        SignalAction::Core => "terminated, core",
        SignalAction::Stopped => "stopped",
        SignalAction::Continued => "continued",
    }
}

/// Calls that the page answered, by function.
pub(super) fn hits(hits: &VdsoHits) -> [(&'static str, u64); 4] {
    [
        ("clock_gettime", hits.clock_gettime),
        ("gettimeofday", hits.gettimeofday),
        ("clock_getres", hits.clock_getres),
        ("getcpu", hits.getcpu),
    ]
}

fn hits_text(counts: &VdsoHits) -> String {
    let parts: Vec<String> = hits(counts)
        .iter()
        .filter(|(_, count)| *count != 0)
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    if parts.is_empty() { "vdso hits: none".to_owned() } else { format!("vdso hits: {}", parts.join(", ")) }
}

/// Hexadecimal digits of a digest.
pub(super) fn digest_text(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digests_text(digests: &Digests) -> String {
    let memory = digests.memory.map_or_else(|| "not taken".to_owned(), |digest| digest_text(&digest));
    format!("regs {} memory {memory}", digest_text(&digests.regs))
}

pub(super) fn end_text(end: &End) -> String {
    match end.status {
        EndStatus::Exited(code) => format!("+++ exited with {code} +++"),
        EndStatus::Signalled(signo) => format!("+++ killed by {} +++", signal(u64::from(signo))),
        EndStatus::Detached(number) => {
            let why = u32::try_from(number).ok().map(result::error).unwrap_or_default();
            format!("+++ recording stopped: {} +++", why.strip_prefix("-1 ").unwrap_or(&why))
        }
    }
}

/// The fields of an event that is no syscall.
pub(super) fn fields(words: &Words, body: &Body) -> Vec<Field> {
    match body {
        Body::Start(start) => vec![
            field("exe", start.exe.clone(), None),
            field("argv", argv_text(words, start), None),
            field("pid", start.pid.to_string(), Some(u64::from(start.pid))),
            field("entry", hex(start.regs.pc), Some(start.regs.pc)),
            optional_address("vdso", start.vdso_base.map(|base| base.0)),
            optional_address("interpreter", start.interp_base.map(|base| base.0)),
        ],
        Body::Sync { base, rate } => vec![
            field("base", base.0.to_string(), Some(base.0)),
            field("rate", rate_text(*rate), Some(u64::from(*rate))),
        ],
        Body::Reseed(reseed) => reseed_fields(reseed),
        Body::Signal(signal) => vec![
            field("signal", super::text::signal(u64::from(signal.signo)), Some(u64::from(signal.signo))),
            field("action", action_note(signal.action).to_owned(), None),
            field("siginfo", address::siginfo(&signal.info), None),
        ],
        Body::Switch { to } => vec![field("to", to.0.to_string(), Some(u64::from(to.0)))],
        Body::Hits(counts) => {
            hits(counts).map(|(name, count)| field(name, count.to_string(), Some(count))).into()
        }
        Body::Checkpoint(digests) => digest_fields(digests),
        Body::ThreadExit { code } => {
            vec![field("code", code.to_string(), Some(i64::from(*code).cast_unsigned()))]
        }
        Body::ThreadStart(regs) => {
            vec![field("pc", hex(regs.pc), Some(regs.pc)), field("sp", hex(regs.sp), Some(regs.sp))]
        }
        Body::ForkStart(start) => vec![
            field("pid", start.pid.to_string(), Some(start.pid.into())),
            field("ppid", start.ppid.to_string(), Some(start.ppid.into())),
            field("parent", format!("s{}:E{}", start.stream, start.event.0), Some(start.event.0)),
        ],
        Body::Fork(fork) => vec![
            field("pid", fork.pid.to_string(), Some(fork.pid.into())),
            field("stream", fork.stream.to_string(), Some(fork.stream.into())),
        ],
        Body::Shared(shared) => {
            vec![field("bytes", shared.data.len().to_string(), Some(shared.data.len() as u64))]
        }
        Body::End(end) => {
            let mut fields = vec![field("end", end_text(end).replace("+++", "").trim().to_owned(), None)];
            fields.extend(digest_fields(&end.digests));
            fields
        }
        Body::Svc(_) | Body::SvcEnter(_) | Body::SvcExit(_) => Vec::new(),
    }
}

fn digest_fields(digests: &Digests) -> Vec<Field> {
    let memory = digests.memory.map_or_else(|| "not recorded".to_owned(), |digest| digest_text(&digest));
    vec![field("regs", digest_text(&digests.regs), None), field("memory", memory, None)]
}

fn optional_address(name: &str, address: Option<u64>) -> Field {
    field(name, address.map_or_else(|| "none".to_owned(), hex), address)
}

fn reseed_fields(reseed: &Reseed) -> Vec<Field> {
    let mut fields = vec![
        field("outcome", outcome_name(reseed.outcome).to_owned(), None),
        field("cause", causes(reseed), None),
        match reseed.age_cycles {
            Some(age) => field("age", format!("{age} cycles"), Some(age)),
            None => field("age", "no anchor".to_owned(), None),
        },
        match reseed.drift_ns {
            Some(ns) => field("drift", drift(ns), Some(ns.cast_unsigned())),
            None => field("drift", "no anchor".to_owned(), None),
        },
    ];
    for (name, anchor) in [("old", &reseed.old), ("new", &reseed.new)] {
        fields.push(field(&format!("{name} anchor"), anchor_text(anchor), None));
    }
    fields
}

fn anchor_text(anchor: &AnchorImage) -> String {
    format!(
        "seq {} (gen {}), cntvct {}, mono {}.{:09}, real {}.{:09}",
        anchor.seq,
        generation(anchor.seq),
        anchor.cntvct,
        anchor.mono_sec,
        anchor.mono_nsec,
        anchor.real_sec,
        anchor.real_nsec
    )
}

/// Why a vDSO-served call reached the kernel, field by field; none for other calls.
pub(super) fn vdso_fields(svc: &Svc) -> Vec<Field> {
    let Some(exit) = &svc.vdso else { return Vec::new() };
    let branch = exit.branch.map_or_else(|| "not recorded".to_owned(), |at| hex(u64::from(at)));
    let source = if exit.exact { "seen" } else { "inferred from registers" };
    let mut fields = vec![
        field("vdso.fn", exit.function.name().to_owned(), None),
        field("vdso.why", format!("{} ({source})", exit.reason.name()), None),
        field("vdso.branch", branch, exit.branch.map(u64::from)),
    ];
    fields.extend(
        (2u32..)
            .zip(&exit.regs)
            .map(|(number, value)| field(&format!("x{number}"), hex(*value), Some(*value))),
    );
    if !exit.vvar.is_empty() {
        fields.push(field("vdso.vvar", digest_text(&exit.vvar), None));
    }
    fields
}
