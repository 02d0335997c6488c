//! The event under the cursor: its fields, and beside them what it changed and the bytes it carries.

use super::events::words;
use super::pane::{open, put_all, sentence, span, width, wrap};
use crate::fmt::{clean, grouped, hex_bytes};
use crate::model::Model;
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use std::sync::Arc;
use traces::describe::Field;
use traces::event::{Effect, Input};
use traces::{Body, Event};

/// Draws the fields.
pub(crate) fn fields(model: &Model, buffer: &mut Buffer, area: Rect) {
    if area.is_empty() {
        return;
    }
    let title = format!("Event E{}", grouped(model.cursor.0));
    let inner = open(model, buffer, area, &title, false);
    if model.len() == 0 {
        return;
    }
    let event = match model.data.source.event(model.cursor) {
        Ok(event) => event,
        Err(error) => return sentence(model, buffer, inner, &clean(&error.to_string())),
    };
    let lines = lines(model, &event, usize::from(inner.width));
    put_all(model, buffer, inner, &lines);
}

fn lines(model: &Model, event: &Event, room: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let (text, result) = words(model, event);
    for part in wrap(&format!("{text}{result}"), room).into_iter().take(4) {
        lines.push(Line::from(span(model, Role::Title, part)));
    }
    let source = Arc::clone(&model.data.source);
    let mut fields = model.data.describe.fields(event, &|id| source.blob(id));
    // Why a call left the vDSO page is what one looks for first; the rest keeps its order.
    fields.sort_by_key(|field| !field.name.starts_with("vdso."));
    for Field { name, text, raw } in fields {
        let raw = raw.map(|r| format!("0x{r:x}")).unwrap_or_default();
        let value = clean(&text);
        let known = raw.is_empty() || value == raw || value.contains(&raw);
        let value = if known { value } else { format!("{value}  ({raw})") };
        let role = match name.as_str() {
            "vdso.why" => Role::Fallback,
            "outcome" | "cause" => Role::Anchor,
            "remark" => Role::Warning,
            _ => Role::Text,
        };
        pair(model, &mut lines, &clean(&name), (role, &value), room);
    }
    let clock = format!("{} cycles", grouped(event.clock.0));
    pair(model, &mut lines, "clock", (Role::Text, &clock), room);
    let insn = format!("@{}", grouped(event.icount.0));
    pair(model, &mut lines, "insn", (Role::Text, &insn), room);
    lines
}

fn pair(model: &Model, lines: &mut Vec<Line<'static>>, name: &str, (role, value): (Role, &str), room: usize) {
    let label = format!("{name:<11} ");
    let indent = width(&label);
    for (i, part) in wrap(value, room.saturating_sub(indent).max(8)).into_iter().take(6).enumerate() {
        let label = if i == 0 { label.clone() } else { " ".repeat(indent) };
        lines.push(Line::from(vec![span(model, Role::Dim, label), span(model, role, part)]));
    }
}

/// Draws effects and bytes.
pub(crate) fn raw(model: &Model, buffer: &mut Buffer, area: Rect) {
    if area.is_empty() {
        return;
    }
    let inner = open(model, buffer, area, "Effects and bytes", false);
    let Some(event) = model.data.event(model.cursor) else { return };
    let (inputs, effects, data) = match &event.body {
        Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) => {
            (svc.inputs.as_slice(), svc.effects.as_slice(), svc.data.as_slice())
        }
        Body::Reseed(reseed) => (&[][..], reseed.effects.as_slice(), reseed.data.as_slice()),
        Body::Signal(signal) => (&[][..], signal.effects.as_slice(), signal.data.as_slice()),
        Body::Start(start) => (&[][..], start.effects.as_slice(), start.data.as_slice()),
        Body::ForkStart(start) => (&[][..], start.effects.as_slice(), start.data.as_slice()),
        Body::Shared(shared) => (&[][..], shared.effects.as_slice(), shared.data.as_slice()),
        Body::Sync { .. }
        | Body::Switch { .. }
        | Body::Hits(_)
        | Body::Checkpoint(_)
        | Body::ThreadExit { .. }
        | Body::ThreadStart(_)
        | Body::Fork(_)
        | Body::End(_) => (&[][..], &[][..], &[][..]),
    };
    let rows = usize::from(inner.height) + 1;
    let mut lines = Vec::new();
    let mut at = 0usize;
    for Input { arg, len, full } in inputs {
        let text = format!("x{arg} pointed to {} of {} bytes", grouped(u64::from(*len)), grouped(*full));
        lines.push(Line::from(span(model, Role::Title, text)));
        dump(model, &mut lines, data, &mut at, *len, rows);
    }
    for effect in effects {
        if lines.len() > rows {
            break;
        }
        lines.push(Line::from(span(model, Role::Title, effect_text(effect))));
        if let Effect::Write { len, .. } = effect {
            dump(model, &mut lines, data, &mut at, *len, rows);
        }
    }
    if lines.is_empty() {
        lines.push(Line::from(span(model, Role::Dim, "It changed no memory and no register but X0.")));
    }
    put_all(model, buffer, inner, &lines);
}

fn effect_text(effect: &Effect) -> String {
    match effect {
        Effect::Write { at, len } => format!("wrote {len} bytes at {at}"),
        Effect::WriteBlob { at, blob } => format!("wrote blob {} at {at}", blob.0),
        Effect::Zero { at, len } => format!("zeroed {len} bytes at {at}"),
        Effect::Map { at, len, prot, .. } => format!("mapped {len} bytes at {at} {}", rights(*prot)),
        Effect::Unmap { at, len } => format!("unmapped {len} bytes at {at}"),
        Effect::Protect { at, len, prot } => format!("{len} bytes at {at} now {}", rights(*prot)),
        Effect::Move { from, to, len } => format!("moved {len} bytes {from} to {to}"),
        Effect::Regs(_) => "replaced all registers".to_owned(),
        Effect::ClearSpace => "emptied the address space".to_owned(),
        Effect::Alias { from, to, len } => format!("{len} bytes at {to} are those at {from}"),
        Effect::FileEnd { at, len, behind: true } => format!("{len} bytes at {at} now behind the file"),
        Effect::FileEnd { at, len, behind: false } => format!("{len} bytes at {at} now in the file"),
    }
}

fn rights(prot: u8) -> String {
    [(1, 'r'), (2, 'w'), (4, 'x')].iter().map(|&(bit, c)| if prot & bit != 0 { c } else { '-' }).collect()
}

/// The next `len` bytes of an event's data, in rows of eight; short data shows as what there is.
fn dump(model: &Model, lines: &mut Vec<Line<'static>>, data: &[u8], at: &mut usize, len: u32, rows: usize) {
    let end = at.saturating_add(usize::try_from(len).unwrap_or(usize::MAX)).min(data.len());
    let bytes = data.get(*at..end).unwrap_or_default();
    for (row, chunk) in bytes.chunks(8).enumerate() {
        if lines.len() > rows {
            break;
        }
        let bytes: Vec<Option<u8>> = chunk.iter().map(|b| Some(*b)).collect();
        let (hex, text) = hex_bytes(&bytes);
        lines.push(Line::from(vec![
            span(model, Role::Dim, format!("  {:04x}  ", row * 8)),
            span(model, Role::Text, format!("{hex:<23}  ")),
            span(model, Role::Number, text),
        ]));
    }
    *at = end;
}
