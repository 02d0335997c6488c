//! The viewer without a terminal: a script of keys in, the final screen out. Deterministic, because every job
//! runs to its end before the next key.

use crate::Error;
use crate::jobs::{Context, Job, Lane, Task};
use crate::key::{Stroke, parse_script};
use crate::model::{Effect, Model};
use crate::processes;
use crate::runner::{Inline, Replayer};
use crate::update::{Msg, process, update};
use crate::view::draw;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::collections::{BTreeMap, VecDeque};

/// A model and a runner that executes its jobs at once.
pub(crate) struct Session {
    pub(crate) model: Model,
    runner: Inline,
    /// Scans that a prompt asked for while it was typed into; the next letter makes them pointless.
    deferred: BTreeMap<Lane, Task>,
    /// What was copied to the clipboard.
    pub(crate) copied: Vec<String>,
    pub(crate) quit: bool,
}

impl Session {
    /// Begins, with the first jobs done.
    pub(crate) fn new(mut model: Model, replay: Replayer) -> Self {
        let context = Context::of(&model);
        let effects = model.first_effects();
        let mut session = Session::resume(model, context, replay);
        session.perform(effects);
        session
    }

    /// Goes on with a model whose first jobs were begun elsewhere.
    pub(crate) fn resume(model: Model, context: Context, replay: Replayer) -> Self {
        Session {
            model,
            runner: Inline::new(context, replay),
            deferred: BTreeMap::new(),
            copied: Vec::new(),
            quit: false,
        }
    }

    /// Takes a message in and does all that follows from it.
    pub(crate) fn send(&mut self, msg: Msg) {
        let typing = matches!(&msg, Msg::Key(key) if key.typed().is_some());
        if !(typing && self.model.prompt.is_some()) {
            self.settle();
        }
        let effects = update(&mut self.model, msg);
        self.perform(effects);
    }

    /// Does what was put off.
    pub(crate) fn settle(&mut self) {
        for (_, task) in std::mem::take(&mut self.deferred) {
            self.execute(&task);
        }
    }

    fn execute(&mut self, task: &Task) {
        let reports = self.runner.execute(&task.job);
        for report in reports {
            let effects = update(&mut self.model, Msg::Report(task.serial, report));
            self.perform(effects);
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            match effect {
                Effect::Start(task @ Task { job: Job::Match { .. }, .. }) if self.model.prompt.is_some() => {
                    self.deferred.insert(task.job.lane(), task);
                }
                Effect::Start(task) => self.execute(&task),
                Effect::Cancel(lane) => drop(self.deferred.remove(&lane)),
                Effect::Copy(text) => self.copied.push(text),
                Effect::Process(stream, position) => queue.extend(self.change(stream, position.as_deref())),
                Effect::Quit => self.quit = true,
                Effect::Mouse(_) | Effect::Redraw | Effect::Suspend => {}
            }
        }
    }

    /// Goes on with another process.
    fn change(&mut self, stream: u32, position: Option<&str>) -> Vec<Effect> {
        match processes::change(&self.model, stream) {
            Ok((model, replay)) => {
                self.deferred.clear();
                self.runner = Inline::new(Context::of(&model), replay);
                self.model = model;
                let mut effects = self.model.first_effects();
                effects.extend(process::arrived(&mut self.model, position));
                effects
            }
            Err(why) => self.model.warn(why),
        }
    }

    /// Types a script, up to its end or until it quits.
    ///
    /// # Errors
    /// If the script cannot be read.
    pub(crate) fn type_script(&mut self, script: &str) -> Result<(), Error> {
        for stroke in parse_script(script)? {
            if self.quit {
                break;
            }
            self.send(match stroke {
                Stroke::Key(key) => Msg::Key(key),
                Stroke::Wait => Msg::Waited,
                Stroke::Size(width, height) => Msg::Resize(width, height),
            });
        }
        self.settle();
        Ok(())
    }

    /// Draws the screen as it is now.
    pub(crate) fn screen(&self) -> Buffer {
        let (width, height) = self.model.size;
        // This backend cannot fail: its error type has no values.
        let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
        let Ok(_) = terminal.draw(|frame| draw(&self.model, frame));
        terminal.backend().buffer().clone()
    }
}

/// The text of a screen, a line per row, without spaces at the ends of lines.
pub(crate) fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer.cell((x, y)).map_or(" ", |c| c.symbol());
            // The cell after a wide character is hidden by it.
            if skip == 0 {
                line.push_str(symbol);
                skip = crate::view::symbol_width(symbol).saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
