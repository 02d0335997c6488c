//! The event list: only the rows on the screen are ever asked for.

use super::pane::{clip, open, paint, put, sentence, span, width};
use crate::fmt::{clean, duration, grouped, seconds, wall};
use crate::jobs::Lane;
use crate::model::{Model, PromptKind, TimeMode};
use crate::source::{is_error, svc};
use crate::text::find;
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use std::sync::Arc;
use traces::describe::Severity;
use traces::{Body, Event, EventIndex};

/// Which columns there is room for; they go in the order delta, thread, duration, time.
#[derive(Clone, Copy)]
struct Columns {
    delta: bool,
    tid: bool,
    duration: bool,
    time: bool,
}

impl Columns {
    fn at(width: u16) -> Self {
        Columns { delta: width >= 132, tid: width >= 66, duration: width >= 60, time: width >= 50 }
    }
}

/// Draws the list.
pub(crate) fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let inner = open(model, buffer, area, "Events", false);
    let (top, rank) = model.window_of(u64::from(inner.height));
    let shown = model.shown();
    let count = shown.count();
    if count == 0 {
        sentence(model, buffer, inner, &why_empty(model));
        return;
    }
    scrollbar(model, buffer, area, top, count);
    let columns = Columns::at(inner.width);
    let mut before = columns
        .delta
        .then(|| top.checked_sub(1))
        .flatten()
        .and_then(|r| shown.nth(r))
        .and_then(|at| model.data.event(at));
    let digits = width(&grouped(model.len().saturating_sub(1)));
    for row in 0..usize::from(inner.height) {
        let Some(at) = shown.nth(top.saturating_add(row as u64)) else { break };
        let here = top + row as u64 == rank;
        match model.data.source.event(at) {
            Ok(event) => {
                let line = Row { model, at, event: &event, before: before.as_deref(), columns, digits };
                put(buffer, inner, row, &line.line(usize::from(inner.width), here));
                before = Some(event);
            }
            Err(error) => {
                let text = format!("   {:>digits$}  unreadable: {error}", grouped(at.0));
                put(buffer, inner, row, &Line::from(span(model, Role::Error, clean(&text))));
                before = None;
            }
        }
        if dimmed(model, at) {
            paint(buffer, inner, row, model.theme.style(Role::Dim));
        }
        if here {
            paint(buffer, inner, row, model.theme.style(Role::Cursor));
        }
    }
}

/// Rows that the filter being typed would remove.
fn dimmed(model: &Model, at: EventIndex) -> bool {
    let filtering = model.prompt.as_ref().is_some_and(|p| p.kind == PromptKind::Filter);
    filtering && model.preview.as_ref().is_some_and(|p| p.set.knows(at) && !p.set.contains(at))
}

fn why_empty(model: &Model) -> String {
    if model.len() == 0 {
        return "The trace has no events: recording ended before the guest did anything. q quits.".to_owned();
    }
    match model.progress.get(&Lane::Filter) {
        Some(share) => format!("No match yet, {} % scanned; Ctrl-c stops.", share / 10),
        None => format!("0 of {} events match; \\ turns the filter off, & edits it.", grouped(model.len())),
    }
}

