//! The processes of a trace, for the picker: who there is, and how to view another one.
//!
//! The viewer shows one process at a time. Changing to another builds a new model from new inputs; what belongs
//! to the person rather than to the process goes with it, and each process gets its place back.

use crate::model::Model;
use crate::runner::Replayer;
use crate::{Inputs, assemble};
use std::collections::BTreeMap;
use std::sync::Arc;
use traces::EventIndex;

/// A process as a row of the picker.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProcessRow {
    /// Its stream.
    pub stream: u32,
    /// Guest process id; none if that was lost.
    pub pid: Option<u32>,
    /// How deep it stands below the first process.
    pub depth: usize,
    /// What it ran last: `cat`, `sh (forked)`.
    pub program: String,
    /// How it ended: `exited with 0`.
    pub status: String,
    /// Whether that is worth a look.
    pub failed: bool,
    /// Events.
    pub events: u64,
}

/// Makes the inputs for a stream.
pub type Opener = Arc<dyn Fn(u32) -> Result<Inputs, String> + Send + Sync>;

/// All processes, parents before their children, and how to view one.
#[derive(Clone)]
pub struct Processes {
    /// The rows.
    pub rows: Arc<[ProcessRow]>,
    /// Makes the inputs for one of them.
    pub open: Opener,
}

impl Processes {
    /// The row of a stream.
    pub(crate) fn row(&self, stream: u32) -> Option<&ProcessRow> {
        self.rows.iter().find(|row| row.stream == stream)
    }

    /// The stream that `5` or `s2` means; of several processes with one id the first.
    pub(crate) fn named(&self, text: &str) -> Option<u32> {
        let text = text.trim();
        let found = match text.strip_prefix('s') {
            Some(digits) => digits.parse().ok().and_then(|stream| self.row(stream)),
            None => text.parse().ok().and_then(|pid| self.rows.iter().find(|row| row.pid == Some(pid))),
        };
        found.map(|row| row.stream)
    }
}

/// Where somebody was in a process.
#[derive(Clone, Default)]
pub(crate) struct Left {
    cursor: EventIndex,
    marks: BTreeMap<char, EventIndex>,
}

/// The viewer of another process of the same trace.
pub(crate) fn change(from: &Model, stream: u32) -> Result<(Model, Replayer), String> {
    let processes = from.data.processes.clone().ok_or("there is only one process")?;
    let mut inputs = (processes.open)(stream)?;
    inputs.processes = Some(processes);
    let (mut model, replay) = assemble(inputs, from.theme, from.size);
    // Jobs of the old model may still report; their numbers must not be used again.
    model.next_ticket = from.next_ticket;
    model.born = from.next_ticket;
    model.history.clone_from(&from.history);
    model.screen = from.screen;
    model.time = from.time;
    model.mouse = from.mouse;
    model.left.clone_from(&from.left);
    model.left.insert(from.data.stream, Left { cursor: from.cursor, marks: from.marks.clone() });
    if let Some(left) = model.left.get(&stream).cloned() {
        model.put_cursor(left.cursor);
        model.row = model.list_rows() / 2;
        model.marks = left.marks;
    }
    Ok((model, replay))
}
