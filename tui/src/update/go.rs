//! Jumps, marks, and repeating a search.

use crate::actions::Call;
use crate::jobs::Target;
use crate::model::{Effect, Model, Screen};
use crate::source::svc;
use std::sync::Arc;
use traces::replay::Position;
use traces::{EventIndex, InsnCount};

/// The next or previous event of the thread of this one.
pub(crate) fn thread(model: &mut Model, call: &Call<'_>, forward: bool) -> Vec<Effect> {
    let Some(event) = model.data.event(model.cursor) else { return model.warn("this event cannot be read") };
    model.hop(Target::Thread(event.tid), forward, call.times(), "event of this thread")
}

/// The next or previous call of the same number.
pub(crate) fn same_call(model: &mut Model, call: &Call<'_>, forward: bool) -> Vec<Effect> {
    let nr = model.data.event(model.cursor).and_then(|e| svc(&e).map(|s| s.nr));
    match nr {
        Some(nr) => model.hop(Target::Syscall(nr), forward, call.times(), "call of the same name"),
        None => model.say("this event is no call"),
    }
}

/// The next match of the search.
pub(crate) fn found_again(model: &mut Model, call: &Call<'_>, forward: bool) -> Vec<Effect> {
    match model.search.as_ref().map(|s| Arc::clone(&s.matcher)) {
        Some(matcher) => model.hop(Target::Match(matcher), forward, call.times(), "match"),
        None => model.say("nothing was searched for yet; / searches"),
    }
}

/// A hop has found its event.
pub(crate) fn arrive(model: &mut Model, at: EventIndex) -> Vec<Effect> {
    // A step by event goes on to the CPU state; the position that it waits for is filled in here.
    let with_state = model.cpu.wanted == Some(WAITING);
    if with_state {
        model.cpu.wanted = None;
    }
    let insn = model.hop_insn.take().filter(|_| model.screen == Screen::Cpu);
    let icount = model.data.event(at).map(|event| event.icount);
    if let (Some(insn), Some(icount)) = (insn, icount) {
        let after = InsnCount(insn.0.saturating_sub(icount.0));
        // The jump asks for a place of its own; the exact one supersedes it.
        model.jump(at);
        return model.seek(Position { event: at, after: Some(after) });
    }
    let mut effects = model.jump(at);
    if with_state && effects.is_empty() {
        effects = model.seek(Position::before(at));
    }
    effects
}

/// Stands for a place that a hop has still to find.
pub(crate) const WAITING: Position = Position { event: EventIndex(u64::MAX), after: None };

/// The next or previous mark.
pub(crate) fn next_mark(model: &mut Model, forward: bool) -> Vec<Effect> {
    let cursor = model.cursor;
    let mut places: Vec<EventIndex> = model.marks.values().copied().collect();
    places.sort_unstable();
    let found = if forward {
        places.into_iter().find(|&m| m > cursor)
    } else {
        places.into_iter().rev().find(|&m| m < cursor)
    };
    match found {
        Some(at) => model.jump(at),
        None => model.say("no mark in that direction"),
    }
}

/// Marks the event under the cursor.
pub(crate) fn set_mark(model: &mut Model, call: &Call<'_>) -> Vec<Effect> {
    let Some(letter) = call.letter.or_else(|| call.text.and_then(|t| t.chars().next())) else {
        return model.say("a mark is a letter: m{a-z}");
    };
    if !letter.is_ascii_lowercase() {
        return model.say("a mark is a letter from a to z");
    }
    model.marks.insert(letter, model.cursor);
    model.say(format!("mark {letter} is E{}", model.cursor.0))
}

/// Goes to a mark.
pub(crate) fn to_mark(model: &mut Model, call: &Call<'_>) -> Vec<Effect> {
    let letter = call.letter.or_else(|| call.text.and_then(|t| t.chars().next())).unwrap_or(' ');
    match model.marks.get(&letter) {
        Some(&at) => model.jump(at),
        None => model.warn(format!("there is no mark {letter}; m{{a-z}} sets one")),
    }
}

/// Back to where the last jump began.
pub(crate) fn older(model: &mut Model) -> Vec<Effect> {
    match model.older.pop() {
        Some(at) => {
            model.newer.push(model.cursor);
            model.place(at)
        }
        None => model.say("no older place"),
    }
}

/// Undoes [`older`].
pub(crate) fn newer(model: &mut Model) -> Vec<Effect> {
    match model.newer.pop() {
        Some(at) => {
            model.older.push(model.cursor);
            model.place(at)
        }
        None => model.say("no newer place"),
    }
}

/// Changes places with where the last jump began.
pub(crate) fn last_place(model: &mut Model) -> Vec<Effect> {
    match model.older.pop() {
        Some(at) => {
            model.older.push(model.cursor);
            model.place(at)
        }
        None => model.say("no last place"),
    }
}

/// Copies the position.
pub(crate) fn yank(model: &mut Model) -> Vec<Effect> {
    let text = match &model.cpu.now {
        Some(now) if now.position().event == model.cursor => model.data.written(now.position()),
        _ => model.data.written(Position::before(model.cursor)),
    };
    model.say(format!("copied {text}"));
    vec![Effect::Copy(text)]
}
