//! The event under the cursor: its fields, and beside them what it changed and the bytes it carries.

use super::events::words;
use super::pane::{open, put_all, sentence, span, width, wrap};
use crate::aggregate::{function_name, outcome_name, reason_name};
use crate::fmt::{clean, duration, grouped, hex_bytes, signed_duration};
use crate::model::Model;
use crate::source::svc;
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use std::sync::Arc;
use traces::event::{Effect, Input, Reseed, SvcFlags, VdsoExit};
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
    if let Some(vdso) = svc(event).and_then(|s| s.vdso.as_deref()) {
        vdso_lines(model, vdso, &mut lines);
    }
    if let Body::Reseed(reseed) = &event.body {
        reseed_lines(model, reseed, &mut lines);
    }
    let source = Arc::clone(&model.data.source);
    for field in model.data.describe.fields(event, &|id| source.blob(id)) {
        let raw = field.raw.map(|r| format!("0x{r:x}")).unwrap_or_default();
        let value = clean(&field.text);
        let value = if raw.is_empty() || value == raw { value } else { format!("{value}  ({raw})") };
        pair(model, &mut lines, &clean(&field.name), &value, room);
    }
    if let Some(svc) = svc(event) {
        pair(model, &mut lines, "pc", &format!("0x{:x}", svc.pc.0), room);
        if !matches!(event.body, Body::SvcEnter(_)) {
            let took = duration(model.data.nanos(svc.dur.0), model.theme.ascii);
            pair(model, &mut lines, "took", &format!("{took}, {} cycles", grouped(svc.dur.0)), room);
        }
        let remarks = [
            (SvcFlags::UNIMPLEMENTED, "not implemented here: answered ENOSYS"),
            (SvcFlags::REFUSED, "refused by policy"),
            (SvcFlags::RESTARTED, "interrupted, will be restarted"),
        ];
        for (bit, text) in remarks {
            if svc.flags.0 & bit != 0 {
                lines.push(Line::from(span(model, Role::Warning, text)));
            }
        }
    }
    pair(model, &mut lines, "clock", &format!("{} cycles", grouped(event.clock.0)), room);
    pair(model, &mut lines, "insn", &format!("@{}", grouped(event.icount.0)), room);
    lines
}

fn pair(model: &Model, lines: &mut Vec<Line<'static>>, name: &str, value: &str, room: usize) {
    let label = format!("{name:<9} ");
    let indent = width(&label);
    for (i, part) in wrap(value, room.saturating_sub(indent).max(8)).into_iter().take(6).enumerate() {
        let label = if i == 0 { label.clone() } else { " ".repeat(indent) };
        lines.push(Line::from(vec![span(model, Role::Dim, label), span(model, Role::Text, part)]));
    }
}

fn vdso_lines(model: &Model, exit: &VdsoExit, lines: &mut Vec<Line<'static>>) {
    let how = if exit.exact { "seen" } else { "inferred" };
    let text = format!("from vDSO, why: {} ({how})", reason_name(exit.reason));
    lines.push(Line::from(span(model, Role::Fallback, text)));
    if let Some(branch) = exit.branch {
        let text = format!("branch at {}, page +0x{branch:x}", function_name(exit.function));
        lines.push(Line::from(span(model, Role::Text, text)));
    }
}

fn reseed_lines(model: &Model, reseed: &Reseed, lines: &mut Vec<Line<'static>>) {
    let text = format!(
        "{}: generation {} {} {}",
        outcome_name(reseed.outcome),
        reseed.old.seq / 2,
        model.theme.glyph("→", "->"),
        reseed.new.seq / 2
    );
    lines.push(Line::from(span(model, Role::Anchor, text)));
    let held = |held: bool| if held { "yes" } else { "no" };
    let age = reseed.age_cycles.map_or("none before".to_owned(), |c| format!("{} cycles", grouped(c)));
    let drift = match reseed.drift_ns {
        Some(ns) => signed_duration(ns, model.theme.ascii),
        None => "none before".to_owned(),
    };
    for (name, holds, value) in [
        ("unseeded", reseed.unseeded, String::new()),
        ("age", reseed.age, age),
        ("drift", reseed.drift, drift),
    ] {
        let text = format!("{name:<9} {:<4} {value}", held(holds));
        let role = if holds { Role::Warning } else { Role::Text };
        lines.push(Line::from(span(model, role, text)));
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
        Body::Sync { .. }
        | Body::Switch { .. }
        | Body::Hits(_)
        | Body::Checkpoint(_)
        | Body::ThreadExit { .. }
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
