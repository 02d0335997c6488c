//! What surrounds every screen: header, status line with the prompt, footer, list of continuations.

use super::pane::{clip, put, span, width};
use crate::actions::{ACTIONS, Ctx};
use crate::fmt::{clean, coord, duration, grouped, seconds};
use crate::jobs::Lane;
use crate::keymap::readable;
use crate::model::{Model, Prompt, PromptKind, Screen, Selection};
use crate::theme::Role;
use crate::update::{context, go};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};
use traces::describe::Severity;

/// A piece of the header: how important it is (0 most) and its text. Pieces are left out whole, never cut,
/// so that no number is ever read short.
type Piece = (u8, String);

/// The header line.
pub(crate) fn header(model: &Model, buffer: &mut Buffer, area: Rect) {
    let pieces = pieces(model);
    let bar = format!(" {} ", model.theme.glyph("│", "|"));
    let room = usize::from(area.width).saturating_sub(2);
    let mut keep: Vec<usize> = Vec::new();
    let mut used = 0;
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    order.sort_by_key(|&i| pieces[i].0);
    for i in order {
        let wide = width(&pieces[i].1) + if keep.is_empty() { 0 } else { width(&bar) };
        if !pieces[i].1.is_empty() && used + wide <= room {
            used += wide;
            keep.push(i);
        }
    }
    keep.sort_unstable();
    let mut text: Vec<String> = keep.iter().map(|&i| pieces[i].1.clone()).collect();
    let title = clip(&clean(&model.data.title), room.saturating_sub(used + width(&bar)));
    if width(&title) >= 4 || title == model.data.title {
        text.insert(0, title);
    }
    let style = model.theme.style(Role::Bar);
    buffer.set_style(area, style);
    put(buffer, area, 0, &Line::styled(format!(" {}", text.join(&bar)), style));
}

fn pieces(model: &Model) -> Vec<Piece> {
    let last = model.len().saturating_sub(1);
    let mut pieces = vec![(4, model.screen.title().1.to_owned())];
    if model.len() == 0 {
        pieces.push((0, "no events".to_owned()));
        return pieces;
    }
    pieces.push((0, format!("E {}/{}", grouped(model.cursor.0), grouped(last))));
    if model.active_filter().is_some() {
        pieces.push((1, format!("shown {}", grouped(model.shown().count()))));
    }
    if let Some(event) = model.data.event(model.cursor) {
        let time = if model.data.source.info().cntfrq == 0 {
            format!("{} cyc", grouped(event.clock.0))
        } else {
            format!("{}s", seconds(model.data.since_start(event.clock)))
        };
        pieces.push((3, time));
        pieces.push((7, format!("@{}", grouped(event.icount.0))));
        pieces.push(who(model, event.tid));
    }
    let theme = model.theme;
    let sums = &model.sums;
    let partial = if sums.seen < model.len() { "…" } else { "" };
    pieces.push((
        6,
        format!(
            "{}{} {}{} {}{}{partial}",
            theme.glyph("✖", "x"),
            grouped(sums.errors),
            theme.glyph("▲", "!"),
            grouped(sums.warnings),
            theme.glyph("●", "*"),
            grouped(sums.infos)
        ),
    ));
    pieces.push((8, replay_state(model)));
    pieces.push(match model.data.source.info().lost {
        Some(lost) => (if lost > 0 { 2 } else { 9 }, format!("lost {}", grouped(lost))),
        None => (10, "lost: not recorded".to_owned()),
    });
    for (lane, share) in &model.progress {
        // The sums fill the header as they go and say so there.
        if *lane != Lane::Sums {
            pieces.push((2, format!("{} {} %", lane.name(), share / 10)));
        }
    }
    pieces
}

/// The thread; with its process where there are several, and what that runs.
fn who(model: &Model, tid: traces::Tid) -> Piece {
    let row = model.data.processes.as_ref().and_then(|processes| processes.row(model.data.stream));
    match row {
        Some(row) => {
            let pid = row.pid.map_or("?".to_owned(), |pid| pid.to_string());
            (1, format!("pid {pid}/{} {}", tid.0, clean(&row.program)))
        }
        None => (5, format!("tid {}", tid.0)),
    }
}

fn replay_state(model: &Model) -> String {
    if model.data.no_replay.is_some() {
        return "no replay".to_owned();
    }
    match (&model.cpu.failure, &model.cpu.now) {
        (Some((_, true)), _) => "replay diverged".to_owned(),
        (Some((_, false)), _) => "replay failed".to_owned(),
        (None, Some(now)) => format!("replay {}", now.position()),
        (None, None) => "replay ready".to_owned(),
    }
}

