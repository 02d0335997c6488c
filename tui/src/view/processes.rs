//! The picker of processes: a tree over the body.

use super::pane::{clip, open, paint, put, span};
use crate::fmt::{clean, grouped};
use crate::model::Model;
use crate::processes::ProcessRow;
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

/// Deeper ones are not indented further.
const DEEPEST: usize = 12;

/// Draws the picker, if it is open.
pub(crate) fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let (Some(selected), Some(processes)) = (model.picker, &model.data.processes) else { return };
    Clear.render(area, buffer);
    let title = format!("{} processes", grouped(processes.rows.len() as u64));
    let inner = open(model, buffer, area, &title, true);
    let rows = usize::from(inner.height);
    let top = (selected + 1).saturating_sub(rows);
    for (row, (at, process)) in processes.rows.iter().enumerate().skip(top).take(rows).enumerate() {
        put(buffer, inner, row, &line(model, process, usize::from(inner.width)));
        if at == selected {
            paint(buffer, inner, row, model.theme.style(Role::Cursor));
        }
    }
}

/// Here or not, pid, stream, program; how many events and how it ended stand to the right.
fn line(model: &Model, process: &ProcessRow, wide: usize) -> Line<'static> {
    let here = if process.stream == model.data.stream { model.theme.glyph("▶", ">") } else { " " };
    let pid = process.pid.map_or("?".to_owned(), |pid| pid.to_string());
    let tail = format!("{:>9}  {:<16}", grouped(process.events), clean(&process.status));
    let head = format!(
        "{here}{pid:>6} {:<5}{}",
        format!("s{}", process.stream),
        "  ".repeat(process.depth.min(DEEPEST))
    );
    let room = wide.saturating_sub(head.chars().count() + tail.chars().count() + 1);
    let program = clip(&clean(&process.program), room);
    let gap = " ".repeat(room.saturating_sub(super::pane::width(&program)) + 1);
    let role = if process.failed { Role::Error } else { Role::Dim };
    Line::from(vec![
        span(model, Role::Number, head),
        span(model, Role::Text, program),
        span(model, role, format!("{gap}{tail}")),
    ])
}
