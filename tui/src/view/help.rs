//! The help: the table of actions, written out.

use super::pane::{open, put, span};
use crate::actions::ACTIONS;
use crate::fmt::coord;
use crate::keymap::readable;
use crate::model::Model;
use crate::theme::Role;
use crate::view::layout;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

/// A line of the help: a heading, or keys, title and name of an action.
enum Entry {
    Blank,
    Heading(&'static str),
    Action(String, &'static str, &'static str),
}

fn entries() -> Vec<Entry> {
    let mut all = Vec::new();
    for group in ACTIONS {
        let Some(first) = group.first() else { continue };
        if !all.is_empty() {
            all.push(Entry::Blank);
        }
        all.push(Entry::Heading(first.group));
        for action in *group {
            let keys: Vec<String> = action.keys.iter().map(|k| readable(k)).collect();
            all.push(Entry::Action(keys.join(" "), action.title, action.name));
        }
    }
    all
}

/// The help as plain lines: keys, what they do, and the name after `:`; a heading before each group.
#[must_use]
pub fn key_table() -> String {
    let mut out = String::new();
    for entry in entries() {
        match entry {
            Entry::Blank => {}
            Entry::Heading(title) => out.push_str(title),
            Entry::Action(keys, title, name) => out.push_str(&format!("  {keys:<20} {title}  :{name}")),
        }
        out.push('\n');
    }
    out
}

/// The last line that the help can begin with.
pub(crate) fn last_top(model: &Model) -> usize {
    let rows = layout::inner(model.size, layout::areas(model.size).body).height;
    entries().len().saturating_sub(usize::from(rows))
}

/// Draws the help over the body.
pub(crate) fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    Clear.render(area, buffer);
    let inner = open(model, buffer, area, "Keys; {n} before a key repeats it or is its number", true);
    let entries = entries();
    let rows = usize::from(inner.height);
    let top = usize::from(model.help.unwrap_or(0)).min(entries.len().saturating_sub(rows));
    for (row, entry) in entries.iter().skip(top).take(rows).enumerate() {
        let line = match entry {
            Entry::Blank => Line::default(),
            Entry::Heading(title) => Line::from(span(model, Role::Focus, format!(" {title}"))),
            Entry::Action(keys, title, name) => {
                let mut spans = vec![
                    span(model, Role::Key, format!("   {keys:<18} ")),
                    span(model, Role::Text, (*title).to_owned()),
                ];
                let used: usize = spans.iter().map(ratatui::text::Span::width).sum();
                let name = format!(":{name} ");
                let gap = usize::from(inner.width).saturating_sub(used + name.len());
                if gap > 2 {
                    spans.push(span(model, Role::Dim, format!("{}{name}", " ".repeat(gap))));
                }
                Line::from(spans)
            }
        };
        put(buffer, Rect { height: coord(rows), ..inner }, row, &line);
    }
}
