//! The statistics screen: sums per syscall over the whole trace.

use super::pane::{open, paint, put, sentence, span};
use crate::aggregate::Call;
use crate::fmt::{cells, duration, grouped, percent};
use crate::jobs::Lane;
use crate::model::Model;
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// The rows in the order of the screen: most time first.
pub(crate) fn order(model: &Model) -> Vec<(u32, &Call)> {
    let mut rows: Vec<(u32, &Call)> = model.sums.calls.iter().map(|(nr, call)| (*nr, call)).collect();
    rows.sort_by_key(|(nr, call)| (std::cmp::Reverse((call.total, call.calls)), *nr));
    rows
}

/// Draws the screen.
pub(crate) fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let state = match model.progress.get(&Lane::Sums) {
        Some(share) => format!("Stats, {} % read", share / 10),
        None => format!("Stats of {} events", grouped(model.sums.seen)),
    };
    let inner = open(model, buffer, area, &state, false);
    let rows = order(model);
    if rows.is_empty() {
        return sentence(model, buffer, inner, "No system call was counted. g1 shows the events.");
    }
    let shares = shares(inner.width);
    let mut head = format!(
        " {:<18}{:>12}{:>10}{:>11}{:>7}{:>10}{:>10}",
        "call", "calls", "errors", "total", "", "avg", "max"
    );
    for share in shares {
        head.push_str(&format!("{:>10}", format!("p{}", share / 10)));
    }
    if !shares.is_empty() {
        head.push_str("  durations, log2");
    }
    put(buffer, inner, 0, &Line::from(span(model, Role::Title, head)));
    let all: u64 = rows.iter().fold(0, |sum, (_, c)| sum.saturating_add(c.total));
    let height = usize::from(inner.height.saturating_sub(1));
    let selected = usize::from(model.stats_top).min(rows.len() - 1);
    let top = (selected + 1).saturating_sub(height);
    for (row, (nr, call)) in rows.iter().enumerate().skip(top).take(height) {
        let at = row - top + 1;
        put(buffer, inner, at, &line(model, *nr, call, all, shares));
        if row == selected {
            paint(buffer, inner, at, model.theme.style(Role::Cursor));
        }
    }
}

/// Which quantiles, in thousandths, there is room for, with the histogram after them.
fn shares(width: u16) -> &'static [u64] {
    match width {
        0..117 => &[],
        117..127 => &[500, 990],
        _ => &[500, 900, 990],
    }
}

fn line(model: &Model, nr: u32, call: &Call, all: u64, shares: &[u64]) -> Line<'static> {
    let time = |cycles: u64| duration(model.data.nanos(cycles), model.theme.ascii);
    let name = model.data.describe.syscall_name(nr).map_or_else(|| format!("nr {nr}"), str::to_owned);
    let avg = call.total / call.calls.max(1);
    let role = if call.errors > 0 { Role::Error } else { Role::Dim };
    let mut spans = vec![
        span(model, Role::Text, format!(" {name:<18}{:>12}", grouped(call.calls))),
        span(model, role, format!("{:>10}", grouped(call.errors))),
        span(model, Role::Text, format!("{:>11}{:>7}", time(call.total), percent(call.total, all))),
        span(model, Role::Text, format!("{:>10}{:>10}", time(avg), time(call.max))),
    ];
    for share in shares {
        spans.push(span(model, Role::Text, format!("{:>10}", time(call.quantile(*share)))));
    }
    if !shares.is_empty() {
        spans.push(span(model, Role::Number, format!("  {}", bars(model, call))));
    }
    Line::from(spans)
}

/// Durations from 2^0 to 2^31 cycles, two powers a cell; never hides a single call.
fn bars(model: &Model, call: &Call) -> String {
    const LEVELS: [(&str, &str); 9] = [
        (" ", " "),
        ("▁", "."),
        ("▂", ":"),
        ("▃", "-"),
        ("▄", "="),
        ("▅", "+"),
        ("▆", "*"),
        ("▇", "%"),
        ("█", "#"),
    ];
    let sums: Vec<u64> = (0..16)
        .map(|i| {
            let end = if i == 15 { 65 } else { i * 2 + 2 };
            call.histogram.get(i * 2..end).unwrap_or_default().iter().sum()
        })
        .collect();
    let top = sums.iter().copied().max().unwrap_or(0);
    sums.iter()
        .map(|n| {
            let (unicode, ascii) = LEVELS[cells(*n, top, 8)];
            model.theme.glyph(unicode, ascii)
        })
        .collect()
}
