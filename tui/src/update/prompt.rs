//! The bottom line: searching, filtering, going, and actions by name.

use super::place::{Bare, Typed, parse};
use super::{context, list, start_match};
use crate::actions::{Action, Call, Ctx, commands};
use crate::cpu::{Motion, Place};
use crate::jobs::{Job, Lane, Place as Located};
use crate::matches::MatchSet;
use crate::model::{Effect, Model, Prompt, PromptKind, Selection};
use crate::source::{LanguageError, Matcher, svc};
use crate::text::TextMatcher;
use std::sync::Arc;
use traces::replay::Position;
use traces::{Cycles, InsnCount};

/// Opens the prompt, or takes the text that came with the action's name at once.
pub(crate) fn open(model: &mut Model, kind: PromptKind, call: &Call<'_>) -> Vec<Effect> {
    let text = match (call.text, kind) {
        (Some(text), _) => text.to_owned(),
        (None, PromptKind::Filter) => model.filter.as_ref().map(|f| f.text.clone()).unwrap_or_default(),
        (None, _) => String::new(),
    };
    let text: Vec<char> = text.chars().collect();
    let caret = text.len();
    model.prompt = Some(Prompt { kind, text, caret, error: None, note: String::new(), past: 0 });
    if call.text.is_some() {
        let mut effects = changed(model);
        effects.extend(accept(model));
        return effects;
    }
    Vec::new()
}

fn edit(model: &mut Model, change: impl FnOnce(&mut Vec<char>, &mut usize)) -> Vec<Effect> {
    let Some(prompt) = &mut model.prompt else { return Vec::new() };
    change(&mut prompt.text, &mut prompt.caret);
    prompt.caret = prompt.caret.min(prompt.text.len());
    changed(model)
}

/// Longest text of a prompt; a paste beyond it is cut.
const MAX_TEXT: usize = 4096;

/// Types text in.
pub(crate) fn insert(model: &mut Model, text: &str) -> Vec<Effect> {
    edit(model, |chars, caret| {
        for c in text.chars().filter(|c| !c.is_control()) {
            if chars.len() < MAX_TEXT {
                chars.insert(*caret, c);
                *caret += 1;
            }
        }
    })
}

/// Moves the caret: from where it is and how long the text is.
pub(crate) fn caret(model: &mut Model, to: fn(usize, usize) -> usize) -> Vec<Effect> {
    if let Some(prompt) = &mut model.prompt {
        prompt.caret = to(prompt.caret, prompt.text.len());
    }
    Vec::new()
}

/// Erases to the left; on an empty line gives up, as in less.
pub(crate) fn erase(model: &mut Model) -> Vec<Effect> {
    if model.prompt.as_ref().is_some_and(|p| p.text.is_empty()) {
        return give_up(model);
    }
    edit(model, |chars, caret| {
        if *caret > 0 {
            *caret -= 1;
            chars.remove(*caret);
        }
    })
}

/// Erases to the right.
pub(crate) fn erase_right(model: &mut Model) -> Vec<Effect> {
    edit(model, |chars, caret| {
        if *caret < chars.len() {
            chars.remove(*caret);
        }
    })
}

/// Erases the word to the left.
pub(crate) fn erase_word(model: &mut Model) -> Vec<Effect> {
    edit(model, |chars, caret| {
        let mut start = *caret;
        while start > 0 && chars[start - 1] == ' ' {
            start -= 1;
        }
        while start > 0 && chars[start - 1] != ' ' {
            start -= 1;
        }
        chars.drain(start..*caret);
        *caret = start;
    })
}

/// Erases everything to the left.
pub(crate) fn erase_line(model: &mut Model) -> Vec<Effect> {
    edit(model, |chars, caret| {
        chars.drain(..*caret);
        *caret = 0;
    })
}

/// Takes an earlier (1) or later (-1) entry of the same kind.
pub(crate) fn history(model: &mut Model, by: isize) -> Vec<Effect> {
    let Some(prompt) = &model.prompt else { return Vec::new() };
    let Some(entries) = model.history.get(&slot(prompt.kind)) else { return Vec::new() };
    let past = prompt.past.saturating_add_signed(by).min(entries.len());
    let text = past.checked_sub(1).and_then(|n| entries.iter().rev().nth(n)).cloned().unwrap_or_default();
    if let Some(prompt) = &mut model.prompt {
        prompt.past = past;
    }
    edit(model, |chars, caret| {
        *chars = text.chars().collect();
        *caret = chars.len();
    })
}

