//! The filter language: one for the viewer, the commands and exports.
//!
//! ```text
//! %file && err == ENOENT
//! vdso.why in {age-cap, seq-race} && tid == 1003
//! dur > 50us && !sys in {futex, ppoll}
//! path ~ /\.so(\.|$)/ or "O_CREAT"
//! pid in {5, 6} || stream == s2
//! ```
//!
//! A filter is parsed and checked once ([`Filter::parse`]) and then asked about events. A test of a field that
//! an event lacks is false, whatever the operator: `sys != read` selects calls other than read, `!(sys == read)`
//! everything else. Tests that need only hot columns run before those that need the event in words.

use crate::columns::{Hot, NO_NR};
use crate::describe::Describe;
use crate::error::Error;
use crate::event::{Event, VdsoFn, VdsoReason};
use crate::kind::EventKind;
use crate::reader::{Block, Stream};
use crate::units::{BlobId, Cycles, EventIndex};
use std::ops::Range;
use test::Test;
pub(crate) use value::Dur;

mod lex;
mod parse;
mod test;
#[cfg(test)]
mod tests;
mod value;

/// What is wrong with a filter, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilterError {
    /// The bytes of the filter text to underline; empty at its end if something is missing there.
    pub span: Range<usize>,
    /// Column of the first of them, in characters from 1.
    pub column: usize,
    /// What is wrong and, for misspelt names, the nearest one.
    pub message: String,
}

impl FilterError {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        FilterError { span, column: 0, message: message.into() }
    }

    fn with_column(mut self, text: &str) -> Self {
        self.column = text.get(..self.span.start).map_or(0, |before| before.chars().count()) + 1;
        self
    }
}

impl std::fmt::Display for FilterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "filter, column {}: {}", self.column, self.message)
    }
}

impl std::error::Error for FilterError {}

/// What an event cannot say by itself.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Puts events into words.
    pub describe: &'a dyn Describe,
    /// Fetches stored bytes.
    pub blob: &'a dyn Fn(BlobId) -> Option<Vec<u8>>,
    /// CNTFRQ_EL0, from the header.
    pub cntfrq: u64,
    /// Guest counter at the first event; the field `t` counts from here.
    pub start: Cycles,
    /// The stream that the events are of.
    pub stream: u32,
    /// Its guest process id, if that is known.
    pub pid: Option<u32>,
}

/// A checked filter.
#[derive(Clone, Debug)]
pub struct Filter {
    root: Node,
}

#[derive(Clone, Debug)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Test),
}

/// What the hot columns say of an event.
struct Facts {
    index: u64,
    kind: Option<EventKind>,
    tid: u32,
    icount: u64,
    clock: u64,
    nr: Option<u32>,
    /// Result and duration, of calls that have returned.
    done: Option<(i64, u64)>,
    vdso: Option<(VdsoFn, VdsoReason)>,
}

/// An event in words, as the text tests need it.
struct Words {
    /// Line, result and note.
    text: String,
    /// Paths among its fields.
    paths: Vec<String>,
}

impl Filter {
    /// Parses and checks a filter. An empty one selects every event.
    ///
    /// # Errors
    /// If it is not in the language; with the column, and the nearest name if one is misspelt.
    pub fn parse(text: &str, describe: &dyn Describe) -> Result<Filter, FilterError> {
        let mut root = parse::parse(text, describe).map_err(|error| error.with_column(text))?;
        root.sort();
        Ok(Filter { root })
    }

    /// Whether it needs events in words, which is slow.
    #[must_use]
    pub fn needs_words(&self) -> bool {
        self.root.needs_words()
    }

    /// Whether it selects an event.
    #[must_use]
    pub fn matches(&self, index: EventIndex, event: &Event, scene: &Scene<'_>) -> bool {
        let facts = Facts::of(index, event);
        self.root.passes(&facts, scene, &mut || Some(Words::of(event, scene)))
    }

    /// Whether a block can hold an event that it selects, by its summary alone; false is certain.
    #[must_use]
    pub fn may_match(&self, block: &Block, scene: &Scene<'_>) -> bool {
        self.root.may(block, scene)
    }

