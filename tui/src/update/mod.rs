//! The one function that changes the model: a message in, effects out. Handlers of actions are in the modules
//! below, by theme; none of them does anything outside of the model.

pub(crate) mod cpu;
pub(crate) mod go;
pub(crate) mod list;
pub(crate) mod meta;
pub(crate) mod place;
pub(crate) mod process;
pub(crate) mod prompt;

use crate::actions::{Call, Ctx};
use crate::jobs::{Job, Lane, Report};
use crate::key::{Code, Key};
use crate::keymap::{Resolved, digit};
use crate::model::{Effect, Model, Screen};
use std::sync::Arc;
use traces::EventIndex;

/// What can happen to the viewer.
pub(crate) enum Msg {
    Key(Key),
    /// Text from the clipboard; typed into an open prompt, ignored otherwise.
    Paste(String),
    /// The wheel, in rows.
    Wheel(i64),
    /// A click on a cell.
    Click(u16, u16),
    Resize(u16, u16),
    /// A prefix has been open for a while.
    Waited,
    /// From the task of a number.
    Report(u64, Report),
}

/// Takes a message in.
pub(crate) fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => on_key(model, key),
        Msg::Paste(text) => {
            if model.prompt.is_some() {
                return prompt::insert(model, &text);
            }
            Vec::new()
        }
        Msg::Wheel(rows) => wheel(model, rows),
        Msg::Click(column, row) => list::click(model, column, row),
        Msg::Resize(width, height) => {
            model.size = (width, height);
            Vec::new()
        }
        Msg::Waited => {
            model.hint = !model.pending.is_empty();
            Vec::new()
        }
        Msg::Report(serial, _) if serial < model.born => Vec::new(),
        Msg::Report(serial, report) => on_report(model, serial, report),
    }
}

/// What has the keyboard.
pub(crate) fn context(model: &Model) -> Ctx {
    if model.prompt.is_some() {
        Ctx::Prompt
    } else if model.help.is_some() {
        Ctx::Help
    } else if model.picker.is_some() {
        Ctx::Picker
    } else {
        match model.screen {
            Screen::Events => Ctx::Events,
            Screen::Vdso => Ctx::Vdso,
            Screen::Cpu => Ctx::Cpu,
            Screen::Stats => Ctx::Stats,
        }
    }
}

fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let ctx = context(model);
    model.hint = false;
    if ctx != Ctx::Prompt {
        model.message = None;
        if model.pending.is_empty()
            && let Some(d) = digit(key, model.count.is_some())
        {
            model.count = Some(model.count.unwrap_or(0).saturating_mul(10).saturating_add(d));
            return Vec::new();
        }
    }
    let armed = std::mem::take(&mut model.quit_armed);
    model.pending.push(key);
    let keymap = Arc::clone(&model.keymap);
    match keymap.resolve(ctx, &model.pending) {
        Resolved::Prefix if key.code != Code::Esc => Vec::new(),
        Resolved::Action(action, letter) => {
            model.pending.clear();
            let call = Call { count: model.count.take(), letter, text: None };
            // Handlers that care see whether the key before armed a quit.
            model.quit_armed = armed && action.name == "stop";
            (action.run)(model, &call)
        }
        Resolved::Nothing | Resolved::Prefix => {
            let keys = std::mem::take(&mut model.pending);
            model.count = None;
            match (ctx, key.typed()) {
                (Ctx::Prompt, Some(c)) => prompt::insert(model, &c.to_string()),
                // Esc after a prefix only drops the prefix.
                _ if key.code == Code::Esc || ctx == Ctx::Prompt => Vec::new(),
                _ => {
                    let names: Vec<String> = keys.iter().map(Key::to_string).collect();
                    model.say(format!("{} does nothing here; ? lists the keys", names.join(" ")))
                }
            }
        }
    }
}

fn wheel(model: &mut Model, rows: i64) -> Vec<Effect> {
    let times = Call { count: Some(rows.unsigned_abs()), ..Call::default() };
    match context(model) {
        Ctx::Events | Ctx::Vdso => list::by(model, &times, rows.signum()),
        Ctx::Cpu => cpu::scroll(model, &times, rows.signum()),
        Ctx::Stats => meta::stats_row(model, &times, rows.signum()),
        Ctx::Help => meta::scroll_help(model, &times, rows.signum()),
        Ctx::Picker => process::by(model, &times, rows.signum()),
        Ctx::Prompt => Vec::new(),
    }
}

fn on_report(model: &mut Model, serial: u64, report: Report) -> Vec<Effect> {
    match report {
        Report::Chunks { ticket, chunks } => {
            let all = [&mut model.filter, &mut model.search, &mut model.preview];
            if let Some(selection) = all.into_iter().flatten().find(|s| s.ticket == ticket) {
                selection.set.publish(chunks);
            }
            snap(model)
        }
        Report::Found { ticket, at, name } => {
            if ticket != model.hop_ticket {
                return Vec::new();
            }
            model.hop_pending = None;
            match at {
                Some(at) => go::arrive(model, at),
                None => {
                    model.cpu.wanted = None;
                    model.warn(format!("no {name} in that direction"))
                }
            }
        }
        Report::Progress { lane, thousandths } => {
            if model.serials.get(&lane) == Some(&serial)
                && let Some(share) = model.progress.get_mut(&lane)
            {
                *share = thousandths;
            }
            Vec::new()
        }
        // What a stopped one still had to say would be counted twice.
        Report::Sums { .. } if model.serials.get(&Lane::Sums) != Some(&serial) => Vec::new(),
        Report::Sums { sums, anchors } => {
            let dropped = model.sums.anchors_dropped;
            model.sums = *sums;
            model.sums.anchors_dropped = dropped + model.anchors.extend(anchors);
            Vec::new()
        }
        Report::Cpu(snapshot) => cpu::arrived(model, snapshot),
        Report::CpuFailed { message, diverged } => {
            model.cpu.wanted = None;
            model.cpu.failure = Some((message, diverged));
            Vec::new()
        }
        Report::Ended { lane } | Report::Died { lane } => {
            if model.serials.get(&lane) == Some(&serial) {
                model.progress.remove(&lane);
            }
            Vec::new()
        }
    }
}

/// After a filter was set, keeps the cursor on the shown event nearest to where it was.
fn snap(model: &mut Model) -> Vec<Effect> {
    let (Some(anchor), Some(filter)) = (model.filter_anchor, model.active_filter()) else {
        return Vec::new();
    };
    let nearest = filter.set.nearest(anchor);
    if filter.set.complete() {
        model.filter_anchor = None;
    }
    match nearest {
        Some(at) if at != model.cursor => {
            model.cursor = at;
            model.follow()
        }
        _ => Vec::new(),
    }
}

/// Starts evaluating a matcher for the selection with this ticket.
pub(crate) fn start_match(
    model: &mut Model,
    ticket: u64,
    lane: Lane,
    matcher: Arc<dyn crate::source::Matcher>,
    from: EventIndex,
) -> Effect {
    model.start(Job::Match { ticket, lane, matcher, from })
}
