//! Events as JSON: one object an event, version 1. For `dump --format json` and scripts.
//!
//! Fields that an event does not have are absent. Numbers are JSON integers, addresses are strings `"0x..."`
//! because readers that keep numbers as doubles would round them.

use super::text::{hex, quoted};
use super::{Part, Phase, Words, call_note, events, flag_names, named_arguments};
use crate::kernel::abi::errno;
use crate::kernel::table;
use serde_json::{Map, Value, json};
use traces::describe::Describe;
use traces::event::{AnchorImage, EndStatus, Reseed, Start, Svc, VdsoExit};
use traces::{BlobId, Body, Cycles, Event, EventIndex};

/// The version of the objects, their field `v`. Fields may be added to a version, never changed.
pub const VERSION: u32 = 1;

impl Words {
    /// An event as a JSON object. `blob` fetches stored byte strings.
    #[must_use]
    pub fn json(&self, index: EventIndex, event: &Event, blob: &dyn Fn(BlobId) -> Option<Vec<u8>>) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
        put("v", VERSION.into());
        put("ev", index.0.into());
        put("tid", event.tid.0.into());
        put("t_ns", self.since_origin(event.clock).into());
        put("insn", event.icount.0.into());
        put("kind", event.kind().name().into());
        put("severity", format!("{:?}", events::severity(event)).to_lowercase().into());
        match &event.body {
            Body::Svc(svc) => self.put_svc(&mut put, svc, blob, Part::Whole),
            Body::SvcEnter(svc) => self.put_svc(&mut put, svc, blob, Part::Enter),
            Body::SvcExit(svc) => self.put_svc(&mut put, svc, blob, Part::Exit),
            other => {
                put("text", self.line(event, blob).text.into());
                self.put_other(&mut put, other);
            }
        }
        Value::Object(object)
    }

    /// Nanoseconds from the origin to a counter value; 0 for one before it.
    #[must_use]
    pub fn since_origin(&self, clock: Cycles) -> u64 {
        Cycles(clock.0.saturating_sub(self.origin.0)).to_nanos(self.cntfrq).0
    }

    fn put_svc(
        &self,
        put: &mut impl FnMut(&str, Value),
        svc: &Svc,
        blob: &dyn Fn(BlobId) -> Option<Vec<u8>>,
        part: Part,
    ) {
        let phase = if part == Part::Enter { Phase::Enter } else { Phase::Whole };
        let call = self.call(svc, blob, phase);
        let row = table::row(svc.nr);
        let (name, spoken) = named_arguments(&call, svc, row);
        put("nr", svc.nr.into());
        put("name", name.into());
        put("pc", hex(svc.pc.0).into());
        put("args", svc.args.as_slice().to_vec().into());
        put("args_text", spoken.iter().map(|arg| arg.text.clone()).collect::<Vec<_>>().into());
        put("args_name", spoken.iter().map(|arg| arg.name).collect::<Vec<_>>().into());
        if part != Part::Enter {
            put("ret", svc.ret.into());
            put("ret_text", call.result(row).into());
            if let Some(number) = errno::of_return(svc.ret) {
                let name = errno::name(number).or_else(|| errno::restart(number).map(|(name, _)| name));
                put("err", name.map_or_else(|| number.to_string(), str::to_owned).into());
            }
            put("dur_ns", svc.dur.to_nanos(self.cntfrq).0.into());
        }
        if let Some(row) = row {
            put("classes", row.classes.names().collect::<Vec<_>>().into());
        }
        if svc.flags.0 != 0 {
            put("flags", flag_names(svc.flags).collect::<Vec<_>>().into());
        }
        if let Some(exit) = &svc.vdso {
            put("vdso", vdso(exit));
        }
        let note = call_note(svc);
        if !note.is_empty() {
            put("note", note.into());
        }
    }

    fn put_other(&self, put: &mut impl FnMut(&str, Value), body: &Body) {
        match body {
            Body::Start(start) => put_start(put, start),
            Body::Sync { base, rate } => {
                put("base", base.0.into());
                put("rate", (*rate).into());
            }
            Body::Reseed(reseed) => put("reseed", reseed_value(reseed)),
            Body::Signal(signal) => {
                put("signo", signal.signo.into());
                put("signal", super::text::signal(u64::from(signal.signo)).into());
                put("action", events::action_note(signal.action).into());
                put("siginfo", super::address::siginfo(&signal.info).into());
            }
            Body::Switch { to } => put("to", to.0.into()),
            Body::Hits(hits) => {
                let counts = events::hits(hits).map(|(name, count)| (name.to_owned(), Value::from(count)));
                put("hits", Value::Object(counts.into_iter().collect()));
            }
            Body::Checkpoint(digests) => {
                put("regs", events::digest_text(&digests.regs).into());
                if let Some(memory) = digests.memory {
                    put("memory", events::digest_text(&memory).into());
                }
            }
            Body::ThreadExit { code } => put("code", (*code).into()),
            Body::ThreadStart(regs) => {
                put("pc", regs.pc.into());
                put("sp", regs.sp.into());
            }
            Body::ForkStart(start) => {
                put("pid", start.pid.into());
                put("ppid", start.ppid.into());
                put("parent_stream", start.stream.into());
                put("parent_event", start.event.0.into());
            }
            Body::Fork(fork) => {
                put("pid", fork.pid.into());
                put("stream", fork.stream.into());
            }
            Body::Shared(shared) => put("bytes", shared.data.len().into()),
            Body::End(end) => match end.status {
                EndStatus::Exited(code) => put("exit_code", code.into()),
                EndStatus::Signalled(signo) => put("signal", super::text::signal(u64::from(signo)).into()),
                EndStatus::Detached(number) => put("detached", number.into()),
            },
            Body::Svc(_) | Body::SvcEnter(_) | Body::SvcExit(_) => {}
        }
    }
}