/// A thumb on the right border, placed by whole numbers so that it works at any length; beside it, where
/// matches of the search and marks are.
fn scrollbar(model: &Model, buffer: &mut Buffer, area: Rect, top: u64, count: u64) {
    let rows = u64::from(area.height.saturating_sub(2));
    if !super::layout::bordered((buffer.area.width, buffer.area.height)) || rows == 0 || count <= rows {
        return;
    }
    let thumb = (u128::from(rows) * u128::from(rows) / u128::from(count)).max(1);
    let travel = u128::from(rows) - thumb;
    let start = travel * u128::from(top) / u128::from(count - rows);
    let shown = model.shown();
    // The events of a row of the bar: those from its first shown one up to that of the next row.
    let border = |row: u64| {
        let rank = u128::from(count) * u128::from(row) / u128::from(rows);
        shown.nth(u64::try_from(rank).unwrap_or(u64::MAX)).unwrap_or(EventIndex(u64::MAX))
    };
    let mut from = border(0);
    for row in 0..rows {
        let to = border(row + 1);
        let inside = |at: EventIndex| from <= at && at < to;
        let mark = model.marks.iter().find(|(_, at)| inside(**at)).map(|(letter, _)| letter.to_string());
        let hit = model.search.as_ref().is_some_and(|s| s.set.rank(to) > s.set.rank(from));
        from = to;
        let in_thumb = u128::from(row) >= start && u128::from(row) < start + thumb;
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        let Some(cell) = buffer.cell_mut((area.right() - 1, y)) else { continue };
        if let Some(mark) = mark {
            cell.set_symbol(&mark).set_style(model.theme.style(Role::Key));
        } else if in_thumb {
            cell.set_symbol(model.theme.glyph("█", "#")).set_style(model.theme.style(Role::Focus));
        } else if hit {
            cell.set_symbol(model.theme.glyph("┤", "=")).set_style(model.theme.style(Role::Hit));
        }
    }
}

/// The sign in front of a row: what it is, most important first.
pub(crate) fn sign(model: &Model, event: &Event) -> (Role, &'static str) {
    let severity = model.data.describe.severity(event);
    if is_error(event, model.data.describe.as_ref()) {
        return (Role::Error, model.theme.glyph("✖", "x"));
    }
    if svc(event).is_some_and(|s| s.vdso.is_some()) {
        return (Role::Fallback, "F");
    }
    match (&event.body, severity) {
        (Body::Reseed(_), _) => (Role::Anchor, "A"),
        (Body::Signal(_), _) => (Role::Signal, "S"),
        (_, Severity::Warning) => (Role::Warning, model.theme.glyph("▲", "!")),
        (_, Severity::Info) => (Role::Info, model.theme.glyph("●", "*")),
        _ => (Role::Text, " "),
    }
}

/// The words of an event: what it is, and remark and result, harmless and on one line.
pub(crate) fn words(model: &Model, event: &Event) -> (String, String) {
    let source = Arc::clone(&model.data.source);
    let line = model.data.describe.line(event, &|id| source.blob(id));
    let note = if line.note.is_empty() { String::new() } else { format!(" [{}]", line.note) };
    let result = if line.result.is_empty() { String::new() } else { format!(" = {}", line.result) };
    (clean(&line.text), clean(&format!("{note}{result}")))
}

struct Row<'a> {
    model: &'a Model,
    at: EventIndex,
    event: &'a Event,
    before: Option<&'a Event>,
    columns: Columns,
    digits: usize,
}

