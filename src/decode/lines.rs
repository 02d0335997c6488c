//! Events as text lines in strace's layout, for `dump`.

use super::{Words, events};
use traces::describe::Describe;
use traces::event::SignalAction;
use traces::{BlobId, Body, Cycles, Event, EventIndex};

/// Where strace puts the `=` of a short call.
const RESULT_COLUMN: usize = 40;

/// What stands in front of a line to say when.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TimeColumn {
    /// Nothing.
    #[default]
    Off,
    /// Seconds since the start of the run.
    Relative,
    /// Seconds since the line before; strace's `-r`.
    Delta,
    /// Wall-clock time of day in UTC; strace's `-t`.
    Seconds,
    /// Wall-clock time of day in UTC with microseconds; strace's `-tt`.
    Absolute,
    /// Seconds since 1970 with microseconds; strace's `-ttt`.
    Epoch,
}

/// What stands in front of a line to say who.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PidColumn {
    /// Nothing.
    #[default]
    Off,
    /// The thread id, as strace writes it to a file.
    Plain,
    /// `[pid 1003]`, as strace writes it to a terminal.
    Bracketed,
}

/// How lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LineFormat {
    /// When.
    pub time: TimeColumn,
    /// Who.
    pub pid: PidColumn,
    /// Event numbers in front; not with `strict`.
    pub numbers: bool,
    /// `<0.000041>` behind a result; strace's `-T`.
    pub durations: bool,
    /// Only what strace would print, so that its parsers accept it: no remarks, no events of our own.
    pub strict: bool,
}

/// Writes events as lines, in order.
#[derive(Debug)]
pub struct Lines<'a> {
    words: &'a Words,
    format: LineFormat,
    last: Option<Cycles>,
    realtime_ns: u64,
    stream: Option<u32>,
}

impl<'a> Lines<'a> {
    /// The wall clock at the start of the run, for lines that leave out its [`Body::Start`].
    #[must_use]
    pub fn started(self, realtime_ns: u64) -> Self {
        Lines { realtime_ns, ..self }
    }

    /// Lines in the given layout. Wall-clock times need the run's [`Body::Start`] to come first, or
    /// [`Lines::started`].
    #[must_use]
    pub fn new(words: &'a Words, format: LineFormat) -> Self {
        Lines { words, format, last: None, realtime_ns: 0, stream: None }
    }

    /// Says which stream the next events are of: their numbers are written `s2:E17` from here on.
    pub fn of_stream(&mut self, stream: u32) {
        self.stream = Some(stream);
    }

    /// The line of an event without its newline; none for an event that `strict` leaves out.
    pub fn line(
        &mut self,
        index: EventIndex,
        event: &Event,
        blob: &dyn Fn(BlobId) -> Option<Vec<u8>>,
    ) -> Option<String> {
        if let Body::Start(start) = &event.body {
            self.realtime_ns = start.realtime_ns;
        }
        let (text, result, note) = self.columns(event, blob)?;
        let mut out = self.leader(index, event);
        out.push_str(&text);
        if !result.is_empty() {
            // The column counts what stands in front, too.
            let width = out.chars().count();
            out.extend(std::iter::repeat_n(' ', RESULT_COLUMN.saturating_sub(width + 1) + 1));
            out.push_str("= ");
            out.push_str(&result);
        }
        if !note.is_empty() && !self.format.strict {
            out.push_str(&format!(" [{note}]"));
        }
        if let (true, Body::Svc(svc) | Body::SvcExit(svc)) = (self.format.durations, &event.body) {
            let nanos = svc.dur.to_nanos(self.words.cntfrq).0;
            out.push_str(&format!(" <{}>", seconds(nanos, 6)));
        }
        Some(out)
    }

    fn columns(
        &self,
        event: &Event,
        blob: &dyn Fn(BlobId) -> Option<Vec<u8>>,
    ) -> Option<(String, String, String)> {
        let line = self.words.line(event, blob);
        if !self.format.strict {
            return Some((line.text, line.result, line.note));
        }
        match &event.body {
            Body::Svc(_) | Body::SvcEnter(_) | Body::SvcExit(_) | Body::End(_) => {
                Some((line.text, line.result, String::new()))
            }
            Body::Start(start) => {
                let exe = super::text::quoted(start.exe.as_bytes(), 0, usize::MAX);
                let argv = events::argv_text(self.words, start);
                Some((format!("execve({exe}, {argv}, NULL)"), "0".to_owned(), String::new()))
            }
            Body::Signal(signal) if signal.action != SignalAction::Ignored => {
                Some((line.text, String::new(), String::new()))
            }
            Body::ThreadExit { code } => {
                Some((format!("+++ exited with {code} +++"), String::new(), String::new()))
            }
            Body::Signal(_)
            | Body::Sync { .. }
            | Body::Reseed(_)
            | Body::Switch { .. }
            | Body::ThreadStart(_)
            | Body::ForkStart(_)
            | Body::Fork(_)
            | Body::Shared(_)
            | Body::Hits(_)
            | Body::Checkpoint(_) => None,
        }
    }

    fn leader(&mut self, index: EventIndex, event: &Event) -> String {
        let mut out = String::new();
        if self.format.numbers && !self.format.strict {
            let number = match self.stream {
                Some(stream) => format!("{:>10} ", format!("s{stream}:E{}", index.0)),
                None => format!("{:>7} ", format!("E{}", index.0)),
            };
            out.push_str(&number);
        }
        match self.format.pid {
            PidColumn::Off => {}
            PidColumn::Plain => out.push_str(&format!("{:<5} ", event.tid.0)),
            PidColumn::Bracketed => out.push_str(&format!("[pid {:>5}] ", event.tid.0)),
        }
        let since = self.words.since_origin(event.clock);
        let wall = self.realtime_ns.saturating_add(since);
        match self.format.time {
            TimeColumn::Off => {}
            TimeColumn::Relative => out.push_str(&format!("{:>12} ", seconds(since, 6))),
            TimeColumn::Delta => {
                let before = self.last.unwrap_or(event.clock);
                let delta = Cycles(event.clock.0.saturating_sub(before.0)).to_nanos(self.words.cntfrq).0;
                out.push_str(&format!("{:>12} ", seconds(delta, 6)));
            }
            TimeColumn::Seconds => out.push_str(&format!("{} ", time_of_day(wall))),
            TimeColumn::Absolute => {
                let micros = wall % 1_000_000_000 / 1000;
                out.push_str(&format!("{}.{micros:06} ", time_of_day(wall)));
            }
            TimeColumn::Epoch => out.push_str(&format!("{} ", seconds(wall, 6))),
        }
        self.last = Some(event.clock);
        out
    }
}

/// Nanoseconds since 1970 as HH:MM:SS in UTC.
fn time_of_day(wall: u64) -> String {
    let second = wall / 1_000_000_000;
    format!("{:02}:{:02}:{:02}", second / 3600 % 24, second / 60 % 60, second % 60)
}

/// Nanoseconds as seconds with so many digits, at most 9, rounded down.
fn seconds(nanos: u64, digits: usize) -> String {
    let fraction = format!("{:09}", nanos % 1_000_000_000);
    format!("{}.{}", nanos / 1_000_000_000, &fraction[..digits.min(9)])
}