fn put_start(put: &mut impl FnMut(&str, Value), start: &Start) {
    put("pid", start.pid.into());
    put("exe", start.exe.clone().into());
    // Arguments need not be UTF-8; bytes that are not are escaped as in the line.
    let args: Vec<String> = start
        .argv
        .iter()
        .map(|arg| match std::str::from_utf8(arg) {
            Ok(text) => text.to_owned(),
            Err(_) => quoted(arg, 0, usize::MAX),
        })
        .collect();
    put("argv", args.into());
    put("realtime_ns", start.realtime_ns.into());
    if let Some(base) = start.vdso_base {
        put("vdso_base", hex(base.0).into());
    }
    if let Some(base) = start.interp_base {
        put("interp_base", hex(base.0).into());
    }
}

fn vdso(exit: &VdsoExit) -> Value {
    json!({
        "fn": exit.function.name(),
        "why": exit.reason.name(),
        "branch": exit.branch,
        "exact": exit.exact,
        "regs": exit.regs.iter().map(|value| hex(*value)).collect::<Vec<_>>(),
    })
}

fn reseed_value(reseed: &Reseed) -> Value {
    json!({
        "outcome": events::outcome_name(reseed.outcome),
        "unseeded": reseed.unseeded,
        "age": reseed.age,
        "drift": reseed.drift,
        "age_cycles": reseed.age_cycles,
        "drift_ns": reseed.drift_ns,
        "old": anchor(&reseed.old),
        "new": anchor(&reseed.new),
    })
}

fn anchor(anchor: &AnchorImage) -> Value {
    json!({
        "seq": anchor.seq,
        "cntvct": anchor.cntvct,
        "mono_sec": anchor.mono_sec,
        "mono_nsec": anchor.mono_nsec,
        "real_sec": anchor.real_sec,
        "real_nsec": anchor.real_nsec,
    })
}