    /// The events of a block (by its place in [`Stream::blocks`]) that it selects, ascending. Events that
    /// cannot be decoded are judged by their hot columns; a test on words is false for them.
    ///
    /// # Errors
    /// If the block is damaged or there is none.
    pub fn select(
        &self,
        stream: &Stream<'_>,
        block: usize,
        scene: &Scene<'_>,
    ) -> Result<Vec<EventIndex>, Error> {
        let blocks = stream.blocks();
        if let Some(entry) = blocks.get(block)
            && !self.may_match(entry, scene)
        {
            return Ok(Vec::new());
        }
        let hot = stream.hot(block)?;
        let first = blocks.get(block).map_or(0, |entry| entry.first.0);
        let mut selected = Vec::new();
        for at in 0..hot.len() {
            let index = EventIndex(first + at as u64);
            let facts = Facts::at(index, &hot, at);
            let mut words = || stream.event(index).ok().map(|event| Words::of(&event, scene));
            if self.root.passes(&facts, scene, &mut words) {
                selected.push(index);
            }
        }
        Ok(selected)
    }
}

impl Node {
    fn passes(&self, facts: &Facts, scene: &Scene<'_>, words: &mut dyn FnMut() -> Option<Words>) -> bool {
        match self {
            Node::All(nodes) => nodes.iter().all(|node| node.passes(facts, scene, words)),
            Node::Any(nodes) => nodes.iter().any(|node| node.passes(facts, scene, words)),
            Node::Not(node) => !node.passes(facts, scene, words),
            Node::Test(test) => test.passes(facts, scene, words),
        }
    }

    fn may(&self, block: &Block, scene: &Scene<'_>) -> bool {
        match self {
            Node::All(nodes) => nodes.iter().all(|node| node.may(block, scene)),
            Node::Any(nodes) => nodes.iter().any(|node| node.may(block, scene)),
            Node::Not(_) => true,
            Node::Test(test) => test.may(block, scene),
        }
    }

    fn needs_words(&self) -> bool {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(Node::needs_words),
            Node::Not(node) => node.needs_words(),
            Node::Test(test) => test.needs_words(),
        }
    }

    /// Puts cheap tests first; the result is the same, since tests have no effects.
    fn sort(&mut self) {
        match self {
            Node::All(nodes) | Node::Any(nodes) => {
                nodes.iter_mut().for_each(Node::sort);
                nodes.sort_by_key(Node::needs_words);
            }
            Node::Not(node) => node.sort(),
            Node::Test(_) => {}
        }
    }
}

impl Facts {
    fn of(index: EventIndex, event: &Event) -> Facts {
        let svc = event.svc();
        let kind = event.kind();
        let done = svc.filter(|_| kind != EventKind::SvcEnter).map(|svc| (svc.ret, svc.dur.0));
        Facts {
            index: index.0,
            kind: Some(kind),
            tid: event.tid.0,
            icount: event.icount.0,
            clock: event.clock.0,
            nr: svc.map(|svc| svc.nr),
            done,
            vdso: svc.and_then(|svc| svc.vdso.as_deref()).map(|exit| (exit.function, exit.reason)),
        }
    }

    /// `at` is below `hot.len()`.
    fn at(index: EventIndex, hot: &Hot, at: usize) -> Facts {
        let kind = EventKind::from_number(hot.kind[at]);
        let nr = Some(hot.nr[at]).filter(|&nr| nr != NO_NR);
        let returned = matches!(kind, Some(EventKind::Svc | EventKind::SvcExit));
        Facts {
            index: index.0,
            kind,
            tid: hot.tid[at],
            icount: hot.icount[at],
            clock: hot.clock[at],
            nr,
            done: returned.then(|| (hot.ret[at], hot.dur[at])),
            vdso: hot.vdso(at),
        }
    }

    /// The errno that the call returned.
    fn errno(&self) -> Option<u32> {
        let (ret, _) = self.done?;
        (-4095..0).contains(&ret).then(|| u32::try_from(-ret).unwrap_or_default())
    }
}

impl Words {
    fn of(event: &Event, scene: &Scene<'_>) -> Words {
        let line = scene.describe.line(event, scene.blob);
        let mut text = line.text;
        for part in [line.result, line.note].iter().filter(|part| !part.is_empty()) {
            text.push(' ');
            text.push_str(part);
        }
        let fields = scene.describe.fields(event, scene.blob);
        let paths = fields.into_iter().filter(|field| is_path(&field.name)).filter_map(|field| {
            let inner = field.text.strip_prefix('"').unwrap_or(&field.text);
            let inner = inner.trim_end_matches("...");
            let inner = inner.strip_suffix('"').unwrap_or(inner);
            (!inner.is_empty()).then(|| inner.to_owned())
        });
        let paths = paths.collect();
        Words { text, paths }
    }
}

/// The names of all fields, for completion.
pub fn field_names() -> impl Iterator<Item = &'static str> {
    parse::field_names()
}

/// Whether an argument of this name is a path.
fn is_path(name: &str) -> bool {
    name.ends_with("path")
        || name.ends_with("pathname")
        || matches!(name, "filename" | "oldname" | "newname" | "exe" | "special" | "target" | "source")
}