impl Row<'_> {
    fn line(&self, room: usize, here: bool) -> Line<'static> {
        let model = self.model;
        let (role, sign) = sign(model, self.event);
        let pointer = if here { model.theme.glyph("▶", ">") } else { " " };
        let mark = model.marks.iter().find(|(_, at)| **at == self.at).map_or(' ', |(letter, _)| *letter);
        let mut spans = vec![
            Span::raw(pointer),
            span(model, role, sign),
            span(model, Role::Key, mark.to_string()),
            span(model, Role::Number, format!("{:>1$}  ", grouped(self.at.0), self.digits)),
        ];
        if self.columns.time {
            spans.push(span(model, Role::Dim, format!("{:>14}  ", self.time())));
        }
        if self.columns.delta {
            spans.push(span(model, Role::Dim, format!("{:>9}  ", self.delta())));
        }
        if self.columns.tid {
            spans.push(span(model, Role::Text, format!("{:>5}  ", self.event.tid.0)));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        let tail = if self.columns.duration { self.duration() } else { String::new() };
        let left = room.saturating_sub(used + if tail.is_empty() { 0 } else { width(&tail) + 1 });
        self.words(&mut spans, left, role);
        if !tail.is_empty() {
            let used: usize = spans.iter().map(Span::width).sum();
            let gap = room.saturating_sub(used + width(&tail));
            spans.push(span(model, Role::Dim, format!("{}{tail}", " ".repeat(gap))));
        }
        Line::from(spans)
    }

    /// What it is, remark and result; a long text is cut so that the rest stays readable.
    fn words(&self, spans: &mut Vec<Span<'static>>, room: usize, role: Role) {
        let model = self.model;
        let (text, result) = words(model, self.event);
        // Where room is short, the name of an error says as much as its sentence.
        let short = result.split(" (").next().filter(|_| width(&text) + width(&result) > room);
        let result = clip(short.unwrap_or(&result), (room / 2).max(12).min(room));
        let text = clip(&text, room.saturating_sub(width(&result)));
        let text_role = if matches!(role, Role::Anchor | Role::Signal) { role } else { Role::Text };
        let needle = model.search.as_ref().map(|s| s.text.as_str()).filter(|t| !t.is_empty());
        let fold = needle.is_some_and(|n| !n.chars().any(char::is_uppercase));
        let hit = needle.and_then(|n| find(&text, n, fold).map(|start| (start, start + n.len())));
        match hit.and_then(|(a, b)| Some((text.get(..a)?, text.get(a..b)?, text.get(b..)?))) {
            Some((a, b, c)) => {
                spans.push(span(model, text_role, a.to_owned()));
                spans.push(span(model, Role::Hit, b.to_owned()));
                spans.push(span(model, text_role, c.to_owned()));
            }
            None => spans.push(span(model, text_role, text)),
        }
        let result_role = if role == Role::Error { Role::Error } else { Role::Text };
        spans.push(span(model, result_role, result));
    }

    fn time(&self) -> String {
        let data = &self.model.data;
        let recorded = data.source.info().cntfrq != 0;
        let since = data.since_start(self.event.clock);
        match (self.model.time, &data.start) {
            (TimeMode::Insn, _) => format!("@{}", grouped(self.event.icount.0)),
            (TimeMode::Delta, _) => self.delta(),
            _ if !recorded => format!("{} cyc", grouped(self.event.clock.0)),
            (TimeMode::Wall, Some(start)) => wall(start.realtime_ns.saturating_add(since)),
            (TimeMode::Relative | TimeMode::Wall, _) => seconds(since),
        }
    }

    fn delta(&self) -> String {
        let data = &self.model.data;
        let before = match self.before {
            Some(before) => before.clock,
            // The row above is off the screen; ask for it only where the column needs it.
            None => match self.at.0.checked_sub(1).and_then(|n| data.event(EventIndex(n))) {
                Some(before) if self.model.active_filter().is_none() => before.clock,
                _ => return String::new(),
            },
        };
        duration(data.nanos(self.event.clock.0.saturating_sub(before.0)), self.model.theme.ascii)
    }

    fn duration(&self) -> String {
        let dur = match &self.event.body {
            Body::Svc(svc) | Body::SvcExit(svc) => svc.dur,
            _ => return String::new(),
        };
        format!("<{}>", duration(self.model.data.nanos(dur.0), self.model.theme.ascii))
    }
}

/// A title bar in the middle of a screen that also shows the event under the cursor.
pub(crate) fn here(model: &Model, buffer: &mut Buffer, area: Rect) {
    if area.is_empty() {
        return;
    }
    let Some(event) = model.data.event(model.cursor) else { return };
    let digits = width(&grouped(model.cursor.0));
    let columns = Columns { delta: false, ..Columns::at(area.width) };
    let row = Row { model, at: model.cursor, event: &event, before: None, columns, digits };
    put(buffer, area, 0, &row.line(usize::from(area.width), true));
    let bar = Rect { height: 1, ..area };
    buffer.set_style(bar, ratatui::style::Style::new().add_modifier(Modifier::BOLD));
}
