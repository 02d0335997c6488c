//! The CPU screen: registers, disassembly and memory where the replay stands. While it is on its way the old
//! state stays, dimmed.

use super::frame::seeking;
use super::pane::{clip, open, paint, put, sentence, span};
use crate::cpu::{Snapshot, branch};
use crate::fmt::{clean, grouped, hex_bytes};
use crate::jobs::Lane;
use crate::model::{CpuPane, Model};
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use traces::event::RegImage;

/// Draws the screen.
pub(crate) fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let Some(now) = &model.cpu.now else {
        let inner = open(model, buffer, area, "CPU", false);
        return sentence(model, buffer, inner, &why_nothing(model));
    };
    let [registers, code, memory] = panes(model, area);
    let banner = banner(model);
    draw_registers(model, now, buffer, registers);
    draw_code(model, now, banner.as_deref(), buffer, code);
    draw_memory(model, now, buffer, memory);
    if seeking(model) || model.cpu.failure.is_some() {
        buffer.set_style(area, model.theme.style(Role::Dim));
    }
}

fn why_nothing(model: &Model) -> String {
    if let Some(why) = &model.data.no_replay {
        return format!("No CPU state, because there is no replay: {why} g1 shows the events.");
    }
    if let Some((message, _)) = &model.cpu.failure {
        return format!("The replay failed: {message}");
    }
    match model.progress.get(&Lane::Replay) {
        Some(share) => format!("Seeking E{}, {} %; Ctrl-c stops.", grouped(model.cursor.0), share / 10),
        None => "No state yet; ! goes to the event under the cursor.".to_owned(),
    }
}

fn banner(model: &Model) -> Option<String> {
    if let Some((message, diverged)) = &model.cpu.failure {
        let what = if *diverged { "diverged" } else { "failed" };
        return Some(format!("replay {what}: {}", clean(message)));
    }
    let share = model.progress.get(&Lane::Replay)?;
    Some(format!("seeking {} %", share / 10))
}

/// Registers beside code above memory; one pane alone where it is narrow.
fn panes(model: &Model, area: Rect) -> [Rect; 3] {
    let none = Rect::default();
    if area.width < 80 {
        return match model.cpu.pane {
            CpuPane::Registers => [area, none, none],
            CpuPane::Code => [none, area, none],
            CpuPane::Memory => [none, none, area],
        };
    }
    let left = (area.width * 2 / 5).clamp(34, 56);
    let low = (area.height / 3).max(4).min(area.height.saturating_sub(4));
    let right = Rect { x: area.x + left, width: area.width - left, ..area };
    let code = Rect { height: area.height - low, ..right };
    [Rect { width: left, ..area }, code, Rect { y: code.bottom(), height: low, ..right }]
}

fn flags(nzcv: u32) -> String {
    [(31, 'N'), (30, 'Z'), (29, 'C'), (28, 'V')]
        .iter()
        .map(|&(bit, c)| if nzcv >> bit & 1 == 1 { c } else { c.to_ascii_lowercase() })
        .collect()
}

/// A register on the screen.
struct Register {
    name: String,
    value: String,
    changed: bool,
    /// Index of what it points to among the notes of the snapshot.
    note: Option<usize>,
}

/// Registers in the order of the screen.
fn registers(now: &RegImage, before: &RegImage) -> Vec<Register> {
    let word = |name: String, value: u64, old: u64, note| Register {
        name,
        value: format!("{value:016x}"),
        changed: value != old,
        note,
    };
    let mut all = vec![
        word("pc".to_owned(), now.pc, before.pc, Some(32)),
        word("sp".to_owned(), now.sp, before.sp, Some(31)),
    ];
    for (i, (value, old)) in now.x.iter().zip(&before.x).enumerate() {
        all.push(word(format!("x{i}"), *value, *old, Some(i)));
    }
    all.push(word("tpidr".to_owned(), now.tpidr, before.tpidr, None));
    all.push(word("fpcr".to_owned(), u64::from(now.fpcr), u64::from(before.fpcr), None));
    all.push(word("fpsr".to_owned(), u64::from(now.fpsr), u64::from(before.fpsr), None));
    for (i, (value, old)) in now.v.iter().zip(&before.v).enumerate() {
        let (name, value, changed) = (format!("v{i}"), format!("{value:032x}"), value != old);
        all.push(Register { name, value, changed, note: None });
    }
    all
}

