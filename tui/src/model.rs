//! The state of the viewer: everything that `draw` shows and `update` changes, without a terminal.

use crate::aggregate::{Aggregate, Anchors};
use crate::cpu::{Base, Place, Snapshot};
use crate::jobs::{Hop, Job, Lane, Target, Task};
use crate::key::Key;
use crate::keymap::Keymap;
use crate::matches::MatchSet;
use crate::processes::{Left, Processes};
use crate::source::{Language, Matcher, Source};
use crate::theme::Theme;
use crate::view::layout;
use std::collections::BTreeMap;
use std::sync::Arc;
use traces::describe::{Describe, Severity};
use traces::event::Start;
use traces::position::InStream;
use traces::replay::Position;
use traces::{Body, Cycles, Event, EventIndex, GuestAddr, InsnCount};

/// What fills the body of the screen; numbered as in `g1`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Screen {
    #[default]
    Events,
    Vdso,
    Cpu,
    Stats,
}

impl Screen {
    /// Number and title.
    pub(crate) fn title(self) -> (char, &'static str) {
        match self {
            Screen::Events => ('1', "Events"),
            Screen::Vdso => ('3', "vDSO"),
            Screen::Cpu => ('5', "CPU"),
            Screen::Stats => ('6', "Stats"),
        }
    }
}

/// Facts of the vDSO page that the trace's reader knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VdsoFacts {
    /// Age in cycles from which on the page refuses its anchor.
    pub age_cap: Cycles,
    /// Drift in nanoseconds above which the host publishes a new anchor.
    pub drift_gate_ns: u64,
}

/// What does not change while the viewer runs.
pub(crate) struct Data {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) describe: Arc<dyn Describe>,
    pub(crate) language: Arc<dyn Language>,
    pub(crate) title: String,
    pub(crate) vdso: Option<VdsoFacts>,
    /// Why there is no replay; none if there is one.
    pub(crate) no_replay: Option<String>,
    /// Counter of the first event, the zero of relative time.
    pub(crate) origin: Cycles,
    /// The first event of the run, if it is a start.
    pub(crate) start: Option<Start>,
    /// The stream of the process that is viewed.
    pub(crate) stream: u32,
    /// All processes, if there are several.
    pub(crate) processes: Option<Processes>,
}

impl Data {
    /// Nanoseconds from the first event to a counter value.
    pub(crate) fn since_start(&self, clock: Cycles) -> u64 {
        self.nanos(clock.0.saturating_sub(self.origin.0))
    }

    /// Cycles as nanoseconds.
    pub(crate) fn nanos(&self, cycles: u64) -> u64 {
        Cycles(cycles).to_nanos(self.source.info().cntfrq).0
    }

    /// Where the vDSO page is.
    pub(crate) fn vdso_base(&self) -> Option<GuestAddr> {
        self.start.as_ref().and_then(|s| s.vdso_base)
    }

    /// A position as it is written: with its stream if there are several.
    pub(crate) fn written(&self, position: Position) -> String {
        match &self.processes {
            Some(_) => InStream(self.stream, position).to_string(),
            None => position.to_string(),
        }
    }

    /// An event, none if it cannot be read.
    pub(crate) fn event(&self, at: EventIndex) -> Option<Arc<Event>> {
        self.source.event(at).ok()
    }
}

/// A filter or a search: its text, and what it selects as far as that is known.
pub(crate) struct Selection {
    pub(crate) text: String,
    pub(crate) matcher: Arc<dyn Matcher>,
    pub(crate) set: MatchSet,
    pub(crate) ticket: u64,
}

/// Which events the list shows.
pub(crate) enum Shown<'a> {
    All(u64),
    Set(&'a MatchSet),
}

impl Shown<'_> {
    /// How many.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Shown::All(len) => *len,
            Shown::Set(set) => set.count(),
        }
    }

    /// The n-th, from 0.
    pub(crate) fn nth(&self, n: u64) -> Option<EventIndex> {
        match self {
            Shown::All(len) => (n < *len).then_some(EventIndex(n)),
            Shown::Set(set) => set.nth(n),
        }
    }

    /// How many are shown before an event.
    pub(crate) fn rank(&self, at: EventIndex) -> u64 {
        match self {
            Shown::All(len) => at.0.min(*len),
            Shown::Set(set) => set.rank(at),
        }
    }
}