/// The line above the footer: the prompt, a message, or the filter. Returns where the caret is.
pub(crate) fn status(model: &Model, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    if let Some(prompt) = &model.prompt {
        return Some(draw_prompt(model, prompt, buffer, area));
    }
    if !model.pending.is_empty() || model.count.is_some() {
        let keys: String = model.pending.iter().map(|k| format!("{k} ")).collect();
        let count = model.count.map(|c| c.to_string()).unwrap_or_default();
        put(buffer, area, 0, &Line::from(span(model, Role::Key, format!(" {count}{keys}"))));
        return None;
    }
    if let Some(message) = &model.message {
        let (role, glyph) = match message.severity {
            Severity::Error => (Role::Error, model.theme.glyph("✖ ", "x ")),
            Severity::Warning => (Role::Warning, model.theme.glyph("▲ ", "! ")),
            Severity::Info | Severity::None => (Role::Text, ""),
        };
        let text = clip(&clean(&message.text), usize::from(area.width).saturating_sub(4));
        put(buffer, area, 0, &Line::from(span(model, role, format!(" {glyph}{text}"))));
        return None;
    }
    if let Some(filter) = &model.filter {
        let counts = counts(model, filter);
        let room = usize::from(area.width).saturating_sub(width(&counts) + 6);
        let off = if model.filter_on { "" } else { "(off) " };
        let text = format!(" & {off}{}", clip(&clean(&filter.text), room));
        let role = if model.filter_on { Role::Text } else { Role::Dim };
        put(buffer, area, 0, &Line::from(span(model, role, text)));
        right(model, buffer, area, &counts);
    } else if let Some(search) = &model.search {
        let hit = if search.set.contains(model.cursor) {
            format!("hit {}: ", grouped(search.set.rank(model.cursor).saturating_add(1)))
        } else {
            String::new()
        };
        let counts = format!("{hit}{}", counts(model, search));
        let room = usize::from(area.width).saturating_sub(width(&counts) + 6);
        let text = format!(" / {}", clip(&clean(&search.text), room));
        put(buffer, area, 0, &Line::from(span(model, Role::Dim, text)));
        right(model, buffer, area, &counts);
    }
    None
}

fn counts(model: &Model, selection: &Selection) -> String {
    let set = &selection.set;
    let matched = grouped(set.count());
    if set.complete() {
        format!("{matched} of {} match ", grouped(model.len()))
    } else {
        format!("{} scanned · {matched} match ", grouped(set.scanned()))
    }
}

fn right(model: &Model, buffer: &mut Buffer, area: Rect, text: &str) {
    let wide = coord(width(text)).min(area.width);
    let area = Rect { x: area.right() - wide, width: wide, ..area };
    put(buffer, area, 0, &Line::from(span(model, Role::Dim, text)));
}

fn draw_prompt(model: &Model, prompt: &Prompt, buffer: &mut Buffer, area: Rect) -> Position {
    let label = match prompt.kind {
        PromptKind::Search => "/",
        PromptKind::Filter => "& ",
        PromptKind::GotoEvent => "go to ",
        PromptKind::GotoTime => "go to time ",
        PromptKind::GotoInsn => "go to instruction ",
        PromptKind::Memory => "memory at ",
        PromptKind::Command => ":",
    };
    let counts = model.preview.as_ref().map(|p| counts(model, p)).unwrap_or_default();
    let start = width(label) + 1;
    let room = usize::from(area.width).saturating_sub(start + width(&counts) + 2).max(4);
    // A text longer than the line is shown around the caret.
    let skip = prompt.caret.saturating_sub(room.saturating_sub(1));
    let bad = match &prompt.error {
        Some((Some(column), _)) => Some(*column),
        _ => None,
    };
    let mut spans = vec![span(model, Role::Key, format!(" {label}"))];
    let mut caret = start;
    for (i, c) in prompt.text.iter().enumerate().skip(skip).take(room) {
        let role = if bad.is_some_and(|b| i >= b) { Role::Error } else { Role::Text };
        let mut part = span(model, role, c.to_string());
        if bad == Some(i) {
            part = part.style(model.theme.style(Role::Hit).patch(model.theme.style(Role::Error)));
        }
        if i < prompt.caret {
            caret += part.width();
        }
        spans.push(part);
    }
    put(buffer, area, 0, &Line::from(spans));
    right(model, buffer, area, &counts);
    Position { x: area.x + coord(caret).min(area.width.saturating_sub(1)), y: area.y }
}