fn slot(kind: PromptKind) -> u8 {
    match kind {
        PromptKind::Search => 0,
        PromptKind::Filter => 1,
        PromptKind::GotoEvent | PromptKind::GotoTime | PromptKind::GotoInsn => 2,
        PromptKind::Memory => 3,
        PromptKind::Command => 4,
    }
}

/// The context that a command line is about: what is under the prompt.
fn below(model: &mut Model) -> Ctx {
    let prompt = model.prompt.take();
    let ctx = context(model);
    model.prompt = prompt;
    ctx
}

/// Actions whose name begins with, or else contains, what was typed.
pub(crate) fn candidates(typed: &str, ctx: Ctx) -> Vec<&'static Action> {
    let name = typed.trim_start().split(' ').next().unwrap_or("");
    let mut found: Vec<_> = commands(ctx).filter(|a| a.name.starts_with(name)).collect();
    found.extend(commands(ctx).filter(|a| !a.name.starts_with(name) && a.name.contains(name)));
    found
}

/// Completes the name of an action.
pub(crate) fn complete(model: &mut Model) -> Vec<Effect> {
    let ctx = below(model);
    let Some(prompt) = model.prompt.as_ref().filter(|p| p.kind == PromptKind::Command) else {
        return Vec::new();
    };
    let typed = prompt.string();
    if typed.contains(' ') {
        return Vec::new();
    }
    let Some(action) = candidates(&typed, ctx).first().copied() else { return Vec::new() };
    edit(model, |chars, caret| {
        *chars = action.name.chars().chain([' ']).collect();
        *caret = chars.len();
    })
}

/// The text changed: checks it as far as its kind allows, and begins to count matches.
fn changed(model: &mut Model) -> Vec<Effect> {
    let ctx = below(model);
    let Some(prompt) = &model.prompt else { return Vec::new() };
    let (kind, text) = (prompt.kind, prompt.string());
    let (mut error, mut note, mut effects) = (None, String::new(), Vec::new());
    match kind {
        PromptKind::Filter if !text.trim().is_empty() => match model.data.language.compile(&text) {
            Ok(matcher) => effects = preview(model, text, matcher, Lane::Filter),
            Err(LanguageError { column, message }) => error = Some((Some(column), message)),
        },
        PromptKind::Search if !text.is_empty() => {
            let (matcher, what) = search_matcher(model, &text);
            note = what.to_owned();
            effects = preview(model, text, matcher, Lane::Search);
        }
        PromptKind::Search | PromptKind::Filter => model.preview = None,
        PromptKind::GotoEvent | PromptKind::GotoTime | PromptKind::GotoInsn => {
            error = typed(model, &text, kind).err().filter(|_| !text.is_empty()).map(|e| (None, e));
        }
        PromptKind::Memory => {
            let bad = !text.is_empty() && Place::parse(&text).is_none();
            error = bad.then(|| (None, "an address or register: sp, x0+0x10, 0x4000".to_owned()));
        }
        PromptKind::Command => {
            let names: Vec<_> = candidates(&text, ctx).iter().take(8).map(|a| a.name).collect();
            note = names.join("  ");
            if names.is_empty() {
                error = Some((Some(0), "no action has a name like that; ? lists them".to_owned()));
            }
        }
    }
    if error.is_some() {
        model.preview = None;
    }
    if let Some(prompt) = &mut model.prompt {
        prompt.error = error;
        prompt.note = note;
    }
    effects
}

/// What a search text means: an expression if it has an operator and compiles, else plain text.
fn search_matcher(model: &Model, text: &str) -> (Arc<dyn Matcher>, &'static str) {
    if text.contains(['=', '<', '>', '~', '%', '&', '|', '{', '!'])
        && let Ok(matcher) = model.data.language.compile(text)
    {
        return (matcher, "as an expression");
    }
    (Arc::new(TextMatcher::new(text, &model.data)), "as text")
}

fn preview(model: &mut Model, text: String, matcher: Arc<dyn Matcher>, lane: Lane) -> Vec<Effect> {
    let ticket = model.ticket();
    let set = MatchSet::new(model.len());
    model.preview = Some(Selection { text, matcher: Arc::clone(&matcher), set, ticket });
    vec![start_match(model, ticket, lane, matcher, model.cursor)]
}

