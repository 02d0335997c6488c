//! Screens, help, and the keys that end things.

use crate::actions::Call;
use crate::jobs::Lane;
use crate::model::{Effect, Model, Screen};
use crate::view::{help, stats};
use traces::EventIndex;

/// Shows a screen.
pub(crate) fn show(model: &mut Model, screen: Screen) -> Vec<Effect> {
    model.screen = screen;
    // The marker "still to be found" must not survive a change of mind.
    if model.cpu.wanted == Some(super::go::WAITING) && !model.progress.contains_key(&Lane::Hop) {
        model.cpu.wanted = None;
    }
    let mut effects = model.follow();
    if matches!(screen, Screen::Vdso | Screen::Stats) {
        effects.extend(model.add_up());
    }
    effects
}

/// Opens the help.
pub(crate) fn help(model: &mut Model) -> Vec<Effect> {
    model.help = Some(0);
    Vec::new()
}

/// Closes the help.
pub(crate) fn close_help(model: &mut Model) -> Vec<Effect> {
    model.help = None;
    Vec::new()
}

fn moved(top: u16, call: &Call<'_>, rows: i64, last: usize) -> u16 {
    let times = i64::try_from(call.times()).unwrap_or(i64::MAX);
    let last = i64::try_from(last).unwrap_or(i64::MAX);
    let to = i64::from(top).saturating_add(rows.saturating_mul(times)).clamp(0, last.max(0));
    u16::try_from(to).unwrap_or(u16::MAX)
}

/// Scrolls the help.
pub(crate) fn scroll_help(model: &mut Model, call: &Call<'_>, rows: i64) -> Vec<Effect> {
    let last = help::last_top(model);
    model.help = model.help.map(|top| moved(top, call, rows, last));
    Vec::new()
}

/// Moves the selected row of the statistics.
pub(crate) fn stats_row(model: &mut Model, call: &Call<'_>, rows: i64) -> Vec<Effect> {
    let last = stats::order(model).len().saturating_sub(1);
    model.stats_top = moved(model.stats_top, call, rows, last);
    Vec::new()
}

/// Goes to the longest call of the selected row of the statistics.
pub(crate) fn longest(model: &mut Model) -> Vec<Effect> {
    let row = usize::from(model.stats_top);
    let at: Option<EventIndex> = stats::order(model).get(row).map(|(_, call)| call.max_at);
    match at {
        Some(at) => {
            model.screen = Screen::Events;
            model.jump(at)
        }
        None => model.say("no call was counted yet"),
    }
}

/// Esc: stops a hop or drops a message.
pub(crate) fn escape(model: &mut Model) -> Vec<Effect> {
    model.count = None;
    if model.progress.contains_key(&Lane::Hop) {
        return stop(model, &[Lane::Hop]);
    }
    Vec::new()
}

fn stop(model: &mut Model, lanes: &[Lane]) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut replay = false;
    for lane in lanes {
        if model.progress.remove(lane).is_some() {
            effects.push(Effect::Cancel(*lane));
            replay |= *lane == Lane::Replay;
        }
    }
    if !effects.is_empty() {
        model.hop_ticket = 0;
        model.cpu.wanted = None;
        if replay {
            // It stays where it got to, and the screen is to show that place.
            effects.extend(model.replay(crate::cpu::Motion::Stay));
        }
        model.say("stopped");
    }
    effects
}

/// Ctrl-c: stops what runs; twice with nothing to stop quits.
pub(crate) fn interrupt(model: &mut Model) -> Vec<Effect> {
    if model.quit_armed {
        return vec![Effect::Quit];
    }
    let effects = stop(model, &Lane::ALL);
    if effects.is_empty() {
        model.quit_armed = true;
        model.say("nothing to stop; Ctrl-c again quits");
    }
    effects
}

/// One level up.
pub(crate) fn back(model: &mut Model) -> Vec<Effect> {
    if model.screen == Screen::Events {
        return vec![Effect::Quit];
    }
    show(model, Screen::Events)
}

/// Mouse on or off; off, the terminal selects text.
pub(crate) fn mouse(model: &mut Model) -> Vec<Effect> {
    model.mouse = !model.mouse;
    model.say(if model.mouse {
        "mouse on: wheel and click; F2 gives text selection back"
    } else {
        "mouse off"
    });
    vec![Effect::Mouse(model.mouse)]
}
