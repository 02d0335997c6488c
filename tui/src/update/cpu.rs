//! The CPU screen: stepping and scrolling.

use crate::actions::Call;
use crate::cpu::{Motion, Snapshot};
use crate::jobs::Target;
use crate::model::{CpuPane, Effect, Model};
use crate::update::go::WAITING;
use traces::InsnCount;
use traces::replay::Position;

/// To the next or previous event of this thread, and on to the state there.
pub(crate) fn step_event(model: &mut Model, call: &Call<'_>, forward: bool) -> Vec<Effect> {
    let Some(event) = model.data.event(model.cursor) else { return model.warn("this event cannot be read") };
    // Between two events "back" is the one just before, which is where the cursor stands.
    let inside = model
        .cpu
        .now
        .as_ref()
        .is_some_and(|s| s.position().event == model.cursor && s.position().after.is_some());
    if !forward && inside && call.count.is_none() && model.cpu.wanted.is_none() {
        return model.seek(Position::before(model.cursor));
    }
    let effects = model.hop(Target::Thread(event.tid), forward, call.times(), "event of this thread");
    model.cpu.wanted = Some(WAITING);
    effects
}

fn signed(times: u64, sign: i64) -> i64 {
    i64::try_from(times).unwrap_or(i64::MAX).saturating_mul(sign)
}

/// By instructions.
pub(crate) fn step_insn(model: &mut Model, call: &Call<'_>, sign: i64) -> Vec<Effect> {
    model.cpu.scroll = 0;
    model.replay(Motion::Step(signed(call.times(), sign)))
}

/// By instructions, over calls.
pub(crate) fn step_over(model: &mut Model, call: &Call<'_>, sign: i64) -> Vec<Effect> {
    model.cpu.scroll = 0;
    model.replay(Motion::Over(signed(call.times(), sign)))
}

/// Between the two sides of the event under the cursor.
pub(crate) fn toggle_after(model: &mut Model) -> Vec<Effect> {
    let here = model.cpu.wanted.or(model.cpu.now.as_ref().map(|s| s.position()));
    let after = here.is_some_and(|p| p.event == model.cursor && p.after == Some(InsnCount(0)));
    let to = if after { Position::before(model.cursor) } else { Position::after(model.cursor) };
    model.seek(to)
}

/// The replay has moved or read.
pub(crate) fn arrived(model: &mut Model, mut snapshot: Box<Snapshot>) -> Vec<Effect> {
    model.cpu.failure = None;
    let moved = model.cpu.now.as_ref().is_none_or(|now| now.stop != snapshot.stop);
    if !moved && snapshot.asked.is_none() {
        snapshot.asked = model.cpu.now.as_ref().and_then(|now| now.asked);
    }
    let at = snapshot.position().event;
    let newest = snapshot.ticket == model.cpu.ticket;
    if moved {
        model.cpu.before = model.cpu.now.take();
    }
    model.cpu.now = Some(snapshot);
    if newest && model.cpu.wanted != Some(WAITING) {
        model.cpu.wanted = None;
        // Steps by instruction cross events; the list goes along.
        if moved && at != model.cursor && at.0 < model.len() {
            let shown = model.shown().rank(at);
            let (top, _) = model.window();
            model.put_cursor(at);
            model.row = shown.saturating_sub(top).min(model.list_rows() - 1);
        }
    }
    Vec::new()
}

/// The next pane (1) or the one before (2).
pub(crate) fn next_pane(model: &mut Model, by: usize) -> Vec<Effect> {
    const PANES: [CpuPane; 3] = [CpuPane::Registers, CpuPane::Code, CpuPane::Memory];
    let now = PANES.iter().position(|&p| p == model.cpu.pane).unwrap_or(0);
    model.cpu.pane = PANES[(now + by) % PANES.len()];
    Vec::new()
}

/// Scrolls the pane that has the focus by rows.
pub(crate) fn scroll(model: &mut Model, call: &Call<'_>, rows: i64) -> Vec<Effect> {
    let rows = signed(call.times(), rows).clamp(-1_000_000, 1_000_000);
    match model.cpu.pane {
        CpuPane::Registers => {
            let top = i64::from(model.cpu.registers_top).saturating_add(rows).clamp(0, 68);
            model.cpu.registers_top = u16::try_from(top).unwrap_or(0);
            return Vec::new();
        }
        CpuPane::Code => model.cpu.scroll = model.cpu.scroll.saturating_add(rows),
        CpuPane::Memory => model.cpu.memory = model.cpu.memory.moved(rows * 16),
    }
    if model.data.no_replay.is_some() { Vec::new() } else { model.replay(Motion::Stay) }
}

/// Back to PC.
pub(crate) fn to_pc(model: &mut Model) -> Vec<Effect> {
    model.cpu.scroll = 0;
    model.cpu.registers_top = 0;
    if model.data.no_replay.is_some() { Vec::new() } else { model.replay(Motion::Stay) }
}
