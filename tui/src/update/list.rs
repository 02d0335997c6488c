//! Moving through the event list.

use crate::actions::Call;
use crate::jobs::Target;
use crate::model::{Effect, Model, Screen, TimeMode};
use crate::view::layout;
use traces::{Body, EventIndex};

/// Puts the cursor on a rank, scrolling only as far as it must.
fn go_rank(model: &mut Model, rank: u64) -> Vec<Effect> {
    let (top, _) = model.window();
    let rows = model.list_rows();
    let Some(at) = model.shown().nth(rank) else { return Vec::new() };
    model.put_cursor(at);
    model.row = rank.saturating_sub(top).min(rows - 1);
    model.follow()
}

/// Some rows down (`sign` 1) or up (-1).
pub(crate) fn by(model: &mut Model, call: &Call<'_>, sign: i64) -> Vec<Effect> {
    let (_, rank) = model.window();
    let last = model.shown().count().saturating_sub(1);
    let to = if sign > 0 {
        // Not on a shown event (the filter hides it): the first step lands on the one after it.
        let hidden = model.shown().nth(rank) != Some(model.cursor);
        rank.saturating_add(call.times()).saturating_sub(u64::from(hidden && rank < last)).min(last)
    } else {
        rank.saturating_sub(call.times())
    };
    go_rank(model, to)
}

fn paged(model: &mut Model, rows: u64, sign: i64) -> Vec<Effect> {
    let (top, rank) = model.window();
    let last = model.shown().count().saturating_sub(1);
    let to = if sign > 0 { rank.saturating_add(rows).min(last) } else { rank.saturating_sub(rows) };
    let Some(at) = model.shown().nth(to) else { return Vec::new() };
    model.put_cursor(at);
    // The row of the cursor stays where it was; the events move under it.
    model.row = rank.saturating_sub(top);
    model.follow()
}

/// Half a page.
pub(crate) fn half_page(model: &mut Model, call: &Call<'_>, sign: i64) -> Vec<Effect> {
    let rows = (model.list_rows() / 2).max(1).saturating_mul(call.times());
    paged(model, rows, sign)
}

/// A page.
pub(crate) fn page(model: &mut Model, call: &Call<'_>, sign: i64) -> Vec<Effect> {
    let rows = model.list_rows().saturating_sub(2).max(1).saturating_mul(call.times());
    paged(model, rows, sign)
}

/// The first shown event.
pub(crate) fn first(model: &mut Model) -> Vec<Effect> {
    match model.shown().nth(0) {
        Some(at) => model.jump(at),
        None => Vec::new(),
    }
}

/// The last shown event, or the event of a number.
pub(crate) fn last_or_number(model: &mut Model, call: &Call<'_>) -> Vec<Effect> {
    if let Some(n) = call.count {
        return goto_event(model, n);
    }
    let last = model.shown().count().saturating_sub(1);
    match model.shown().nth(last) {
        Some(at) => {
            let effects = model.jump(at);
            model.row = model.list_rows() - 1;
            effects
        }
        None => Vec::new(),
    }
}

/// The event of a number; says so if there is none or the filter hides it.
pub(crate) fn goto_event(model: &mut Model, n: u64) -> Vec<Effect> {
    let last = model.len().saturating_sub(1);
    if n > last {
        let effects = model.jump(EventIndex(last));
        model.warn(format!("there is no E{n}; the last event is E{last}"));
        return effects;
    }
    let hidden = model.active_filter().is_some_and(|f| !f.set.contains(EventIndex(n)));
    if hidden {
        model.warn(format!("the filter hides E{n}; \\ turns it off"));
    }
    model.jump(EventIndex(n))
}

/// With a count: so many percent of the shown events. Without: between a call and its return.
pub(crate) fn percent_or_pair(model: &mut Model, call: &Call<'_>) -> Vec<Effect> {
    if let Some(percent) = call.count {
        return goto_percent(model, percent);
    }
    let Some(event) = model.data.event(model.cursor) else { return model.warn("this event cannot be read") };
    match event.body {
        Body::SvcEnter(_) => model.hop(Target::Exit(event.tid), true, 1, "return of this call"),
        Body::SvcExit(_) => model.hop(Target::Enter(event.tid), false, 1, "entry of this call"),
        _ => model.say("this event is not one half of a call"),
    }
}

/// So many percent of the shown events.
pub(crate) fn goto_percent(model: &mut Model, percent: u64) -> Vec<Effect> {
    let count = model.shown().count();
    let last = count.saturating_sub(1);
    let rank = u128::from(count) * u128::from(percent.min(100)) / 100;
    match model.shown().nth(u64::try_from(rank).unwrap_or(last).min(last)) {
        Some(at) => model.jump(at),
        None => Vec::new(),
    }
}

/// Top (0), middle (1) or bottom (2) of the screen.
pub(crate) fn screen_row(model: &mut Model, which: u64) -> Vec<Effect> {
    let (top, _) = model.window();
    let count = model.shown().count();
    let rows = model.list_rows().min(count.saturating_sub(top)).max(1);
    go_rank(model, top + (rows - 1) * which / 2)
}

/// The row of the cursor to the top (0), middle (1) or bottom (2).
pub(crate) fn scroll_cursor(model: &mut Model, which: u64) -> Vec<Effect> {
    model.row = (model.list_rows() - 1) * which / 2;
    Vec::new()
}

/// The next time mode.
pub(crate) fn time_mode(model: &mut Model) -> Vec<Effect> {
    let (mode, name) = match model.time {
        TimeMode::Relative => (TimeMode::Delta, "since the event before"),
        TimeMode::Delta if model.data.start.is_some() => (TimeMode::Wall, "of day, UTC"),
        TimeMode::Delta | TimeMode::Wall => (TimeMode::Insn, "as retired instructions"),
        TimeMode::Insn => (TimeMode::Relative, "since the start"),
    };
    model.time = mode;
    model.say(format!("time {name}"))
}

/// Selects the clicked event.
pub(crate) fn click(model: &mut Model, column: u16, row: u16) -> Vec<Effect> {
    let list = layout::areas(model.size).list;
    if model.screen != Screen::Events || model.help.is_some() || model.prompt.is_some() {
        return Vec::new();
    }
    let inside = layout::list_inner(model.size);
    if !list.contains((column, row).into()) || row < inside.y || row >= inside.bottom() {
        return Vec::new();
    }
    let (top, _) = model.window();
    go_rank(model, top + u64::from(row - inside.y))
}
