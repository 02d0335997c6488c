//! Events in words: strace-like lines, fields for a detail pane, JSON. Used by `dump`, the filters and the viewer.
//!
//! Everything is told from the event alone: registers, kept input bytes, recorded effects. What was not recorded is
//! shown as the pointer that it was; no event, however broken, makes this panic.

mod address;
mod call;
mod events;
pub mod interleave;
pub mod json;
pub mod lines;
mod message;
mod result;
mod special;
#[cfg(test)]
mod tests;
mod text;
mod view;

use crate::kernel::abi::errno;
use crate::kernel::table::{self, Classes, Row};
use call::{Call, Phase, Spoken};
use traces::describe::{Describe, Field, Line, Severity};
use traces::event::{Svc, SvcFlags};
use traces::{BlobId, Body, Cycles, Event};

pub use events::severity;

/// Puts events into words.
#[derive(Clone, Debug)]
pub struct Words {
    /// How many bytes of a string are shown; strace's `-s`, default 32. The recorder keeps 64.
    pub strsize: usize,
    /// Whether structs are shown whole; strace's `-v`, default false.
    pub verbose: bool,
    /// CNTFRQ_EL0 of the recorded machine in Hz, for durations; default 24 MHz.
    pub cntfrq: u64,
    /// The counter at the start of the run: times are told from it; default 0.
    pub origin: Cycles,
}

impl Default for Words {
    fn default() -> Self {
        Words { strsize: 32, verbose: false, cntfrq: 24_000_000, origin: Cycles(0) }
    }
}

/// A call's text in the parts that a line is made of.
struct CallText {
    /// From the name, or from `<... name resumed>`, to the bracket or to ` <unfinished ...>`.
    text: String,
    /// The result; empty at the entry.
    result: String,
}

impl Words {
    /// The words of a program that was recorded on a machine with that counter frequency, in Hz, and whose first
    /// event stands at that counter.
    #[must_use]
    pub fn new(cntfrq: u64, origin: Cycles) -> Self {
        Words { cntfrq, origin, ..Words::default() }
    }

    fn call<'a>(&self, svc: &'a Svc, blobs: view::Blobs<'a>, phase: Phase) -> Call<'a> {
        Call::new(svc, blobs, phase, self.strsize, self.verbose)
    }

    fn call_text(&self, svc: &Svc, blobs: view::Blobs<'_>, part: Part) -> CallText {
        let phase = if part == Part::Enter { Phase::Enter } else { Phase::Whole };
        let call = self.call(svc, blobs, phase);
        let row = table::row(svc.nr);
        let (name, args) = named_arguments(&call, svc, row);
        let late = args.iter().position(|arg| arg.late).unwrap_or(args.len());
        let join = |args: &[Spoken]| args.iter().map(|arg| arg.text.as_str()).collect::<Vec<_>>().join(", ");
        let text = match part {
            Part::Whole => format!("{name}({})", join(&args)),
            Part::Enter if late < args.len() && late > 0 => {
                format!("{name}({},  <unfinished ...>", join(&args[..late]))
            }
            Part::Enter => format!("{name}({} <unfinished ...>", join(&args[..late])),
            Part::Exit => format!("<... {name} resumed>{})", join(&args[late..])),
        };
        let result = if part == Part::Enter { String::new() } else { call.result(row) };
        CallText { text, result }
    }
}

/// Which half of a call an event is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Enter,
    Exit,
}

/// The name of a call and its arguments as the line shows them.
fn named_arguments(call: &Call<'_>, svc: &Svc, row: Option<&'static Row>) -> (String, Vec<Spoken>) {
    let Some(row) = row else {
        let (name, texts) = call::unknown(svc.nr, svc.args.as_slice());
        let spoken = texts
            .into_iter()
            .zip(svc.args.as_slice())
            .enumerate()
            .map(|(at, (text, raw))| Spoken { name: "arg", at, raw: *raw, text, late: false })
            .collect();
        return (name, spoken);
    };
    let mut args = call.arguments(row);
    if row.name == "clone" {
        // strace names these, the stack first, since their order differs between architectures.
        for arg in &mut args {
            let label = ["flags", "child_stack", "parent_tid", "tls", "child_tidptr"].get(arg.at);
            arg.text = format!("{}={}", label.unwrap_or(&"arg"), arg.text);
        }
        if args.len() > 1 {
            args.swap(0, 1);
        }
    }
    (row.name.to_owned(), args)
}

