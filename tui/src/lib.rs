//! The terminal front end: a viewer over a trace and a `dyn Replay`.
//!
//! Used by the root crate's `cli` only. It reads traces and a replay handle and nothing else. [`run`] shows it
//! in a terminal, [`headless`] types a script and returns the screen. Inside, `update` changes a model and
//! `draw` shows it, both pure; work that takes longer than a frame is a job (`jobs`) that a runner executes.
//! Reading order: `model`, `actions`, `update`, `view`, `jobs`, `terminal`.
#![forbid(unsafe_code)]

mod actions;
mod aggregate;
mod cpu;
mod fmt;
mod headless;
mod jobs;
mod key;
mod keymap;
mod language;
mod matches;
mod model;
mod processes;
mod runner;
pub mod source;
mod terminal;
mod text;
mod theme;
mod trace;
mod update;
mod view;

#[cfg(test)]
use headless::Session;
#[cfg(test)]
mod tests;

pub use key::ScriptError;
pub use language::TraceLanguage;
pub use model::VdsoFacts;
pub use processes::{Opener, ProcessRow, Processes};
pub use source::{Language, LanguageError, Matcher, Source};
pub use theme::Palette;
pub use trace::TraceSource;
pub use view::help::key_table;

use model::{Data, Model, start_of};
use runner::Replayer;
use std::sync::Arc;
use theme::Theme;
use traces::describe::Describe;
use traces::replay::Replay;
use traces::{Event, EventIndex};

/// What is viewed.
pub struct Inputs {
    /// The trace.
    pub source: Arc<dyn Source>,
    /// Its words.
    pub describe: Arc<dyn Describe>,
    /// The filter language.
    pub language: Arc<dyn Language>,
    /// The run, to be put at any position; or why it cannot be replayed, in a sentence.
    pub replay: Result<Box<dyn Replay + Send>, String>,
    /// File and command, for the header.
    pub title: String,
    /// Facts of the vDSO page, if it is known.
    pub vdso: Option<VdsoFacts>,
    /// The stream that this is of; 0 for the first process.
    pub stream: u32,
    /// The first event of the run, from which times count, if this is not of the first process.
    pub first: Option<Arc<Event>>,
    /// All processes, if there are several.
    pub processes: Option<Processes>,
}

impl Inputs {
    /// A process of a trace file, in the given words, without a replay, a list of the others and facts of its
    /// vDSO page; set those where they are known.
    #[must_use]
    pub fn of_trace(
        trace: Arc<traces::Trace>,
        stream: u32,
        describe: Arc<dyn Describe>,
        title: String,
    ) -> Self {
        Inputs {
            language: Arc::new(TraceLanguage::new(Arc::clone(&trace), stream, Arc::clone(&describe))),
            first: trace.event(EventIndex(0)).ok().filter(|_| stream != 0),
            source: Arc::new(TraceSource::new(trace, stream)),
            stream,
            processes: None,
            describe,
            replay: Err("none was given.".to_owned()),
            title,
            vdso: None,
        }
    }
}

/// How it is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Colours.
    pub palette: Palette,
    /// Only ASCII characters.
    pub ascii: bool,
}

impl Options {
    /// From NO_COLOR, COLORTERM and TERM for the colours, and LC_ALL, LC_CTYPE and LANG, the first that is set,
    /// for the characters.
    #[must_use]
    pub fn from_env() -> Self {
        let var = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let (colorterm, term) = (var("COLORTERM"), var("TERM"));
        let palette = Palette::detect(var("NO_COLOR").is_some(), colorterm.as_deref(), term.as_deref());
        let locale = var("LC_ALL").or_else(|| var("LC_CTYPE")).or_else(|| var("LANG")).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        Options { palette, ascii: !(locale.contains("utf-8") || locale.contains("utf8")) }
    }
}

/// Why the viewer could not be shown or ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no terminal to show it in.
    #[error("the viewer needs a terminal: {0}; `dump` prints the events instead")]
    NoTerminal(&'static str),
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Io(#[from] std::io::Error),
    /// The key script is wrong.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// A worker thread panicked; its message stands above.
    #[error("the worker for `{0}` failed; this is a bug of the viewer")]
    Worker(&'static str),
    /// A signal ended it; the exit code is 128 more.
    #[error("ended by signal {0}")]
    Signal(i32),
}

fn build(inputs: Inputs, options: Options, size: (u16, u16)) -> (Model, Replayer) {
    assemble(inputs, Theme { palette: options.palette, ascii: options.ascii }, size)
}

fn assemble(inputs: Inputs, theme: Theme, size: (u16, u16)) -> (Model, Replayer) {
    let first = inputs.first.or_else(|| inputs.source.event(EventIndex(0)).ok());
    let (origin, start) = start_of(first.as_deref());
    let (replay, no_replay) = match inputs.replay {
        Ok(replay) => (Some(replay), None),
        Err(why) => (None, Some(why)),
    };
    let data = Data {
        source: inputs.source,
        describe: inputs.describe,
        language: inputs.language,
        title: inputs.title,
        vdso: inputs.vdso,
        no_replay,
        origin,
        start,
        stream: inputs.stream,
        processes: inputs.processes,
    };
    (Model::new(Arc::new(data), theme, size), replay)
}

/// Shows the viewer in the terminal until it is quit.
///
/// # Errors
/// If there is no terminal that can show it, input or output fails, a worker died, or a signal ended it.
pub fn run(inputs: Inputs, options: Options) -> Result<(), Error> {
    let (model, replay) = build(inputs, options, (80, 24));
    terminal::run(model, replay)
}

/// Types a script at a screen of `size` (columns, rows) and returns the text of the last screen, a line per
/// row. The script is typed text with other keys as `<Enter>`, `<Esc>`, `<C-d>`, `<A-u>`, `<Space>`, `<lt>`;
/// `<Wait>` is the pause that lists the continuations of a prefix, `<Size:80x24>` resizes. Jobs run to their
/// end before the next key, so that the same script always gives the same screen.
///
/// # Errors
/// If the script cannot be read.
pub fn headless(inputs: Inputs, options: Options, size: (u16, u16), script: &str) -> Result<String, Error> {
    let (model, replay) = build(inputs, options, size);
    let mut session = headless::Session::new(model, replay);
    session.type_script(script)?;
    Ok(headless::text(&session.screen()))
}
