//! Positions as people write them, and where in a trace they are. One notation for the viewer, the commands,
//! links and gdb: `E123` just before an event, `E123!` just after it, `E123+42` that many instructions later,
//! `@8130000000` retired instructions, `+1.5s` guest time since the start, `50%` of all events. With `s2:` in
//! front it is of stream 2, for traces of several processes.

use crate::error::Error;
use crate::filter::Dur;
use crate::reader::Stream;
use crate::replay::Position;
use crate::units::{Cycles, EventIndex, InsnCount};
use std::str::FromStr;

/// A position as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    stream: Option<u32>,
    kind: Kind,
}

/// A position and the stream that it is in, written `s2:E17`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InStream(pub u32, pub Position);

impl std::fmt::Display for InStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s{}:{}", self.0, self.1)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    At(Position),
    Insn(InsnCount),
    Time(Dur),
    /// Thousandths of a per cent, 0 to 100,000.
    Share(u64),
}

/// A position could not be understood or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// It is not in the notation.
    #[error(
        "`{text}` is no position; write E123, E123!, E123+42, @instructions, +1.5s or 50%, with s2: in front for stream 2"
    )]
    Notation {
        /// What was written.
        text: String,
    },
    /// The trace has no such event.
    #[error("there is no event E{index}; the trace ends with {last}")]
    NoEvent {
        /// Which.
        index: u64,
        /// Last event, as a position.
        last: Position,
    },
    /// The trace ended before that.
    #[error("the trace ends before {what}, with {last}")]
    PastEnd {
        /// What was asked for.
        what: String,
        /// Last event, as a position.
        last: Position,
    },
    /// There is nothing to be at.
    #[error("the trace has no events")]
    Empty,
    /// The trace cannot be read there.
    #[error(transparent)]
    Trace(#[from] Error),
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let (stream, trimmed) = qualified(text.trim());
        let kind = match trimmed.bytes().next() {
            Some(b'E' | b'e') => event(&trimmed[1..]),
            Some(b'@') => number(&trimmed[1..]).map(|n| Kind::Insn(InsnCount(n))),
            Some(b'+') => time(&trimmed[1..]),
            _ => trimmed.strip_suffix('%').and_then(share),
        };
        kind.map(|kind| Place { stream, kind }).ok_or_else(|| PlaceError::Notation { text: text.to_owned() })
    }
}

/// Takes `s2:` off, if it stands in front.
fn qualified(text: &str) -> (Option<u32>, &str) {
    let prefix = text.split_once(':').and_then(|(prefix, rest)| {
        let digits = prefix.strip_prefix(['s', 'S'])?;
        Some((u32::try_from(number(digits)?).ok()?, rest))
    });
    prefix.map_or((None, text), |(stream, rest)| (Some(stream), rest))
}

/// What follows the `E`.
fn event(text: &str) -> Option<Kind> {
    let position = if let Some(index) = text.strip_suffix('!') {
        Position::after(EventIndex(number(index)?))
    } else if let Some((index, insns)) = text.split_once('+') {
        Position { event: EventIndex(number(index)?), after: Some(InsnCount(number(insns)?)) }
    } else {
        Position::before(EventIndex(number(text)?))
    };
    Some(Kind::At(position))
}

/// Digits, perhaps grouped by `,` or `_` as the viewer prints them.
fn number(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(|c| !matches!(c, ',' | '_')).collect();
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    (plain && text.starts_with(|c: char| c.is_ascii_digit())).then(|| digits.parse().ok())?
}

fn time(text: &str) -> Option<Kind> {
    let unit = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(unit);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str, most| text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    let plain = !whole.is_empty() && digits(whole, 20) && digits(fraction, 12);
    plain.then(|| Dur::parse(whole, fraction, unit).map(Kind::Time))?
}

fn share(text: &str) -> Option<Kind> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 3 || !plain(whole) || !plain(fraction) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let thousandths: u64 = format!("{fraction:0<3}").parse().ok()?;
    let share = whole.checked_mul(1000)?.checked_add(thousandths)?;
    (share <= 100_000).then_some(Kind::Share(share))
}

impl Place {
    /// The stream that it names, if it names one.
    #[must_use]
    pub fn stream(self) -> Option<u32> {
        self.stream
    }