/// `vdso:age-cap`, `unimplemented` and the like, joined by commas; empty if there is nothing to remark.
fn call_note(svc: &Svc) -> String {
    let mut notes: Vec<String> = Vec::new();
    if let Some(exit) = &svc.vdso {
        notes.push(format!("vdso:{}", exit.reason.name()));
    }
    notes.extend(flag_names(svc.flags).map(str::to_owned));
    notes.join(", ")
}

fn flag_names(flags: SvcFlags) -> impl Iterator<Item = &'static str> {
    [
        (SvcFlags::UNIMPLEMENTED, "unimplemented"),
        (SvcFlags::REFUSED, "refused"),
        (SvcFlags::RESTARTED, "restarted"),
    ]
    .into_iter()
    .filter(move |(bit, _)| flags.0 & bit != 0)
    .map(|(_, name)| name)
}

impl Describe for Words {
    fn line(&self, event: &Event, blob: &dyn Fn(BlobId) -> Option<Vec<u8>>) -> Line {
        let (svc, part) = match &event.body {
            Body::Svc(svc) => (svc, Part::Whole),
            Body::SvcEnter(svc) => (svc, Part::Enter),
            Body::SvcExit(svc) => (svc, Part::Exit),
            other => return events::line(self, other),
        };
        let said = self.call_text(svc, blob, part);
        Line { text: said.text, result: said.result, note: call_note(svc) }
    }

    fn fields(&self, event: &Event, blob: &dyn Fn(BlobId) -> Option<Vec<u8>>) -> Vec<Field> {
        let (svc, part) = match &event.body {
            Body::Svc(svc) => (svc, Part::Whole),
            Body::SvcEnter(svc) => (svc, Part::Enter),
            Body::SvcExit(svc) => (svc, Part::Exit),
            other => return events::fields(self, other),
        };
        let phase = if part == Part::Enter { Phase::Enter } else { Phase::Whole };
        let call = self.call(svc, blob, phase);
        let row = table::row(svc.nr);
        let mut fields = vec![field("syscall", self.syscall_text(svc.nr), Some(u64::from(svc.nr)))];
        match row {
            Some(row) => fields
                .extend(call.arguments(row).into_iter().map(|arg| field(arg.name, arg.text, Some(arg.raw)))),
            None => fields.extend(
                svc.args
                    .as_slice()
                    .iter()
                    .enumerate()
                    .map(|(at, raw)| field(&format!("arg{at}"), text::hex(*raw), Some(*raw))),
            ),
        }
        if part != Part::Enter {
            fields.push(field("result", call.result(row), Some(svc.ret.cast_unsigned())));
            let nanos = svc.dur.to_nanos(self.cntfrq);
            fields.push(field("duration", events::duration(nanos.0), Some(svc.dur.0)));
        }
        fields.push(field("pc", svc.pc.to_string(), Some(svc.pc.0)));
        fields.extend(events::vdso_fields(svc));
        fields.extend(flag_names(svc.flags).map(|name| field("remark", name.to_owned(), None)));
        fields
    }

    fn severity(&self, event: &Event) -> Severity {
        severity(event)
    }

    fn syscall_name(&self, nr: u32) -> Option<&'static str> {
        table::row(nr).map(|row| row.name)
    }

    fn syscall_number(&self, name: &str) -> Option<u32> {
        table::by_name(name).map(|row| row.nr)
    }

    fn in_class(&self, nr: u32, class: &str) -> Option<bool> {
        let class = Classes::named(class)?;
        Some(table::row(nr).is_some_and(|row| row.classes.meets(class)))
    }

    fn errno_name(&self, number: u32) -> Option<&'static str> {
        errno::name(number)
    }

    fn errno_number(&self, name: &str) -> Option<u32> {
        errno::number(name)
    }
}

impl Words {
    fn syscall_text(&self, nr: u32) -> String {
        match self.syscall_name(nr) {
            Some(name) => format!("{name} ({nr})"),
            None => format!("unknown ({nr})"),
        }
    }
}

fn field(name: &str, text: String, raw: Option<u64>) -> Field {
    Field { name: name.to_owned(), text, raw }
}
