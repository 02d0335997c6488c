//! The picker of processes, and going to another one.

use super::prompt;
use crate::actions::Call;
use crate::model::{Effect, Model, PromptKind};

/// Opens the picker at the process that is viewed; with a name behind it (`:process 5`, `:process s2`) goes
/// there at once.
pub(crate) fn open(model: &mut Model, call: &Call<'_>) -> Vec<Effect> {
    let Some(processes) = model.data.processes.clone() else {
        return model.say("this trace has one process");
    };
    if let Some(text) = call.text {
        return match processes.named(text) {
            Some(stream) => to(model, stream, None),
            None => model.warn(format!("there is no process {text}; gp lists them")),
        };
    }
    let here = processes.rows.iter().position(|row| row.stream == model.data.stream);
    model.picker = Some(here.unwrap_or(0));
    Vec::new()
}

/// Closes the picker.
pub(crate) fn close(model: &mut Model) -> Vec<Effect> {
    model.picker = None;
    Vec::new()
}

/// Moves the selection of the picker.
pub(crate) fn by(model: &mut Model, call: &Call<'_>, rows: i64) -> Vec<Effect> {
    let last = model.data.processes.as_ref().map_or(0, |processes| processes.rows.len().saturating_sub(1));
    let times = i64::try_from(call.times()).unwrap_or(i64::MAX);
    let by = isize::try_from(rows.saturating_mul(times)).unwrap_or(isize::MAX);
    model.picker = model.picker.map(|at| at.saturating_add_signed(by).min(last));
    Vec::new()
}

/// Views the selected process.
pub(crate) fn choose(model: &mut Model) -> Vec<Effect> {
    let row = model.picker.take().zip(model.data.processes.as_ref());
    let stream = row.and_then(|(at, processes)| processes.rows.get(at)).map(|row| row.stream);
    match stream {
        Some(stream) => to(model, stream, None),
        None => Vec::new(),
    }
}

/// The next or previous process of the list.
pub(crate) fn next(model: &mut Model, call: &Call<'_>, forward: bool) -> Vec<Effect> {
    let Some(processes) = model.data.processes.clone() else {
        return model.say("this trace has one process");
    };
    let here = processes.rows.iter().position(|row| row.stream == model.data.stream).unwrap_or(0);
    let times = usize::try_from(call.times()).unwrap_or(usize::MAX);
    let there = if forward { here.checked_add(times) } else { here.checked_sub(times) };
    match there.and_then(|at| processes.rows.get(at)) {
        Some(row) => to(model, row.stream, None),
        None => model.say("no process in that direction"),
    }
}

/// Views a process, and there goes to a typed position.
pub(crate) fn to(model: &mut Model, stream: u32, position: Option<String>) -> Vec<Effect> {
    model.picker = None;
    if stream != model.data.stream {
        return vec![Effect::Process(stream, position)];
    }
    arrived(model, position.as_deref())
}

/// What there is to do in a process that is newly viewed.
pub(crate) fn arrived(model: &mut Model, position: Option<&str>) -> Vec<Effect> {
    match position {
        Some(text) => {
            prompt::open(model, PromptKind::GotoEvent, &Call { text: Some(text), ..Call::default() })
        }
        None => model.follow(),
    }
}
