//! Drawing: the model onto a frame, without changing either the model or the world.
//!
//! Each screen asks the source only for the events that it shows.

mod cpu;
mod detail;
mod events;
mod frame;
pub(crate) mod help;
pub(crate) mod layout;
mod pane;
mod processes;
pub(crate) mod stats;
mod vdso;

use crate::model::{Model, Screen};
use crate::theme::Role;
use ratatui::Frame;
use ratatui::buffer::Buffer;

/// Draws everything.
pub(crate) fn draw(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let size = (area.width, area.height);
    if !layout::usable(size) {
        too_small(model, frame);
    } else {
        let areas = layout::areas(size);
        frame::header(model, frame.buffer_mut(), areas.header);
        match model.screen {
            Screen::Events => {
                events::draw(model, frame.buffer_mut(), areas.list);
                detail::fields(model, frame.buffer_mut(), areas.detail);
                detail::raw(model, frame.buffer_mut(), areas.raw);
            }
            Screen::Vdso => vdso::draw(model, frame.buffer_mut(), areas.body),
            Screen::Cpu => cpu::draw(model, frame.buffer_mut(), areas.body),
            Screen::Stats => stats::draw(model, frame.buffer_mut(), areas.body),
        }
        processes::draw(model, frame.buffer_mut(), areas.body);
        if model.help.is_some() {
            help::draw(model, frame.buffer_mut(), areas.body);
        }
        if model.hint {
            frame::hint(model, frame.buffer_mut(), areas.body);
        }
        let caret = frame::status(model, frame.buffer_mut(), areas.status);
        frame::footer(model, frame.buffer_mut(), areas.footer);
        if let Some(at) = caret {
            frame.set_cursor_position(at);
        }
    }
    if model.theme.ascii {
        to_ascii(frame.buffer_mut());
    }
}

/// How many cells a symbol takes.
pub(crate) fn symbol_width(symbol: &str) -> usize {
    pane::width(symbol)
}

fn too_small(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    let (width, height) = layout::MIN;
    let text = format!("needs {width}x{height}; q quits");
    let style = model.theme.style(Role::Warning);
    frame.buffer_mut().set_stringn(0, 0, text, usize::from(area.width), style);
}

/// Nothing beyond ASCII leaves for a terminal that cannot show it, whatever a trace contains.
fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let twin = match cell.symbol() {
                "…" => "~",
                "µ" => "u",
                "·" | "│" => "|",
                "→" => ">",
                _ => "?",
            };
            cell.set_symbol(twin);
        }
    }
}
