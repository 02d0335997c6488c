//! The single tests of a filter: what each asks of an event, and what a block's summary says about it.

use super::value::{Ints, Span};
use super::{Facts, Scene, Words};
use crate::event::{VdsoFn, VdsoReason};
use crate::kind::EventKind;
use crate::reader::Block;
use crate::units::{Cycles, Tid};
use regex::bytes::Regex;

/// Fields with whole numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum IntField {
    Nr,
    Tid,
    Ev,
    Insn,
    Ret,
    Err,
    /// Guest process id.
    Pid,
    Stream,
}

/// Fields with durations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DurField {
    /// Since the first event.
    T,
    Dur,
}

/// Fields with text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TextField {
    /// Name of the system call.
    Sys,
    Path,
    Text,
}

/// How text is compared.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    /// Any text at all.
    Any,
    /// One of these; inverted if true.
    Equal(Vec<String>, bool),
    /// Contains this.
    Contains(String),
    /// The expression is found; inverted if true.
    Regex(Regex, bool),
}

/// One test.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// Always or never.
    Constant(bool),
    Int(IntField, Ints),
    /// The field has some of these bits.
    Bits(IntField, i128),
    /// The field exists.
    Has(IntField),
    Dur(DurField, Vec<Span>),
    Kind(Vec<EventKind>),
    /// One of these calls, ascending.
    Calls(Vec<u32>),
    Why(Vec<VdsoReason>),
    Fn(Vec<VdsoFn>),
    Text(TextField, Pattern),
    /// vDSO exits and reseeds.
    Vdso,
}

/// Calls of `%slow` take this long or longer.
pub(crate) const SLOW: super::Dur = super::Dur::Picos(1_000_000_000);

impl Test {
    pub(super) fn passes(
        &self,
        facts: &Facts,
        scene: &Scene<'_>,
        words: &mut dyn FnMut() -> Option<Words>,
    ) -> bool {
        match self {
            Test::Constant(value) => *value,
            Test::Int(field, ints) => field.value(facts, scene).is_some_and(|value| ints.contains(value)),
            Test::Bits(field, mask) => field.value(facts, scene).is_some_and(|value| value & mask != 0),
            Test::Has(field) => field.value(facts, scene).is_some(),
            Test::Dur(field, spans) => field
                .value(facts, scene)
                .is_some_and(|cycles| spans.iter().any(|span| span.contains(cycles, scene.cntfrq))),
            Test::Kind(kinds) => facts.kind.is_some_and(|kind| kinds.contains(&kind)),
            Test::Calls(calls) => facts.nr.is_some_and(|nr| calls.binary_search(&nr).is_ok()),
            Test::Why(reasons) => facts.vdso.is_some_and(|(_, reason)| reasons.contains(&reason)),
            Test::Fn(functions) => facts.vdso.is_some_and(|(function, _)| functions.contains(&function)),
            Test::Text(TextField::Sys, pattern) => {
                let name = facts.nr.and_then(|nr| scene.describe.syscall_name(nr));
                name.is_some_and(|name| pattern.passes(name))
            }
            Test::Text(TextField::Path, pattern) => {
                words().is_some_and(|words| words.paths.iter().any(|path| pattern.passes(path)))
            }
            Test::Text(TextField::Text, pattern) => words().is_some_and(|words| pattern.passes(&words.text)),
            Test::Vdso => facts.vdso.is_some() || facts.kind == Some(EventKind::Reseed),
        }
    }

    pub(super) fn needs_words(&self) -> bool {
        matches!(self, Test::Text(TextField::Path | TextField::Text, _))
    }

    /// Whether an event of a block can pass; false is certain.
    pub(super) fn may(&self, block: &Block, scene: &Scene<'_>) -> bool {
        let sum = &block.summary;
        match self {
            Test::Constant(value) => *value,
            Test::Int(IntField::Tid, ints) => {
                let tids = sum.tids.as_deref();
                tids.is_none_or(|tids| tids.iter().any(|Tid(tid)| ints.contains(i128::from(*tid))))
            }
            Test::Int(IntField::Pid, ints) => scene.pid.is_some_and(|pid| ints.contains(i128::from(pid))),
            Test::Int(IntField::Stream, ints) => ints.contains(i128::from(scene.stream)),
            Test::Int(IntField::Ev, ints) => ints.meets(i128::from(block.first.0), i128::from(block.last.0)),
            // A call that stands in two events is listed with its exit, which may be in a later block.
            Test::Int(IntField::Nr, ints) if !has_enters(block) => {
                sum.calls.iter().any(|call| ints.contains(i128::from(call.nr)))
            }
            Test::Calls(calls) if !has_enters(block) => {
                sum.calls.iter().any(|call| calls.binary_search(&call.nr).is_ok())
            }
            Test::Int(IntField::Err, _) | Test::Has(IntField::Err) => sum.errors != 0,
            Test::Dur(DurField::Dur, spans) => {
                spans.iter().any(|span| span.reaches(sum.max_dur, scene.cntfrq))
            }
            Test::Kind(kinds) => {
                sum.kinds.iter().any(|(number, _)| kinds.iter().any(|kind| kind.number() == *number))
            }
            Test::Why(_) | Test::Fn(_) if !has_enters(block) => !sum.vdso.is_empty(),
            Test::Vdso if !has_enters(block) => !sum.vdso.is_empty() || !sum.reseeds.is_empty(),
            _ => true,
        }
    }
}

fn has_enters(block: &Block) -> bool {
    block.summary.kinds.iter().any(|(number, _)| *number == EventKind::SvcEnter.number())
}

impl IntField {
    fn value(self, facts: &Facts, scene: &Scene<'_>) -> Option<i128> {
        match self {
            IntField::Nr => facts.nr.map(i128::from),
            IntField::Tid => Some(i128::from(facts.tid)),
            IntField::Ev => Some(i128::from(facts.index)),
            IntField::Insn => Some(i128::from(facts.icount)),
            IntField::Ret => facts.done.map(|(ret, _)| i128::from(ret)),
            IntField::Err => facts.errno().map(i128::from),
            IntField::Pid => scene.pid.map(i128::from),
            IntField::Stream => Some(i128::from(scene.stream)),
        }
    }
}

impl DurField {
    fn value(self, facts: &Facts, scene: &Scene<'_>) -> Option<Cycles> {
        match self {
            DurField::T => Some(Cycles(facts.clock.saturating_sub(scene.start.0))),
            DurField::Dur => facts.done.map(|(_, dur)| Cycles(dur)),
        }
    }
}

impl Pattern {
    fn passes(&self, text: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Equal(texts, inverted) => texts.iter().any(|one| one == text) != *inverted,
            Pattern::Contains(part) => text.contains(part.as_str()),
            Pattern::Regex(regex, inverted) => regex.is_match(text.as_bytes()) != *inverted,
        }
    }
}