/// What the time column shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum TimeMode {
    #[default]
    Relative,
    Delta,
    Wall,
    Insn,
}

/// What is typed into the bottom line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PromptKind {
    Search,
    Filter,
    GotoEvent,
    GotoTime,
    GotoInsn,
    Memory,
    Command,
}

/// The bottom line while it is typed into.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Prompt {
    pub(crate) kind: PromptKind,
    pub(crate) text: Vec<char>,
    /// Position of the caret, in characters.
    pub(crate) caret: usize,
    /// A fault in the text, with its column if it has one.
    pub(crate) error: Option<(Option<usize>, String)>,
    /// What the text means, if it is right.
    pub(crate) note: String,
    /// How far back in the history the text comes from.
    pub(crate) past: usize,
}

impl Prompt {
    /// What was typed.
    pub(crate) fn string(&self) -> String {
        self.text.iter().collect()
    }
}

/// A hop that has not found its event yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pending {
    ticket: u64,
    from: EventIndex,
    name: &'static str,
    forward: bool,
    count: u64,
}

/// A sentence in the bottom line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) severity: Severity,
}

/// A pane of the CPU screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum CpuPane {
    Registers,
    #[default]
    Code,
    Memory,
}

/// The CPU screen.
pub(crate) struct Cpu {
    pub(crate) now: Option<Box<Snapshot>>,
    pub(crate) before: Option<Box<Snapshot>>,
    /// Where it is going, until it gets there.
    pub(crate) wanted: Option<Position>,
    /// Of the newest request.
    pub(crate) ticket: u64,
    pub(crate) failure: Option<(String, bool)>,
    pub(crate) pane: CpuPane,
    pub(crate) registers_top: u16,
    /// Instructions that the disassembly is scrolled away from PC.
    pub(crate) scroll: i64,
    pub(crate) memory: Place,
}

/// The whole state.
pub(crate) struct Model {
    pub(crate) data: Arc<Data>,
    pub(crate) keymap: Arc<Keymap>,
    pub(crate) theme: Theme,
    pub(crate) size: (u16, u16),
    pub(crate) screen: Screen,
    pub(crate) cursor: EventIndex,
    /// Row of the list on which the cursor is to stand, from the top, where there are enough events.
    pub(crate) row: u64,
    pub(crate) time: TimeMode,
    pub(crate) filter: Option<Selection>,
    pub(crate) filter_on: bool,
    /// Filters before this one, for undo; empty text is none.
    pub(crate) filter_undo: Vec<String>,
    /// Where the cursor stood when the filter was set, until it is moved by hand.
    pub(crate) filter_anchor: Option<EventIndex>,
    pub(crate) search: Option<Selection>,
    pub(crate) preview: Option<Selection>,
    pub(crate) next_ticket: u64,
    /// The first number of this model; what reports with a lower one is about another process.
    pub(crate) born: u64,
    /// The hop that is waited for.
    pub(crate) hop_ticket: u64,
    /// What it looks for, so that the same key typed again before it is found goes further.
    pub(crate) hop_pending: Option<Pending>,
    /// The instruction count that it goes to, if that is what it does; the replay goes to it exactly.
    pub(crate) hop_insn: Option<InsnCount>,
    /// The lanes that work, and how far they are in thousandths.
    pub(crate) progress: BTreeMap<Lane, u32>,
    /// The newest task of each lane; an older one has no say in its progress.
    pub(crate) serials: BTreeMap<Lane, u64>,
    pub(crate) marks: BTreeMap<char, EventIndex>,
    pub(crate) older: Vec<EventIndex>,
    pub(crate) newer: Vec<EventIndex>,
    pub(crate) prompt: Option<Prompt>,
    pub(crate) history: BTreeMap<u8, Vec<String>>,
    pub(crate) pending: Vec<Key>,
    pub(crate) count: Option<u64>,
    /// The continuations of a prefix are listed.
    pub(crate) hint: bool,
    /// First line of the help, while it is open.
    pub(crate) help: Option<u16>,
    /// The selected row of the picker of processes, while it is open.
    pub(crate) picker: Option<usize>,
    /// Where the processes that were viewed before were left.
    pub(crate) left: BTreeMap<u32, Left>,
    pub(crate) message: Option<Message>,
    pub(crate) cpu: Cpu,
    pub(crate) sums: Aggregate,
    pub(crate) anchors: Anchors,
    pub(crate) stats_top: u16,
    pub(crate) mouse: bool,
    /// Ctrl-c was pressed with nothing to stop.
    pub(crate) quit_armed: bool,
}