    /// Where it is in a stream; the caller has seen to it that this is the one that it names. `cntfrq` is CNTFRQ_EL0 from the header.
    ///
    /// An instruction count gives the position after the last event at or before it. A time gives the first
    /// event at or after it.
    ///
    /// # Errors
    /// If there is no such event, instruction or time in the trace, or it cannot be read there.
    pub fn resolve(self, stream: &Stream<'_>, cntfrq: u64) -> Result<Position, PlaceError> {
        let len = stream.len();
        let last_index = len.checked_sub(1).ok_or(PlaceError::Empty)?;
        let last = Position::before(EventIndex(last_index));
        match self.kind {
            Kind::At(position) if position.event.0 < len => Ok(position),
            Kind::At(position) => Err(PlaceError::NoEvent { index: position.event.0, last }),
            Kind::Share(share) => {
                let index = u128::from(len) * u128::from(share) / 100_000;
                let index = u64::try_from(index).unwrap_or(last_index).min(last_index);
                Ok(Position::before(EventIndex(index)))
            }
            Kind::Insn(insns) => {
                let later = stream.at_icount(InsnCount(insns.0.saturating_add(1)))?;
                let event = match later {
                    Some(EventIndex(0)) => return Ok(Position::before(EventIndex(0))),
                    Some(EventIndex(later)) => EventIndex(later - 1),
                    None => EventIndex(last_index),
                };
                let before = stream.event(event)?.icount;
                if later.is_none() && insns > before {
                    return Err(PlaceError::PastEnd { what: format!("instruction {}", insns.0), last });
                }
                Ok(Position { event, after: Some(InsnCount(insns.0.saturating_sub(before.0))) })
            }
            Kind::Time(time) => {
                let start = stream.blocks().first().map_or(Cycles(0), |block| block.clock.0);
                let clock = Cycles(start.0.saturating_add(time.to_cycles(cntfrq).0));
                let event = stream.at_clock(clock)?;
                event.map(Position::before).ok_or(PlaceError::PastEnd { what: "this time".into(), last })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header;
    use crate::samples;
    use crate::{Options, Trace, Writer};

    #[test]
    fn the_notation_is_understood() {
        let at = |event, after: Option<u64>| {
            Kind::At(Position { event: EventIndex(event), after: after.map(InsnCount) })
        };
        for (text, expected) in [
            ("E123", at(123, None)),
            (" e4,194,305 ", at(4_194_305, None)),
            ("E123!", at(123, Some(0))),
            ("E1_000+42", at(1000, Some(42))),
            ("@8130000000", Kind::Insn(InsnCount(8_130_000_000))),
            ("+1.5s", Kind::Time(Dur::Picos(1_500_000_000_000))),
            ("+48cyc", Kind::Time(Dur::Cycles(48))),
            ("+0ns", Kind::Time(Dur::Picos(0))),
            ("50%", Kind::Share(50_000)),
            ("12.5%", Kind::Share(12_500)),
        ] {
            assert_eq!(text.parse::<Place>().unwrap(), Place { stream: None, kind: expected }, "{text}");
            for (prefix, stream) in [("s0:", 0), ("S17:", 17)] {
                let text = format!("{prefix}{}", text.trim());
                let place = text.parse::<Place>().unwrap();
                assert_eq!(place, Place { stream: Some(stream), kind: expected }, "{text}");
            }
        }
        let bad = [
            "",
            "E",
            "123",
            "E-1",
            "E1+",
            "E+1",
            "E1!!",
            "@",
            "@x",
            "+",
            "+s",
            "+1",
            "+1.5h",
            "101%",
            "%",
            "1.%x",
            "E18446744073709551616",
            "+.5s",
            "+1.2.3s",
            "E,1",
            "+1é",
            "é%",
            "s:E1",
            "s2:",
            "s2E1",
            "2:E1",
            "s-1:E1",
            "s4294967296:E1",
            "s1:s2:E1",
        ];
        for text in bad {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }

    #[test]
    fn printed_positions_are_read_back() {
        for (event, after) in [(0, None), (7, Some(0)), (9, Some(42))] {
            let position = Position { event: EventIndex(event), after: after.map(InsnCount) };
            let kind = Kind::At(position);
            assert_eq!(position.to_string().parse::<Place>().unwrap(), Place { stream: None, kind });
            let there = InStream(3, position).to_string();
            assert_eq!(there.parse::<Place>().unwrap(), Place { stream: Some(3), kind }, "{there}");
        }
    }

    #[test]
    fn places_are_found() {
        // Sample event n is at instruction 17 n and cycle 1000 + 9 n; there are 13.
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.etrace");
        let options = Options { events_per_block: 4, ..Options::default() };
        let mut writer = Writer::create(&path, &header::tests::sample(), options).unwrap();
        for event in &samples::plain_events() {
            writer.push(event);
        }
        let _ = writer.finish();
        let trace = Trace::open(&path).unwrap();
        let stream = trace.stream(0).unwrap();
        let find = |text: &str| text.parse::<Place>().unwrap().resolve(&stream, 24_000_000);
        for (text, expected) in [
            ("E12", "E12"),
            ("E3+5", "E3+5"),
            ("@0", "E0!"),
            ("@16", "E0+16"),
            ("@17", "E1!"),
            ("@70", "E4+2"),
            ("@204", "E12!"),
            ("+0s", "E0"),
            ("+9cyc", "E1"),
            ("+10cyc", "E2"),
            ("+1us", "E3"),
            ("0%", "E0"),
            ("50%", "E6"),
            ("100%", "E12"),
        ] {
            assert_eq!(find(text).unwrap().to_string(), expected, "{text}");
        }
        assert!(matches!(find("E13"), Err(PlaceError::NoEvent { index: 13, .. })));
        assert!(matches!(find("@205"), Err(PlaceError::PastEnd { .. })));
        assert!(matches!(find("+1s"), Err(PlaceError::PastEnd { .. })));
    }

    #[test]
    fn an_empty_trace_has_no_places() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.etrace");
        let _ = Writer::create(&path, &header::tests::sample(), Options::default()).unwrap().finish();
        let trace = Trace::open(&path).unwrap();
        let place = "50%".parse::<Place>().unwrap().resolve(&trace.stream(0).unwrap(), 1);
        assert!(matches!(place, Err(PlaceError::Empty)));
    }
}
