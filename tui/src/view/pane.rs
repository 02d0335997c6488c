//! Pieces that all screens share: bordered panes, clipped text, lines of spans.

use crate::fmt::coord;
use crate::model::Model;
use crate::theme::Role;
use crate::view::layout;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

/// Width of a text on the screen.
pub(crate) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// A text cut to a width, with `…` where something is missing.
pub(crate) fn clip(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let Some(room) = max.checked_sub(1) else { return String::new() };
    let (mut out, mut used) = (String::new(), 0);
    for c in text.chars() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        if used + wide > room {
            break;
        }
        used += wide;
        out.push(c);
    }
    out.push('…');
    out
}

/// Draws the frame of a pane and returns what is inside.
pub(crate) fn open(model: &Model, buffer: &mut Buffer, area: Rect, title: &str, focus: bool) -> Rect {
    let size = (buffer.area.width, buffer.area.height);
    if !layout::bordered(size) || area.is_empty() {
        return area;
    }
    let (border, text) = if focus { (Role::Focus, Role::Focus) } else { (Role::Border, Role::Title) };
    let title = clip(title, usize::from(area.width.saturating_sub(4)));
    Block::bordered()
        .border_set(model.theme.border())
        .border_style(model.theme.style(border))
        .title(Line::styled(format!(" {title} "), model.theme.style(text)))
        .render(area, buffer);
    layout::inner(size, area)
}

/// Writes a line at a row of an area; what does not fit is cut.
pub(crate) fn put(buffer: &mut Buffer, area: Rect, row: usize, line: &Line<'_>) {
    if row >= usize::from(area.height) {
        return;
    }
    buffer.set_line(area.x, area.y + coord(row), line, area.width);
}

/// Writes lines from the top; if there are more than rows, the last row says how many.
pub(crate) fn put_all(model: &Model, buffer: &mut Buffer, area: Rect, lines: &[Line<'_>]) {
    let rows = usize::from(area.height);
    if rows == 0 {
        return;
    }
    let fits = lines.len() <= rows;
    let shown = if fits { lines.len() } else { rows - 1 };
    for (row, line) in lines.iter().take(shown).enumerate() {
        put(buffer, area, row, line);
    }
    if !fits {
        let rest = format!("… {} more", lines.len() - shown);
        put(buffer, area, shown, &Line::styled(rest, model.theme.style(Role::Dim)));
    }
}

/// Text broken into lines of a width at most, at spaces where there are any.
pub(crate) fn wrap(text: &str, max: usize) -> Vec<String> {
    let max = max.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_inclusive([' ', ',']) {
        if !line.is_empty() && width(&line) + width(word.trim_end()) > max {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            let wide = width(c.encode_utf8(&mut [0; 4]));
            if width(&line) + wide > max && !line.is_empty() {
                if c == ' ' {
                    continue;
                }
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A sentence in the middle of nothing.
pub(crate) fn sentence(model: &Model, buffer: &mut Buffer, area: Rect, text: &str) {
    let lines: Vec<Line<'_>> = wrap(text, usize::from(area.width.saturating_sub(2)))
        .into_iter()
        .map(|l| Line::styled(format!(" {l}"), model.theme.style(Role::Text)))
        .collect();
    put_all(model, buffer, area, &lines);
}

/// A span with the style of a role.
pub(crate) fn span<'a>(model: &Model, role: Role, text: impl Into<std::borrow::Cow<'a, str>>) -> Span<'a> {
    Span::styled(text, model.theme.style(role))
}

/// Adds a style to a whole row.
pub(crate) fn paint(buffer: &mut Buffer, area: Rect, row: usize, style: Style) {
    if row < usize::from(area.height) {
        buffer.set_style(Rect { y: area.y + coord(row), height: 1, ..area }, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_and_wrapped_by_width() {
        assert_eq!(clip("abcdef", 6), "abcdef");
        assert_eq!(clip("abcdefg", 6), "abcde…");
        assert_eq!(clip("日本語", 5), "日本…");
        assert_eq!(clip("abc", 0), "");
        assert_eq!(wrap("one two three", 8), ["one two ", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
    }
}