/// The bottom line: keys that work now; while a prompt is open, what is wrong with it or what it means.
pub(crate) fn footer(model: &Model, buffer: &mut Buffer, area: Rect) {
    let room = usize::from(area.width);
    if let Some(prompt) = &model.prompt {
        if let Some((column, message)) = &prompt.error {
            let place = column.map(|c| format!("column {}: ", c + 1)).unwrap_or_default();
            let text = clip(&clean(&format!("{place}{message}")), room.saturating_sub(2));
            put(buffer, area, 0, &Line::from(span(model, Role::Error, format!(" {text}"))));
            return;
        }
        if !prompt.note.is_empty() {
            let text = clip(&prompt.note, room.saturating_sub(2));
            put(buffer, area, 0, &Line::from(span(model, Role::Dim, format!(" {text}"))));
            return;
        }
    }
    let corner = corner(model);
    let ctx = context(model);
    let mut left = room.saturating_sub(width(&corner) + 2);
    let mut spans: Vec<Span<'_>> = vec![Span::raw(" ")];
    for (keys, title) in live_keys(model, ctx) {
        let wide = width(&keys) + width(title) + 3;
        if wide > left {
            break;
        }
        left -= wide;
        spans.push(span(model, Role::Key, keys));
        spans.push(span(model, Role::Dim, format!(" {title}  ")));
    }
    put(buffer, area, 0, &Line::from(spans));
    right(model, buffer, area, &corner);
}

/// The actions that would do something now and that the footer has words for. Help stands last in the table
/// but is never squeezed out.
fn live_keys(model: &Model, ctx: Ctx) -> Vec<(String, &'static str)> {
    let all = ACTIONS.iter().flat_map(|group| group.iter());
    let mut keys: Vec<(u8, String, &'static str)> = all
        .filter(|a| a.contexts.contains(&ctx) && (a.when)(model))
        .filter_map(|a| {
            let first = match a.name {
                "help" | "back" => 0,
                "search" | "filter" | "stepi" | "stepi-back" | "step" | "step-back" => 1,
                _ => 2,
            };
            let here = matches!(
                (a.name, model.screen),
                ("vdso", Screen::Vdso) | ("cpu", Screen::Cpu) | ("stats", Screen::Stats)
            );
            let title = a.footer.filter(|_| !here)?;
            Some((first, readable(a.keys.first()?), title))
        })
        .collect();
    keys.sort_by_key(|(first, ..)| *first);
    keys.into_iter().map(|(_, keys, title)| (keys, title)).collect()
}

fn corner(model: &Model) -> String {
    let mut parts = Vec::new();
    let time = |c: char| {
        let event = model.data.event(*model.marks.get(&c)?)?;
        Some(event.clock.0)
    };
    if let (Some(a), Some(b)) = (time('a'), time('b')) {
        let delta = duration(model.data.nanos(a.abs_diff(b)), model.theme.ascii);
        let sign = if b < a { "-" } else { "" };
        parts.push(format!("{}ab {sign}{delta}", model.theme.glyph("Δ", "d")));
    }
    let shown = model.shown();
    let last = shown.count().saturating_sub(1);
    if shown.count() > 0 {
        let rank = shown.rank(model.cursor).min(last);
        let percent = if last == 0 { 100 } else { u128::from(rank) * 100 / u128::from(last) };
        parts.push(format!("{percent} % "));
    }
    parts.join("  ")
}

/// What may follow the keys typed so far, above the status line.
pub(crate) fn hint(model: &Model, buffer: &mut Buffer, area: Rect) {
    let ctx = context(model);
    let mut lines: Vec<Line<'_>> = model
        .keymap
        .continuations(ctx, &model.pending)
        .into_iter()
        .map(|(keys, action)| {
            let role = if (action.when)(model) { Role::Text } else { Role::Dim };
            Line::from(vec![span(model, Role::Key, format!(" {keys:<4} ")), span(model, role, action.title)])
        })
        .collect();
    if model.pending.first().and_then(|k| k.typed()) == Some('\'') {
        for (letter, at) in &model.marks {
            let text = format!("E{}", grouped(at.0));
            let key = span(model, Role::Key, format!(" {letter:<4} "));
            lines.push(Line::from(vec![key, span(model, Role::Number, text)]));
        }
    }
    let rows = coord(lines.len()).saturating_add(2).min(area.height);
    let wide = lines.iter().map(Line::width).max().unwrap_or(0);
    let wide = coord(wide + 3).min(area.width);
    let popup = Rect { x: area.right() - wide, y: area.bottom() - rows, width: wide, height: rows };
    Clear.render(popup, buffer);
    let keys: Vec<String> = model.pending.iter().map(ToString::to_string).collect();
    let inner = super::pane::open(model, buffer, popup, &keys.join(" "), true);
    super::pane::put_all(model, buffer, inner, &lines);
}

/// Whether the replay is on its way somewhere.
pub(crate) fn seeking(model: &Model) -> bool {
    model.cpu.wanted.is_some_and(|w| w != go::WAITING) || model.progress.contains_key(&Lane::Replay)
}