fn draw_registers(model: &Model, now: &Snapshot, buffer: &mut Buffer, area: Rect) {
    if area.is_empty() {
        return;
    }
    let title = format!("Registers {} tid {}", now.position(), now.stop.tid.0);
    let inner = open(model, buffer, area, &title, model.cpu.pane == CpuPane::Registers);
    let before = model.cpu.before.as_ref().map_or(&now.regs, |b| &b.regs);
    let flag_role = if now.regs.nzcv == before.nzcv { Role::Text } else { Role::Changed };
    let head = Line::from(vec![
        span(model, flag_role, flags(now.regs.nzcv)),
        span(model, Role::Dim, format!("  @{}  cnt {}", grouped(now.stop.icount.0), grouped(now.cntvct))),
    ]);
    put(buffer, inner, 0, &head);
    let all = registers(&now.regs, before);
    let rows = usize::from(inner.height.saturating_sub(1));
    let top = usize::from(model.cpu.registers_top).min(all.len().saturating_sub(rows));
    for (row, register) in all.iter().skip(top).take(rows).enumerate() {
        let role = if register.changed { Role::Changed } else { Role::Text };
        let note = register.note.and_then(|i| now.notes.get(i)).map(|n| clean(n)).unwrap_or_default();
        let line = Line::from(vec![
            span(model, Role::Key, format!("{:>5} ", register.name)),
            span(model, role, register.value.clone()),
            span(model, Role::Dim, format!("  {note}")),
        ]);
        put(buffer, inner, row + 1, &line);
    }
}

fn draw_code(model: &Model, now: &Snapshot, banner: Option<&str>, buffer: &mut Buffer, area: Rect) {
    if area.is_empty() {
        return;
    }
    let end = if now.stop.at_end { ", end of the run" } else { "" };
    let title = match banner {
        Some(banner) => banner.to_owned(),
        None => format!("Code{end}"),
    };
    let inner = open(model, buffer, area, &title, model.cpu.pane == CpuPane::Code);
    let rows = usize::from(inner.height);
    let pc = now.regs.pc;
    // A third of the pane is what was just executed, the rest what comes.
    let centre = pc.wrapping_add_signed(model.cpu.scroll.wrapping_mul(4));
    let first = centre.saturating_sub(rows as u64 / 3 * 4);
    let skip = now.code.iter().position(|line| line.at.0 >= first).unwrap_or(0);
    let here = now.code.iter().find(|l| l.at.0 == pc);
    let jump = here.and_then(|l| branch(l.word?, pc, &now.regs));
    let mut last_symbol = String::new();
    for (row, line) in now.code.iter().skip(skip).take(rows).enumerate() {
        let current = line.at.0 == pc;
        let arrow = match jump {
            _ if current => model.theme.glyph("▶ ", "> "),
            Some(b) if b.taken && b.target == line.at.0 => model.theme.glyph("→ ", "->"),
            _ => "  ",
        };
        let word = line.word.map_or("????????".to_owned(), |w| format!("{w:08x}"));
        let symbol = line.symbol.as_deref().unwrap_or_default();
        // The name once, then only the offset, so that the eye finds where a function begins.
        let name = symbol.split('+').next().unwrap_or_default();
        let place = if name == last_symbol && !name.is_empty() { &symbol[name.len()..] } else { symbol };
        name.clone_into(&mut last_symbol);
        let place = clip(&clean(place), 24);
        let mut spans = vec![
            span(model, Role::Key, arrow),
            span(model, Role::Dim, format!("{:>8x}  ", line.at.0)),
            span(model, Role::Number, format!("{place:<24} ")),
        ];
        if inner.width >= 90 {
            spans.push(span(model, Role::Dim, format!("{word}  ")));
        }
        spans.push(span(model, if current { Role::Title } else { Role::Text }, clean(&line.text)));
        if let Some(b) = jump.filter(|_| current) {
            let text =
                if b.taken { format!("   taken, to {:x}", b.target) } else { "   not taken".to_owned() };
            spans.push(span(model, if b.taken { Role::Anchor } else { Role::Dim }, text));
        }
        put(buffer, inner, row, &Line::from(spans));
        if current {
            paint(buffer, inner, row, model.theme.style(Role::Cursor));
        }
    }
}

fn draw_memory(model: &Model, now: &Snapshot, buffer: &mut Buffer, area: Rect) {
    if area.is_empty() {
        return;
    }
    let title = format!("Memory {}", model.cpu.memory);
    let inner = open(model, buffer, area, &title, model.cpu.pane == CpuPane::Memory);
    let before = model.cpu.before.as_ref().filter(|b| b.memory_at == now.memory_at);
    let wide = if inner.width >= 80 { 16 } else { 8 };
    for (row, bytes) in now.memory.chunks(wide).take(usize::from(inner.height)).enumerate() {
        let first = row * wide;
        let at = now.memory_at.wrapping_add(first as u64);
        let old = before.and_then(|b| b.memory.get(first..first + bytes.len()));
        let (hex, text) = hex_bytes(bytes);
        let mut spans = vec![span(model, Role::Dim, format!("{at:>12x}  "))];
        // Three characters a byte: a change is shown on its own two digits.
        for (i, part) in hex.as_bytes().chunks(3).enumerate() {
            let changed = old.is_some_and(|o| o.get(i) != bytes.get(i));
            let part = String::from_utf8_lossy(part).into_owned();
            let (digits, gap) = part.split_at(part.len().min(2));
            let role = if changed { Role::Changed } else { Role::Text };
            spans.push(span(model, role, digits.to_owned()));
            spans.push(span(model, Role::Dim, gap.to_owned()));
        }
        spans.push(span(model, Role::Number, format!("  {text}")));
        put(buffer, inner, row, &Line::from(spans));
    }
}