/// What `update` wants done outside of the model.
pub(crate) enum Effect {
    Start(Task),
    Cancel(Lane),
    /// Puts text on the clipboard.
    Copy(String),
    /// Views the process of a stream, and there goes to a typed position.
    Process(u32, Option<String>),
    Mouse(bool),
    Redraw,
    Suspend,
    Quit,
}

impl Model {
    /// The state at the start: the Events screen at the first event.
    pub(crate) fn new(data: Arc<Data>, theme: Theme, size: (u16, u16)) -> Self {
        Model {
            keymap: Arc::new(Keymap::new()),
            theme,
            size,
            screen: Screen::Events,
            cursor: EventIndex(0),
            row: 0,
            time: TimeMode::default(),
            filter: None,
            filter_on: true,
            filter_undo: Vec::new(),
            filter_anchor: None,
            search: None,
            preview: None,
            next_ticket: 1,
            born: 0,
            hop_ticket: 0,
            hop_pending: None,
            hop_insn: None,
            progress: BTreeMap::new(),
            serials: BTreeMap::new(),
            marks: BTreeMap::new(),
            older: Vec::new(),
            newer: Vec::new(),
            prompt: None,
            history: BTreeMap::new(),
            pending: Vec::new(),
            count: None,
            hint: false,
            help: None,
            picker: None,
            left: BTreeMap::new(),
            message: data
                .source
                .info()
                .banner
                .clone()
                .map(|text| Message { text, severity: Severity::Warning }),
            cpu: Cpu {
                now: None,
                before: None,
                wanted: None,
                ticket: 0,
                failure: None,
                pane: CpuPane::default(),
                registers_top: 0,
                scroll: 0,
                memory: Place { base: Base::Sp, offset: 0 },
            },
            sums: Aggregate::default(),
            anchors: Anchors::default(),
            stats_top: 0,
            mouse: false,
            quit_armed: false,
            data,
        }
    }

    /// The work to begin with.
    pub(crate) fn first_effects(&mut self) -> Vec<Effect> {
        if self.data.source.is_empty() {
            return Vec::new();
        }
        self.add_up()
    }

    /// Adds the whole trace up, unless that is done or under way; also if it was stopped before.
    pub(crate) fn add_up(&mut self) -> Vec<Effect> {
        if self.sums.seen >= self.len() || self.progress.contains_key(&Lane::Sums) {
            return Vec::new();
        }
        self.sums = Aggregate::default();
        self.anchors = Anchors::default();
        vec![self.start(Job::Sums)]
    }

    /// Number of events.
    pub(crate) fn len(&self) -> u64 {
        self.data.source.len()
    }

    /// The filter, if it is on.
    pub(crate) fn active_filter(&self) -> Option<&Selection> {
        self.filter.as_ref().filter(|_| self.filter_on)
    }