/// Takes `s2:` off a position.
fn stream_of(text: &str) -> (Option<u32>, &str) {
    let prefix = text
        .trim()
        .split_once(':')
        .and_then(|(prefix, rest)| Some((prefix.strip_prefix('s')?.parse().ok()?, rest)));
    prefix.map_or((None, text), |(stream, rest)| (Some(stream), rest))
}

/// A typed position and the stream that it is in.
fn typed(model: &Model, text: &str, kind: PromptKind) -> Result<(u32, Typed), String> {
    let (stream, position) = stream_of(text);
    let stream = stream.unwrap_or(model.data.stream);
    let known = |processes: &crate::Processes| processes.row(stream).is_some();
    if stream != model.data.stream && !model.data.processes.as_ref().is_some_and(known) {
        return Err(format!("there is no stream s{stream}; gp lists the processes"));
    }
    Ok((stream, parse(position, bare(kind))?))
}

fn bare(kind: PromptKind) -> Bare {
    match kind {
        PromptKind::GotoTime => Bare::Seconds,
        PromptKind::GotoInsn => Bare::Insn,
        _ => Bare::Event,
    }
}

/// Closes the prompt and forgets what was typed; a filter that its preview displaced goes on.
pub(crate) fn give_up(model: &mut Model) -> Vec<Effect> {
    model.prompt = None;
    let mut effects = Vec::new();
    if model.preview.take().is_some() {
        for (lane, selection) in [(Lane::Filter, &model.filter), (Lane::Search, &model.search)] {
            match selection {
                Some(s) if !s.set.complete() => {
                    let job = Job::Match {
                        ticket: s.ticket,
                        lane,
                        matcher: Arc::clone(&s.matcher),
                        from: model.cursor,
                    };
                    effects.push(job);
                }
                _ => {}
            }
        }
        let mut out: Vec<Effect> = [Lane::Filter, Lane::Search]
            .into_iter()
            .filter(|lane| model.progress.remove(lane).is_some())
            .map(Effect::Cancel)
            .collect();
        out.extend(effects.into_iter().map(|job| model.start(job)));
        return out;
    }
    Vec::new()
}

/// Does what the prompt says. A text with a fault keeps the prompt open.
pub(crate) fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(prompt) = model.prompt.as_ref() else { return Vec::new() };
    if prompt.error.is_some() {
        return Vec::new();
    }
    let (kind, text) = (prompt.kind, prompt.string());
    if !text.is_empty() {
        let entries = model.history.entry(slot(kind)).or_default();
        if entries.last() != Some(&text) {
            entries.push(text.clone());
        }
    }
    let preview = model.preview.take();
    model.prompt = None;
    match kind {
        PromptKind::Filter => set_filter(model, preview),
        PromptKind::Search => match preview {
            Some(selection) => {
                model.search = Some(selection);
                super::go::found_again(model, &Call::default(), true)
            }
            None => super::go::found_again(model, &Call::default(), true),
        },
        PromptKind::GotoEvent | PromptKind::GotoTime | PromptKind::GotoInsn => {
            match typed(model, &text, kind) {
                Ok((stream, _)) if stream != model.data.stream => {
                    let (_, position) = stream_of(&text);
                    super::process::to(model, stream, Some(position.to_owned()))
                }
                Ok((_, place)) => go_to(model, place),
                Err(_) => Vec::new(),
            }
        }
        PromptKind::Memory => match Place::parse(&text) {
            Some(place) => {
                model.cpu.memory = place;
                model.replay(Motion::Stay)
            }
            None => Vec::new(),
        },
        PromptKind::Command => command(model, &text),
    }
}

fn set_filter(model: &mut Model, selection: Option<Selection>) -> Vec<Effect> {
    let before = model.filter.take().map(|f| f.text).unwrap_or_default();
    model.filter_undo.push(before);
    model.filter = selection;
    model.filter_on = true;
    model.filter_anchor = Some(model.cursor);
    super::snap(model)
}

/// Sets a filter by its text; empty is none.
fn filter_text(model: &mut Model, text: &str) -> Vec<Effect> {
    if text.trim().is_empty() {
        return set_filter(model, None);
    }
    match model.data.language.compile(text) {
        Ok(matcher) => {
            let mut effects = preview(model, text.to_owned(), matcher, Lane::Filter);
            let selection = model.preview.take();
            effects.extend(set_filter(model, selection));
            effects
        }
        Err(error) => model.warn(format!("`{text}`: {error}")),
    }
}

/// Filter on or off.
pub(crate) fn toggle_filter(model: &mut Model) -> Vec<Effect> {
    if model.filter.is_none() {
        return model.say("there is no filter; & sets one");
    }
    model.filter_on = !model.filter_on;
    model.filter_anchor = model.filter_on.then_some(model.cursor);
    model.say(if model.filter_on { "filter on" } else { "filter off" });
    super::snap(model)
}

/// Back to the filter before.
pub(crate) fn undo_filter(model: &mut Model) -> Vec<Effect> {
    let Some(text) = model.filter_undo.pop() else { return model.say("no filter before this one") };
    let effects = filter_text(model, &text);
    // Setting it has noted the one that is undone; an undo is no step forward.
    model.filter_undo.pop();
    effects
}

/// Shows only the calls like the one under the cursor, or all but them.
pub(crate) fn narrow(model: &mut Model, keep: bool) -> Vec<Effect> {
    let nr = model.data.event(model.cursor).and_then(|e| svc(&e).map(|s| s.nr));
    let Some(nr) = nr else { return model.say("this event is no call") };
    let op = if keep { "==" } else { "!=" };
    let term = match model.data.describe.syscall_name(nr) {
        Some(name) => format!("sys{op}{name}"),
        None => format!("nr{op}{nr}"),
    };
    let text = match model.active_filter() {
        Some(filter) => format!("({}) && {term}", filter.text),
        None => term,
    };
    filter_text(model, &text)
}

/// Goes to a typed position.
fn go_to(model: &mut Model, to: Typed) -> Vec<Effect> {
    let place = match to {
        Typed::Event(n, after) => {
            let mut effects = list::goto_event(model, n);
            if let Some(after) = after.filter(|_| model.cursor.0 == n) {
                let position = Position { event: model.cursor, after: Some(after) };
                effects = model.seek(position);
            }
            return effects;
        }
        Typed::Percent(percent) => return list::goto_percent(model, percent),
        Typed::Time(ns) => Located::Clock(clock_at(model, ns)),
        Typed::Wall(ns) => {
            let Some(start) = &model.data.start else {
                return model.warn("the wall clock was not recorded; +1.5s is a time from the start");
            };
            // A time of day before that of the start is one of the next day.
            const DAY: u64 = 86_400_000_000_000;
            let since = (ns + DAY - start.realtime_ns % DAY) % DAY;
            Located::Clock(clock_at(model, since))
        }
        Typed::Insn(n) => Located::Insn(InsnCount(n)),
    };
    let ticket = model.ticket();
    model.hop_ticket = ticket;
    model.hop_insn = match place {
        Located::Insn(insn) => Some(insn),
        Located::Clock(_) => None,
    };
    vec![model.start(Job::Locate { ticket, place })]
}

/// The counter value so many nanoseconds after the first event, rounded up so that the event then shown at
/// that time is found.
fn clock_at(model: &Model, ns: u64) -> Cycles {
    let cycles = (u128::from(ns) * u128::from(model.data.source.info().cntfrq)).div_ceil(1_000_000_000);
    Cycles(model.data.origin.0.saturating_add(u64::try_from(cycles).unwrap_or(u64::MAX)))
}

/// Runs an action by its name, with the rest of the line as its text.
fn command(model: &mut Model, line: &str) -> Vec<Effect> {
    let line = line.trim();
    let (name, rest) = line.split_once(' ').map_or((line, None), |(n, r)| (n, Some(r.trim())));
    if name.is_empty() {
        return Vec::new();
    }
    let ctx = context(model);
    let all = candidates(name, ctx);
    let exact = all.iter().find(|a| a.name == name).copied();
    let chosen = match (exact, all.as_slice()) {
        (Some(action), _) => action,
        (None, [only]) => only,
        (None, []) => return model.warn(format!("no action is called {name} here")),
        (None, several) => {
            let names: Vec<_> = several.iter().take(6).map(|a| a.name).collect();
            return model.warn(format!("{name} could be {}", names.join(", ")));
        }
    };
    let count = rest.and_then(|r| r.parse().ok());
    (chosen.run)(model, &Call { count, letter: None, text: rest.filter(|r| !r.is_empty()) })
}