    /// Which events the list shows.
    pub(crate) fn shown(&self) -> Shown<'_> {
        match self.active_filter() {
            Some(filter) => Shown::Set(&filter.set),
            None => Shown::All(self.len()),
        }
    }

    /// Rows of the event list.
    pub(crate) fn list_rows(&self) -> u64 {
        u64::from(layout::list_rows(self.size)).max(1)
    }

    /// Ranks of the first row of the list and of the cursor.
    pub(crate) fn window(&self) -> (u64, u64) {
        self.window_of(self.list_rows())
    }

    /// The same for a list of so many rows, at least one.
    pub(crate) fn window_of(&self, rows: u64) -> (u64, u64) {
        let shown = self.shown();
        let (count, rows) = (shown.count(), rows.max(1));
        let rank = shown.rank(self.cursor).min(count.saturating_sub(1));
        let top = rank.saturating_sub(self.row.min(rows - 1)).min(count.saturating_sub(rows));
        (top, rank)
    }

    /// Puts the cursor on a shown event without touching the place list.
    pub(crate) fn put_cursor(&mut self, at: EventIndex) {
        self.cursor = EventIndex(at.0.min(self.len().saturating_sub(1)));
        self.filter_anchor = None;
    }

    /// Goes somewhere far: remembers where from, and keeps the row if the place is on the screen.
    pub(crate) fn jump(&mut self, at: EventIndex) -> Vec<Effect> {
        let at = EventIndex(at.0.min(self.len().saturating_sub(1)));
        if at != self.cursor {
            self.older.push(self.cursor);
            self.newer.clear();
            // Bounded: an old place is worth little.
            if self.older.len() > 1000 {
                self.older.remove(0);
            }
        }
        self.place(at)
    }

    /// Goes somewhere; in the middle of the list unless it is on the screen already.
    pub(crate) fn place(&mut self, at: EventIndex) -> Vec<Effect> {
        let (top, _) = self.window();
        let rank = self.shown().rank(at);
        let rows = self.list_rows();
        self.put_cursor(at);
        self.row = if rank >= top && rank < top.saturating_add(rows) { rank - top } else { rows / 2 };
        self.follow()
    }

    /// Lets the CPU screen follow the cursor.
    pub(crate) fn follow(&mut self) -> Vec<Effect> {
        if self.screen != Screen::Cpu || self.data.no_replay.is_some() || self.len() == 0 {
            return Vec::new();
        }
        let there = self.cpu.wanted.or(self.cpu.now.as_ref().map(|s| s.position()));
        if there.is_some_and(|p| p.event == self.cursor) {
            return Vec::new();
        }
        self.seek(Position::before(self.cursor))
    }

    /// Sends the replay to a position.
    pub(crate) fn seek(&mut self, to: Position) -> Vec<Effect> {
        self.cpu.wanted = Some(to);
        self.cpu.scroll = 0;
        self.replay(crate::cpu::Motion::Seek(to))
    }

    /// Asks the replay for something, if there is one.
    pub(crate) fn replay(&mut self, motion: crate::cpu::Motion) -> Vec<Effect> {
        if let Some(why) = &self.data.no_replay {
            self.message = Some(Message { text: format!("no replay: {why}"), severity: Severity::Warning });
            return Vec::new();
        }
        let ticket = self.ticket();
        self.cpu.ticket = ticket;
        let request = crate::cpu::Request {
            ticket,
            motion,
            scroll: self.cpu.scroll,
            memory: self.cpu.memory,
            vdso_base: self.data.vdso_base(),
        };
        vec![self.start(Job::Replay(request))]
    }

    /// Starts a job and notes that it runs.
    pub(crate) fn start(&mut self, job: Job) -> Effect {
        let serial = self.ticket();
        self.progress.insert(job.lane(), 0);
        self.serials.insert(job.lane(), serial);
        Effect::Start(Task { serial, job })
    }

    /// A number that no job had before.
    pub(crate) fn ticket(&mut self) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        ticket
    }

    /// Starts a search for an event.
    pub(crate) fn hop(
        &mut self,
        target: Target,
        forward: bool,
        count: u64,
        name: &'static str,
    ) -> Vec<Effect> {
        if self.len() == 0 {
            return self.say("there are no events");
        }
        let mut pending = Pending { ticket: self.hop_ticket, from: self.cursor, name, forward, count };
        if let Some(before) = self.hop_pending.filter(|before| Pending { count, ..*before } == pending) {
            pending.count = count.saturating_add(before.count);
        }
        let (ticket, count) = (self.ticket(), pending.count);
        self.hop_pending = Some(Pending { ticket, ..pending });
        self.hop_ticket = ticket;
        self.hop_insn = None;
        let within = self.active_filter().map(|f| Arc::clone(&f.matcher));
        let hop = Hop { ticket, from: self.cursor, forward, target, within, count, name };
        vec![self.start(Job::Hop(hop))]
    }

    /// Shows a sentence.
    pub(crate) fn say(&mut self, text: impl Into<String>) -> Vec<Effect> {
        self.message = Some(Message { text: text.into(), severity: Severity::Info });
        Vec::new()
    }

    /// Shows a sentence about something that went wrong.
    pub(crate) fn warn(&mut self, text: impl Into<String>) -> Vec<Effect> {
        self.message = Some(Message { text: text.into(), severity: Severity::Warning });
        Vec::new()
    }
}

/// When a run begins and its start, if its first event has that.
pub(crate) fn start_of(first: Option<&Event>) -> (Cycles, Option<Start>) {
    let start = first.and_then(|event| match &event.body {
        Body::Start(start) => Some(Start { effects: Vec::new(), data: Vec::new(), ..(**start).clone() }),
        _ => None,
    });
    (first.map_or(Cycles(0), |event| event.clock), start)
}
